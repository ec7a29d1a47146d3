# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A lock for the length of one step, kept for the next one of the same run. Private to this collection."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from ansible_collections.coder.classic.plugins.module_utils import _run
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster
from ansible_collections.coder.classic.plugins.module_utils._lock import lease, lease_held, lease_state


class Place(NamedTuple):
    cluster: Cluster
    namespace: str
    name: str


class Holding:
    """is_new: whether this run got the lock just now, so that what it saw before may be old."""

    def __init__(self, lock: lease_held.Lock, is_new: bool) -> None:
        self.is_new = is_new
        self.demand_held = lock.demand_held


@contextlib.contextmanager
def held(
    place: Place,
    run: dict[str, Any] | None,
    *,
    takeover: bool,
    purpose: str,
    of: str,
    say: Callable[[str], None],
    word: str,
) -> Iterator[Holding]:
    """The lock, renewed while it is needed. run: whose it is; without one this process', which then releases it at the end, since
    nobody will come to do so. of, word: as lease.acquire has them.

    Raises ClassicError ``locked``: another run has it.
    """
    mine = run or this_process()
    taken = lease.acquire(*place, mine, takeover=takeover, purpose=purpose, of=of, word=word)
    former = taken["lock"]["taken_over_from"]
    if former:
        say(f"The lock of {of} was taken over from {former}: it is dead, or was said to be.")
    try:
        renewed = lease_state.moment(taken["lock"]["renewed"])
        with lease_held.held(*place, mine, acquired=renewed) as lock:
            yield Holding(lock, taken["changed"])
    finally:
        if not run:
            lease.release(*place, mine)


def this_process() -> dict[str, Any]:
    return _run.this_run(os.getpid(), user=None, job=None, playbook=None, check=False)
