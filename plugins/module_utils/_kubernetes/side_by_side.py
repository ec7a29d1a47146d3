# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Many questions at the same time: clusters are far away. Private to this collection."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Thing = TypeVar("Thing")
Answer = TypeVar("Answer")

#: So many connections to one server are kept, too.
THREADS = 10


def each(ask: Callable[[Thing], Answer], things: Iterable[Thing]) -> list[Answer]:
    """The answers in the things' order. Raises what was raised for the first of them; only reads are to be asked so."""
    wanted = list(things)
    if len(wanted) < 2:
        return [ask(thing) for thing in wanted]
    with ThreadPoolExecutor(max_workers=min(THREADS, len(wanted))) as pool:
        return list(pool.map(ask, wanted))


@contextlib.contextmanager
def meanwhile(read: Callable[[], None]) -> Iterator[None]:
    """read goes on beside the block and ends with it. Its own errors are raised only where the block has none."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        reading = pool.submit(read)
        yield
    reading.result()
