# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A lock between runs: a Lease with the identity of the run that holds it. Private to this collection.

The API server deletes no Lease by itself; whether one is stale is for whoever wants it to find out. Every write goes to
the very object that was read, and is decided anew when it has changed since.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils import _run
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import side_by_side
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster
from ansible_collections.coder.classic.plugins.module_utils._lock import lease_api, lease_refusal, lease_state
from ansible_collections.coder.classic.plugins.module_utils._lock.lease_state import Held

TRIES = 5
# How much longer nobody must have renewed a lock where only our own clock says what time it is.
CLOCK_DOUBT_SECONDS = 600


def utc_now() -> datetime:
    return datetime.now(UTC)


def acquire(
    cluster: Cluster,
    namespace: str,
    name: str,
    run: dict[str, str],
    *,
    seconds: int = lease_state.SECONDS,
    takeover: bool = False,
    purpose: str = "",
    of: str | None = None,
    word: str | None = None,
    write: bool = True,
    now: Callable[[], datetime] = utc_now,
) -> dict[str, Any]:
    """Take or renew the lock: ``{changed, lock: {name, namespace, holder, since, renewed, taken_over_from}}``.

    run: an identity of _run. of, word: what it is the lock of, and what coder_lock_takeover names to take it over, for people. Without
    write nothing is changed, and the answer is what it would be. A holder that is proved dead is relieved unasked, one that is stale
    only with takeover.
    Raises ClassicError ``locked``, ``forbidden`` (details name the right), and those of transport.request.
    """
    where = lease_api.place(cluster, namespace, name)

    def attempt() -> dict[str, Any]:
        found = _read(cluster, namespace, name, write=write)
        held = lease_state.read(found) if found else None
        if held and _run.same(held.run, run):
            is_due = lease_state.is_renewal_due(found, seconds=seconds, now=now())
            lease = lease_api.renew(cluster, found, seconds, now()) if write and is_due else found
            return {"changed": False, "lock": _lock(lease, None)}
        if held:
            refusal = _refusal(cluster, namespace, held, takeover, now())
            if refusal:
                raise lease_refusal.locked(where=where, of=of, word=word, **refusal)
            if write:
                lease_api.delete(cluster, found)
        wanted = lease_state.new(namespace, name, run, seconds=seconds, purpose=purpose, now=now())
        lease = lease_api.create(cluster, wanted) if write else wanted
        return {"changed": True, "lock": _lock(lease, held)}

    return _decided(attempt, where)


def renew(
    cluster: Cluster,
    namespace: str,
    name: str,
    run: dict[str, str],
    *,
    seconds: int = lease_state.SECONDS,
    now: Callable[[], datetime] = utc_now,
) -> None:
    """Renew what this run holds. ClassicError ``lock_lost`` when it does not hold it (any more), others as acquire."""
    where = lease_api.place(cluster, namespace, name)

    def attempt() -> None:
        found = _read(cluster, namespace, name)
        held = lease_state.read(found) if found else None
        if not (held and _run.same(held.run, run)):
            # Also where there is none: somebody may have taken it over and released it meanwhile.
            raise lease_refusal.lost(held, where)
        lease_api.renew(cluster, found, seconds, now())

    _decided(attempt, where)


def release(cluster: Cluster, namespace: str, name: str, run: dict[str, str], *, write: bool = True) -> bool:
    """Whether there was something to release: only this run's own Lease is deleted. Errors as acquire."""

    def attempt() -> bool:
        found = _read(cluster, namespace, name, write=write)
        if not (found and _run.same(lease_state.read(found).run, run)):
            return False
        if write:
            lease_api.delete(cluster, found)
        return True

    return _decided(attempt, lease_api.place(cluster, namespace, name))


def _read(cluster: Cluster, namespace: str, name: str, *, write: bool = True) -> dict[str, Any] | None:
    """What is there; where a write may follow, that this is the cluster for it is asked at the same time."""
    with side_by_side.meanwhile(cluster.prove_identity) if write else contextlib.nullcontext():
        return lease_api.read(cluster, namespace, name)


def _decided(attempt: Callable[[], Any], where: str) -> Any:
    """The attempt's answer, begun anew when what it read is gone or has changed before it wrote."""
    for _attempt in range(TRIES):
        try:
            return attempt()
        except ClassicError as error:
            if error.status not in (404, 409):
                raise
    raise lease_refusal.contended(where)


def _refusal(cluster: Cluster, namespace: str, held: Held, takeover: bool, now: datetime) -> dict[str, Any] | None:
    """What lease_refusal.locked is to tell; None where this run may take the other one's lock."""
    alive = _run.is_alive(held.run)
    if alive is False:
        return None
    server_now = lease_api.server_now(cluster, namespace)
    if server_now is None:
        held = replace(held, seconds=held.seconds + CLOCK_DOUBT_SECONDS)
    moment = server_now or now
    if takeover and moment >= held.stale_at(moment):
        return None
    return {"held": held, "now": moment, "alive": alive}


def _lock(lease: dict[str, Any], former: Held | None) -> dict[str, Any]:
    spec, held = lease["spec"], lease_state.read(lease)
    return {
        "name": lease["metadata"]["name"],
        "namespace": lease["metadata"]["namespace"],
        "holder": held.holder,
        "since": spec.get("acquireTime"),
        "renewed": spec.get("renewTime"),
        "taken_over_from": former and former.holder,
    }
