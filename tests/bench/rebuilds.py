# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m bench.rebuilds OPTIONS.json``: the module coder_workspace_rebuild in this process, without Ansible around it.

Prints ``{"seconds", "memory", "rebuilt", "failed"}``. With a deadline that ends before the builds that are under way it does
nothing but poll: then ``failed`` says so, and each request is one of a poll.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from ansible_collections.coder.classic.plugins.module_utils._coder import rebuild
from ansible_collections.coder.classic.plugins.module_utils._coder.api import coder_from_params
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.modules.coder_workspace_rebuild import ARGUMENTS
from bench.look import validated
from bench.measure import own_peak


def main() -> None:
    params = validated(ARGUMENTS, json.loads(Path(sys.argv[1]).read_text()))
    began, rebuilt, failed = time.monotonic(), 0, ""
    try:
        rebuilt = len(rebuild.run(coder_from_params(params), params, False)[1]["rebuilt"])
    except ClassicError as error:
        failed = error.what
    print(json.dumps({"seconds": time.monotonic() - began, "memory": own_peak(), "rebuilt": rebuilt, "failed": failed}))


if __name__ == "__main__":
    main()
