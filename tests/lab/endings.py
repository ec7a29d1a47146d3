# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a command of the lab is ended from outside: as by Ctrl-C, so that it can end what it has started."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator


def end_on_signals(ending: Callable[[int], BaseException] = lambda number: SystemExit(128 + number)) -> None:
    """SIGTERM and SIGHUP raise the ending of their number, once. What is ignored (nohup) stays ignored."""

    def end(number: int, _frame) -> None:
        # Once: what was started must be ended in peace.
        signal.signal(number, signal.SIG_IGN)
        raise ending(number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, end)


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """No second Ctrl-C while what was started is being ended."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
