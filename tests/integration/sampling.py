# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is there at each moment while something is done."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

Sample = TypeVar("Sample")


@contextmanager
def sampled(look: Callable[[], Sample], every: float) -> Iterator[list[Sample]]:
    """What look answers beside the block, every so many seconds."""
    found: list[Sample] = []
    ended = threading.Event()

    def sample() -> None:
        while not ended.wait(every):
            found.append(look())

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield found
    finally:
        ended.set()
        thread.join()
