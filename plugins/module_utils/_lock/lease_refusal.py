# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said when a lock cannot be had. Pure. Private to this collection."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._lock.lease_state import Held

VERBS = "get, create, update, delete"
# How an API server words that a right is missing; it answers 403 for other reasons as well (a quota, a namespace that is
# being deleted).
MISSING_RIGHT = re.compile(r"cannot (\w+) resource")


def locked(
    *, held: Held, where: str, of: str | None, word: str | None, now: datetime, alive: bool | None
) -> ClassicError:
    """Somebody else's. of: what it is the lock of; word: what coder_lock_takeover names; alive: whether the holder is.
    Each if known.
    """
    stale_at = held.stale_at(now)
    takeover = f"-e coder_lock_takeover={word}" if word else "the option takeover of coder_lock"
    if now < stale_at:
        next_step = (
            f"Wait until that run has ended, then run again. If it is dead, run again after {_at(stale_at)} with "
            f"{takeover}: before then the lock is not taken over, even if asked."
        )
    else:
        next_step = f"Make sure that that run is dead (on its host, or in AWX), then run again with {takeover}."
    why = [
        f"{held.holder}{held.purpose and f', to {held.purpose}'}, since {_at(held.since)}.",
        f"Last renewed {_age(now - held.renewed)} ago ({_at(held.renewed)}), stale from {_at(stale_at)} on.",
    ]
    if alive:
        why.append("That process is alive on this machine.")
    return ClassicError(
        f"Another run holds the lock of {of}." if of else "Another run holds this lock.",
        code="locked",
        where=where,
        why=" ".join(why),
        untouched="Nothing was changed by this run.",
        next_step=next_step,
        details={
            "run": held.run,
            "since": _at(held.since),
            "renewed": _at(held.renewed),
            "stale_at": _at(stale_at),
            "alive": alive,
        },
    )


def lost(held: Held | None, where: str) -> ClassicError:
    """It was ours. held: who has it now, if anybody."""
    return ClassicError(
        "This run does not hold its lock any more.",
        code="lock_lost",
        where=where,
        why=f"It was taken over by {held.holder}." if held else "Its Lease was deleted.",
        untouched="Everything from here on; what this run did before it lost the lock stays done.",
        next_step="See with status.yml what is there and make sure that no other run is at work, then run again.",
    )


def contended(where: str) -> ClassicError:
    return ClassicError(
        "The lock changes faster than it can be read.",
        code="locked",
        where=where,
        why="Several runs want it at the same time.",
        untouched="Nothing was changed by this run.",
        next_step="Make sure that only one run is started for it, then run again.",
    )


def without_namespace(where: str) -> ClassicError:
    return ClassicError(
        "There is no namespace for the lock.",
        code="refused",
        where=where,
        untouched="Nothing was changed by this run.",
        next_step="Check the namespace in the inventory, then run again.",
    )


def forbidden(error: ClassicError, namespace: str, where: str) -> ClassicError:
    """The same refusal, naming the right that is missing, or not blaming a right where none is."""
    verb = MISSING_RIGHT.search(error.why or "")
    if not verb:
        what, code = "The cluster does not take the lock.", "refused"
        next_step = "Mend what the API server says (a quota, a namespace that is being deleted), then run again."
    else:
        what, code = (
            f"The right to {verb[1]} leases in namespace {namespace} is missing, and the lock is one.",
            "forbidden",
        )
        next_step = f"Ask for these rights on leases.coordination.k8s.io in that namespace: {VERBS}. Then run again."
    return ClassicError(
        what,
        code=code,
        where=where,
        why=error.why,
        untouched=error.untouched,
        next_step=next_step,
        status=error.status,
        details={"verb": verb and verb[1], "resource": "leases.coordination.k8s.io", "namespace": namespace},
    )


def _age(time: timedelta) -> str:
    seconds = max(0, int(time.total_seconds()))
    return f"{seconds} s" if seconds < 120 else f"{seconds // 60} min"


def _at(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
