# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The newest look of a run at the main deployment. Private to this collection.

What was seen is kept, and judged anew by each step: also for a version that nobody knew when it was looked for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils import _kept_look
from ansible_collections.coder.classic.plugins.module_utils._arguments import CLUSTER_AUTH

ACCESS = tuple(name for name in CLUSTER_AUTH if name != "api_key")
LOOKED_AT = ("url", "ca_path", *ACCESS, "namespace", "release")


class KeptLook(_kept_look.KeptLook):
    """of: the options of the modules that concern it."""

    def __init__(self, folder: str | None, of: Mapping[str, Any], clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(folder, {key: of.get(key) for key in LOOKED_AT}, clock)
