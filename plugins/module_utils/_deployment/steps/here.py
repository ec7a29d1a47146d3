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

View = dict[str, Any]

#: Seconds between two lines that say that a wait still goes on.
HEARTBEAT = 15.0


@dataclass
class Here:
    """wanted: the module's options. look answers the deployment anew; tell gets lines for whoever watches. folder (0700) takes
    helm's files. lock: what the run holds, None in a check run. clock and sleep are replaced in tests.
    """

    coder: Coder
    wanted: dict[str, Any]
    cluster: Cluster
    look: Callable[[], View]
    folder: str
    check_mode: bool = False
    tell: Callable[[str], None] = lambda line: None
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    lock: Any = None
    said: list[str] = field(default_factory=list)

    def demand_lock(self) -> None:
        """Right before a write. Raises ClassicError ``lock_lost`` where another run has taken the lock over."""
        if self.lock is not None:
            self.lock.demand_held()

    def until(self, done: Callable[[], bool], seconds: float, pause: float, waiting: Callable[[], str]) -> bool:
        """Whether it was done before the deadline; waiting is what is told every HEARTBEAT seconds meanwhile."""
        begun = told = self.clock()
        while not done():
            now = self.clock()
            if now - begun + pause > seconds:
                return False
            if now - told >= HEARTBEAT or told == begun:
                self.tell(f"{waiting()} ({now - begun:.0f} of at most {seconds:g} s)")
                told = now
            self.sleep(pause)
        return True
