# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run at a time works on a region: its lock lies in the main deployment's namespace, or, where the site does not name
that cluster, in the provider's. Private to this collection.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from ansible_collections.coder.classic.plugins.module_utils import _run
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster
from ansible_collections.coder.classic.plugins.module_utils._lock import lease, lease_held
from ansible_collections.coder.classic.plugins.module_utils._region.steps.here import Here

PREFIX = "coder-classic"


class Place(NamedTuple):
    cluster: Cluster
    namespace: str
    name: str


class Holding:
    """is_new: whether this run got the lock just now, so that what it saw before may be old."""

    def __init__(self, lock: lease_held.Lock, is_new: bool) -> None:
        self.is_new = is_new
        self.demand_held = lock.demand_held


def name_of(region: str) -> str:
    """Of the Lease; a region whose name no object may have gets one that no other region has. Pure."""
    plain = re.sub(r"[^a-z0-9-]+", "-", region.lower()).strip("-")
    if plain == region:
        return f"{PREFIX}-{region}"
    return f"{PREFIX}-{plain}-{hashlib.sha256(region.encode()).hexdigest()[:8]}"


@contextlib.contextmanager
def held(here: Here) -> Iterator[Holding]:
    """The region's lock, renewed while it is needed, and kept for the run's next step.

    Raises ClassicError ``locked``: another run has it.
    """
    place, run = _place(here), here.wanted["run"] or _this_module()
    moment = lease.utc_now()
    taken = lease.acquire(
        *place,
        run,
        takeover=here.wanted["consent_takeover"],
        purpose=f"{here.wanted['goal']} region {here.region}",
        region=here.region,
    )
    former = taken["lock"]["taken_over_from"]
    if former:
        here.say(f"The lock of region {here.region} was taken over from {former}: it is dead, or was said to be.")
    try:
        with lease_held.held(*place, run, acquired=moment) as lock:
            yield Holding(lock, taken["changed"])
    finally:
        if not here.wanted["run"]:
            # Nobody will come to release it.
            lease.release(*place, run)


def release(here: Here) -> bool:
    """Whether this run held it."""
    run = here.wanted["run"]
    return bool(run) and lease.release(*_place(here), run, write=not here.check_mode)


def _place(here: Here) -> Place:
    primary, name = here.wanted["primary"], name_of(here.region)
    if primary:
        return Place(here.connect(primary), primary["namespace"], name)
    return Place(here.cluster, here.namespace, name)


def _this_module() -> dict[str, Any]:
    return _run.this_run(os.getpid(), user=None, job=None, playbook=None, check=False)
