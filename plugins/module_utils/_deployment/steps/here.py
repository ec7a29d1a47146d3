# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a step at the main deployment works with. Private to this collection."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder.api import Coder
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster
from ansible_collections.coder.classic.plugins.module_utils._step_tools import StepTools

View = dict[str, Any]


@dataclass
class Here(StepTools):
    """wanted: the module's options. look answers the deployment anew; tell gets lines for whoever watches. folder (0700) takes
    helm's files, run_folder what the run asks a cluster once. lock: what the run holds, None in a check run. clock and sleep are replaced in tests.
    """

    coder: Coder
    wanted: dict[str, Any]
    cluster: Cluster
    look: Callable[[], View]
    folder: str
    check_mode: bool = False
    run_folder: str | None = None
    tell: Callable[[str], None] = lambda line: None
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    lock: Any = None
    said: list[str] = field(default_factory=list)
