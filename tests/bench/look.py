# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m bench.look OPTIONS.json``: one look at a region in this process, without Ansible around it.

Prints ``{"seconds", "phase", "memory"}``; the imports are not in the seconds, as a run's workers inherit them.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from ansible.module_utils.common.arg_spec import ModuleArgumentSpecValidator

from ansible_collections.coder.classic.plugins.module_utils._coder.api import coder_from_params
from ansible_collections.coder.classic.plugins.modules import coder_region_info
from bench.measure import own_peak


def main() -> None:
    options = json.loads(Path(sys.argv[1]).read_text())
    params = validated(coder_region_info.ARGUMENTS, options)
    began = time.monotonic()
    region = coder_region_info.run(coder_from_params(params), params)["region"]
    seconds = time.monotonic() - began
    print(json.dumps({"seconds": seconds, "phase": region["phase"], "memory": own_peak()}))


def validated(spec: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    """With their defaults, as a module has them."""
    done = ModuleArgumentSpecValidator(spec).validate(options)
    if done.error_messages:
        raise SystemExit("\n".join(done.error_messages))
    return done.validated_parameters


if __name__ == "__main__":
    main()
