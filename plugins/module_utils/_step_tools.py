# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the steps of a region and of the main deployment share: waits that are never silent, the lock before each write. Private to
this collection.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

#: Seconds between two lines that say that a wait still goes on.
HEARTBEAT = 15.0


class StepTools:
    """For a class with these: tell gets lines for whoever watches; clock and sleep are replaced in tests; lock: what the run holds,
    None in a check run.
    """

    tell: Callable[[str], None]
    clock: Callable[[], float]
    sleep: Callable[[float], None]
    lock: Any

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
