# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines for whoever watches a run of rebuilds: one per event, and now and then that it still goes on.

Private to this collection.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

# Seconds without an event after which the run says that it still goes on.
HEARTBEAT = 30.0


class Lines:
    """write gets each line, without its end. Nothing that goes wrong there ends the run."""

    def __init__(self, write: Callable[[str], None] | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._write = write
        self._clock = clock
        self._last: float | None = None

    def event(self, text: str) -> None:
        self._last = self._clock()
        if self._write is not None:
            with contextlib.suppress(OSError):
                # One line each, whatever Coder's words are, and nothing that a terminal would obey.
                self._write("".join(letter if letter.isprintable() else " " for letter in text))

    def heartbeat(self, text: Callable[[], str]) -> None:
        """The text, unless there was a line within the last HEARTBEAT seconds."""
        if self._last is None or self._clock() - self._last >= HEARTBEAT:
            self.event(text())
