# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operator's values for the next version: cleaned of the old one, and under the names of 1.21. Pure.

Everything is decided here as operations (_values.operations), so that a mapping and a text can be changed alike, with notes
for people: ``{what, path, message}`` and what belongs to the kind. No note holds a value, but for the text of an image. Private
to this collection.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from ansible_collections.coder.classic.plugins.module_utils._coder.value_names import (
    CEMANAGER,
    CODERD,
    DEAD,
    IMAGES,
    PAIRS,
    PUBLIC,
    SERVICE_NEXT,
    TRAFFIC_POLICY,
    TRAFFIC_POLICY_UNREAD,
    UNREAD,
)
from ansible_collections.coder.classic.plugins.module_utils._values import images, paths
from ansible_collections.coder.classic.plugins.module_utils._values.operations import (
    Operation,
    applied,
    move,
    remove,
    set_,
)
from ansible_collections.coder.classic.plugins.module_utils._values.paths import Path

OLD, NEW, SAME = "old", "new", "same"
EMPTY = (None, "", {}, [])
SAID = {
    OLD: "the old name was the one that counted",
    NEW: "the old name had no value that counted",
    SAME: "both names had the same value",
}


class Changed(NamedTuple):
    """The values afterwards, the operations that lead there, and what to tell of them."""

    values: dict[str, Any]
    operations: list[Operation]
    notes: list[dict[str, Any]]


def migrated(values: dict[str, Any]) -> Changed:
    """The values under 1.21's names.

    A note of a rename is ``{what: "renamed", path, old, new, took_effect: old|new|same, message}``: which of the two names counted
    until now. Of two different values it is the old one's. An empty old value ("", null, {}, []) does not count, since the
    chart asks whether it is true (inferred for the case of both being set). Raises ClassicError ``invalid`` where a value
    stands in the way of a mapping.
    """
    work = _Work(values)
    _move_cemanager(work)
    for old, new in PAIRS.items():
        if not paths.has(work.values, old):
            if paths.has(values, old):
                # It went with the pair that it lies within.
                there = paths.get(values, new)
                is_same = there is not None and paths.same(there, paths.get(values, old))
                work.tell_rename(old, new, SAME if is_same else OLD, beaten=not is_same and there not in EMPTY)
        elif old == TRAFFIC_POLICY_UNREAD and paths.get(values, TRAFFIC_POLICY):
            work.do(remove(old))
            work.tell_rename(old, new, NEW, why="1.20 reads ingress.externalTrafficPolicy, which is set")
        else:
            _move_pair(work, old, new)
    _tell_what_is_left(work)
    return Changed(work.values, work.operations, work.notes)


def cleaned(values: dict[str, Any], version: str, *, mode: str | None = None, leave: Collection[Path] = ()) -> Changed:
    """The values without pins of another version than this one, ``1.21.7``.

    mode: as images.cleaning has it; None removes the product's public images and sets the tag of all others. leave: paths that
    stay. Images of somebody else are told only. Raises as images.cleaning does.
    """
    rows = [row for row in images.pinned(values, version) if row.path not in set(leave)]
    operations, notes = images.cleaning(rows, version, named=IMAGES, mode=mode, public=PUBLIC)
    known = {row.path for row in rows}
    for path in IMAGES:
        if paths.get(values, path) and path not in known and path not in set(leave):
            why = f"{paths.text(path)} names an image without a version: what runs is what is behind that name"
            notes.append({"what": "image", "path": paths.text(path), "action": "told", "message": f"{why}."})
    return Changed(applied(values, operations), operations, notes)


def without_dead(values: dict[str, Any], *, remove_them: bool) -> Changed:
    """The values without what 1.21 with coderd.serviceNext does not read; all that is not removed is told."""
    is_on = paths.get(values, SERVICE_NEXT) is True
    work = _Work(values)
    for path in DEAD:
        if paths.has(values, path) and is_on:
            if remove_them:
                work.do(remove(path))
            said = "removed" if remove_them else "it can be removed (remove_dead)"
            work.tell("dead", path, f"{path[0]} is not read any more, since coderd.serviceNext is on; {said}.")
        elif paths.has(values, path) and remove_them:
            work.tell("dead", path, f"{path[0]} stays: it is read until coderd.serviceNext is on.")
    return Changed(work.values, work.operations, work.notes)


