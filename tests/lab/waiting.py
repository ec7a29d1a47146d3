# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting with an end, and doing several things at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TypeVar

from .errors import LabError, Stopped

Answer = TypeVar("Answer")


def until(
    what: str,
    look: Callable[[], Answer],
    stop: threading.Event,
    seconds: float,
    every: float = 0.2,
    explain: Callable[[], str] = lambda: "",
) -> Answer:
    """The first truthy answer of ``look``. ``explain`` says why there is none when ``seconds`` are over."""
    end = time.monotonic() + seconds
    while True:
        if stop.is_set():
            raise Stopped(what)
        answer = look()
        if answer:
            return answer
        if time.monotonic() > end:
            raise LabError("\n".join(filter(None, [f"{what}: not so after {seconds:.0f} s", explain()])))
        stop.wait(every)


def together(tasks: dict[str, Callable[[], Answer]], stop: threading.Event) -> dict[str, Answer]:
    """Do all tasks at once, each in a thread. The first failure sets ``stop``, so that the others give up soon."""
    with ThreadPoolExecutor(max_workers=max(1, len(tasks))) as pool:
        futures = {name: pool.submit(task) for name, task in tasks.items()}
        try:
            done, _unused = wait(futures.values(), return_when=FIRST_EXCEPTION)
            failures = [future.exception() for future in done if future.exception()]
        except BaseException:
            stop.set()
            raise
        if failures:
            stop.set()
            raise next((one for one in failures if not isinstance(one, Stopped)), failures[0])
    return {name: future.result() for name, future in futures.items()}
