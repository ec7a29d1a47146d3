# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether an update from one version to another may be done, by version_path's data alone. Pure. Private to this collection."""

from __future__ import annotations

from typing import Any, NamedTuple

from ansible_collections.coder.classic.plugins.module_utils._coder import version_path, versions
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

Finding = dict[str, Any]

KNOWN = f"{version_path.MINORS[0]} to {version_path.MINORS[-1]}"
UPDATE = "update"


class Judged(NamedTuple):
    """Findings of the shape ``{code, message, where, why, untouched, next, for}``; for is always ``[update]``."""

    blockers: list[Finding]
    warnings: list[Finding]


def judge_target(running: str | None, target: str | None, where: str | None = None) -> Judged:
    """What stands in the way of an update from running (as Coder tells it) to target; where is Coder's URL.

    A version that cannot be read is a blocker too. Both lists are empty for a hop that the path has; the codes:
    ``unsupported_version`` (unknown, out of scope, or never a stop), ``downgrade``, ``skipped_minor``, ``not_newest_patch``;
    as warnings ``already_there``, ``not_the_stop``, ``leave_this_version``.
    """
    try:
        versions.parse(running)
    except ClassicError as error:
        return Judged([_finding("unsupported_version", error.what, error.why, error.next_step, where)], [])
    warnings = _of_running(running, where)
    # Each of the first ones makes the following ones senseless.
    outside = _from_outside(running) or _unreadable(target) or _beyond(target) or _downgrade(running, target)
    wrong = [outside] if outside else [words for words in (_never(target), _no_hop(running, target)) if words]
    if not wrong:
        told = _not_best(running, target)
        warnings += [_finding(*told, where)] if told else []
    return Judged([_finding(*words, where) for words in wrong], warnings)


def _finding(code: str, message: str, why: str | None, next_step: str | None, where: str | None) -> Finding:
    # The shape is that of _region.tell.findings, which this room may not know.
    return {
        "code": code,
        "message": message,
        "where": where,
        "why": why,
        "untouched": "everything: this only looked",
        "next": next_step,
        "for": [UPDATE],
    }


Words = tuple[str, str, str, str]


def _unreadable(target: str | None) -> Words | None:
    if target and version_path.exact(target):
        return None
    return (
        "unsupported_version",
        f"{target!r} is no version to update to",
        "one published version is installed, never the newest of a series: that may be one too many",
        f"give it with all three numbers, for example {version_path.STOPS['1.21']}",
    )


def _from_outside(running: str) -> Words | None:
    if version_path.place(running) < 0:
        return (
            "unsupported_version",
            f"Coder {running} is older than what is known here",
            f"this collection was made for {KNOWN}",
            f"update to {version_path.MINORS[0]} first, one minor version at a time, by the product's own guide",
        )
    if version_path.place(running) < len(version_path.MINORS):
        return None
    return (
        "unsupported_version",
        f"Coder {running} is newer than what is known here",
        f"this collection was made for {KNOWN}: the way ends at {version_path.LAST_STOP}",
        "update it by the product's own guide",
    )


def _beyond(target: str) -> Words | None:
    if version_path.place(target) < len(version_path.MINORS):
        return None
    return (
        "unsupported_version",
        f"Coder {target} is beyond what is known here",
        f"this collection was made for {KNOWN}, and does not look at what later versions demand",
        f"update to {version_path.LAST_STOP} here, and further on by the product's own guide",
    )


def _never(target: str) -> Words | None:
    reason = version_path.NEVER.get(target)
    if reason is None:
        return None
    stop = version_path.STOPS[version_path.minor(target)]
    return "unsupported_version", f"Coder {target} is not a version to stop at", reason, f"update to {stop} instead"


def _downgrade(running: str, target: str) -> Words | None:
    if versions.parse(target) >= versions.parse(running):
        return None
    return (
        "downgrade",
        f"Coder {running} cannot go back to {target}",
        "the migrations of the database are not undone by helm rollback: older code would run on a newer schema",
        "only a restore of the database snapshot from before the update goes back, with the chart of that version",
    )


def _no_hop(running: str, target: str) -> Words | None:
    ahead = version_path.hops(running, target)
    if len(ahead) < 2:
        return None
    run_first = f"update to {ahead[0]} first (version {ahead[0]}), then to {', then to '.join(ahead[1:])}"
    if version_path.place(target) - version_path.place(running) > 1:
        return (
            "skipped_minor",
            f"An update from {running} to {target} leaves out a minor version",
            f"the way is {' → '.join([running, *ahead])}: one minor version at a time",
            run_first,
        )
    newest = version_path.GATES[1]
    return (
        "not_newest_patch",
        f"Coder {running} is not the newest patch of {version_path.minor(running)}",
        newest.why,
        run_first,
    )


def _not_best(running: str, target: str) -> Words | None:
    if versions.parse(running) == versions.parse(target):
        return (
            "already_there",
            f"Coder is at {target} already",
            "there is nothing to update",
            "nothing, or give another version",
        )
    stop = version_path.STOPS.get(version_path.minor(target))
    if stop is None or versions.parse(target) >= versions.parse(stop):
        return None
    return (
        "not_the_stop",
        f"Coder {target} is older than {stop}, the stop of {version_path.minor(target)}",
        "it lacks fixes that the stop has; before 1.21.6 satellites have faults with dev URLs and agents",
        f"update to {stop} unless this very version is wanted",
    )


def _of_running(running: str, where: str | None) -> list[Finding]:
    reason = version_path.never(running)
    if reason is None:
        return []
    stop = version_path.STOPS[version_path.minor(running)]
    message = f"Coder {running} is not a version to stay at"
    return [_finding("leave_this_version", message, reason, f"update to {stop}", where)]