class _Work:
    """Values, and what was done to them so far."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values
        self.operations: list[Operation] = []
        self.notes: list[dict[str, Any]] = []

    def do(self, *operations: Operation) -> None:
        self.values = applied(self.values, operations)
        self.operations += operations

    def tell(self, what: str, path: Path, message: str, **more: Any) -> None:
        self.notes.append({"what": what, "path": paths.text(path), "message": message, **more})

    def tell_rename(
        self, old: Path, new: Path, took_effect: str, *, beaten: bool = False, why: str | None = None
    ) -> None:
        also = "; the new one was set too, to something else, and is overwritten" if beaten else ""
        message = f"{paths.text(old)} is now {paths.text(new)}: {why or SAID[took_effect]}{also}."
        self.tell("renamed", new, message, old=paths.text(old), new=paths.text(new), took_effect=took_effect)


def _move_cemanager(work: _Work) -> None:
    if not paths.has(work.values, CEMANAGER):
        return
    parts, before = paths.get(work.values, CEMANAGER), work.values
    work.tell(
        "warning", CODERD, "The Deployment and the Service cemanager are called coderd from now on: routes must follow."
    )
    if not isinstance(parts, dict) or not parts:
        work.do(remove(CEMANAGER))
        work.tell_rename(CEMANAGER, CODERD, NEW)
    elif not paths.has(before, CODERD):
        work.do(move(CEMANAGER, CODERD))
        for key in parts:
            work.tell_rename((*CEMANAGER, key), (*CODERD, key), OLD)
    else:
        for key in parts:
            _move_pair(work, (*CEMANAGER, key), (*CODERD, key), drop_empty=False)


def _move_pair(work: _Work, old: Path, new: Path, *, drop_empty: bool = True) -> None:
    mine, there = paths.get(work.values, old), paths.get(work.values, new)
    is_empty = mine in EMPTY
    if is_empty and (drop_empty or there is not None):
        work.do(remove(old))
        work.tell_rename(old, new, NEW)
    elif there is None:
        work.do(*([remove(new)] if paths.has(work.values, new) else []), move(old, new))
        work.tell_rename(old, new, OLD)
    elif paths.same(mine, there):
        work.do(remove(old))
        work.tell_rename(old, new, SAME)
    elif isinstance(mine, dict) or isinstance(there, dict):
        # What lies within and has a pair of its own is decided by that one.
        rest = [to[len(new) :] for of, to in PAIRS.items() if of[: len(old)] == old and of != old]
        kept = [below for below in rest if not paths.has(mine, below) and paths.has(there, below)]
        values = [set_((*new, *below), paths.get(there, below)) for below in kept]
        work.do(remove(new), move(old, new), *values)
        work.tell_rename(old, new, OLD, beaten=there not in EMPTY)
    else:
        # The new name's line stays where it is.
        work.do(set_(new, mine), remove(old))
        work.tell_rename(old, new, OLD, beaten=there not in EMPTY)


def _tell_what_is_left(work: _Work) -> None:
    if paths.has(work.values, UNREAD):
        message = f"{UNREAD[0]} is not read from 1.21 on: the upgrade drops the ServiceAccounts and Roles made for it."
        work.tell("unread", UNREAD, message)
    tls = paths.get(work.values, ("coderd", "tls"), {})
    if paths.get(tls, ("devurlsHostSecretName",)) and not paths.get(tls, ("hostSecretName",)):
        message = "coderd.tls.devurlsHostSecretName alone breaks the chart: set coderd.tls.hostSecretName too."
        work.tell("warning", ("coderd", "tls", "devurlsHostSecretName"), message)
