# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a Lease says about who holds the lock, and what a new one says. Pure. Private to this collection.

A run never changes another run's Lease into its own: it deletes that one and creates another. So the server's
``creationTimestamp`` and the holder's ``acquireTime`` are one moment by two clocks, and from the difference the server's
time of each renewal is known, however wrong the holder's clock is.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils import _run

API_VERSION, KIND = "coordination.k8s.io/v1", "Lease"
RUN = "coder.classic/run"
SECONDS = 300
# What somebody else wrote may hold anything: a lock for years, a text of a megabyte, control characters.
LONGEST_SECONDS, LONGEST_TEXT = 86400, 200
# Clocks are believed to be this wrong at most.
TOLERANCE = timedelta(days=1)


@dataclass(frozen=True)
class Held:
    """holder: for a person. run: the holder's identity, None when it is unknown. Times are by the server's clock."""

    holder: str
    purpose: str
    run: dict[str, str] | None
    since: datetime
    renewed: datetime
    seconds: int

    def stale_at(self, now: datetime) -> datetime:
        # A renewal far in the future is rubbish: without this it would lock everybody out until then.
        renewed = self.renewed if self.renewed <= now + TOLERANCE else self.since
        return renewed + timedelta(seconds=self.seconds)


def read(lease: dict[str, Any]) -> Held:
    """Who holds it; nothing in it is taken for granted but what the API server itself demands of a Lease."""
    metadata, spec = lease.get("metadata") or {}, lease.get("spec") or {}
    created = moment(metadata.get("creationTimestamp")) or datetime.fromtimestamp(0, UTC)
    acquired, renewed = moment(spec.get("acquireTime")), moment(spec.get("renewTime"))
    run = _identity(metadata.get("annotations"))
    # Only of our own ones is it known that they were acquired when they were created.
    skew = created - acquired if run and acquired else timedelta()
    seconds = spec.get("leaseDurationSeconds")
    return Held(
        holder=_run.described({key: readable(value) for key, value in run.items()})
        if run
        else f"an unknown holder ({readable(str(spec.get('holderIdentity') or 'without a name'))})",
        purpose=readable(run.get("purpose", "")) if run else "",
        run=run,
        since=created,
        renewed=renewed + skew if renewed else created,
        seconds=min(seconds, LONGEST_SECONDS) if isinstance(seconds, int) and seconds > 0 else SECONDS,
    )


def new(namespace: str, name: str, run: dict[str, str], *, seconds: int, purpose: str, now: datetime) -> dict[str, Any]:
    """A Lease that this run creates."""
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": {"app.kubernetes.io/managed-by": "coder.classic"},
            "annotations": {RUN: json.dumps({**run, "purpose": purpose}, sort_keys=True)},
        },
        "spec": {
            "holderIdentity": f"{run.get('user') or 'somebody'}@{run['host']}/{run['pid']}/"
            f"{run.get('start') or run['since']}",
            "leaseDurationSeconds": seconds,
            "acquireTime": micro_time(now),
            "renewTime": micro_time(now),
        },
    }


def renewed(lease: dict[str, Any], *, seconds: int, now: datetime) -> dict[str, Any]:
    """The same Lease, renewed; its resourceVersion is still in it."""
    return {**lease, "spec": {**lease["spec"], "leaseDurationSeconds": seconds, "renewTime": micro_time(now)}}


def is_renewal_due(lease: dict[str, Any], *, seconds: int, now: datetime) -> bool:
    """Whether its holder renews it (now by the holder's clock): not for each step of a run, when the one before has just done it."""
    renewal = moment(lease["spec"].get("renewTime"))
    is_fresh = renewal is not None and timedelta() <= now - renewal < timedelta(seconds=seconds / 10)
    return not is_fresh or lease["spec"].get("leaseDurationSeconds") != seconds


def micro_time(moment: datetime) -> str:
    """As the API server wants it: with all six digits."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def readable(text: str) -> str:
    """Somebody else's text, fit for a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:LONGEST_TEXT])


def moment(text: Any) -> datetime | None:
    """A point in time of the API; None for what is none."""
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else None


def _identity(annotations: Any) -> dict[str, str] | None:
    try:
        run = json.loads(annotations[RUN])
    except (KeyError, TypeError, ValueError, RecursionError):
        return None
    # Of a run that is not even the same as itself nothing is known.
    return {key: run[key] for key in run if isinstance(run[key], str)} if _run.same(run, run) else None
