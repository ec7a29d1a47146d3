# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A snapshot of the main deployment's database, proved before it counts. Private to this collection."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._database import (
    dump,
    facts,
    judge,
    reach,
    snapshot_file,
    swap,
)
from ansible_collections.coder.classic.plugins.module_utils._deployment.database import snapshots, where
from ansible_collections.coder.classic.plugins.module_utils._deployment.steps import guard
from ansible_collections.coder.classic.plugins.module_utils._deployment.steps.here import Here, View
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

#: What a dump, its trial and what lies between may take in all, for a pod that waits meanwhile.
PARTS = 3


def demand(wanted: dict[str, Any], view: View, *, check_mode: bool) -> None:
    """Raises ClassicError: there is no folder to keep it in, or nobody knows what it would be of."""
    del check_mode
    if snapshots.folder(wanted) is None:
        raise no_folder()
    if view["database"] is None or view["kubernetes"]["uid"] is None:
        problem = next(iter(view["blockers"]), None)
        raise ClassicError(
            "The main deployment was not seen, so that nobody knows what a snapshot would be of.",
            code="database_unknown",
            where=view["kubernetes"]["where"],
            why=problem and problem["message"],
            untouched="Everything: nothing was begun.",
            next_step=(problem and problem["next"]) or "status.yml says what cannot be seen.",
        )


def demand_for_update(wanted: dict[str, Any], view: View, *, check_mode: bool) -> None:
    """Nothing is saved for an update that cannot begin."""
    guard.demand_possible(wanted, view)
    if guard.lacks_snapshot(wanted, view):
        demand(wanted, view, check_mode=check_mode)


def is_due(here: Here, view: View) -> bool:
    """Whether the update would migrate the database and there is no snapshot that it could be taken back to."""
    return guard.lacks_snapshot(here.wanted, view)


def for_update(here: Here, view: View) -> dict[str, Any]:
    return take(here, view, to_rest_on=True)


def take(here: Here, view: View, *, to_rest_on: bool = False) -> dict[str, Any]:
    """``{changed, snapshot}``: its description without what was counted. to_rest_on: of no use where an update was begun before.

    Raises ClassicError: ``no_snapshot`` for that, those of where, facts, dump.
    """
    wanted, folder = here.wanted, snapshots.folder(here.wanted)
    begun = guard.attempt(wanted, view)
    restore = wanted["snapshot_verify"] == "restore"
    with where.reached(
        here.cluster,
        wanted,
        view["database"],
        here.folder,
        lifetime=PARTS * wanted["snapshot_timeout"],
        demand=here.demand_lock,
    ) as place:
        found = facts.look(place)
        here.said += demand_fit(place, found, folder, restore=restore)
        of = snapshots.identity(wanted, view)
        if begun is not None:
            of |= _since(place, begun)
        if to_rest_on and of["version"] is None:
            raise guard.no_snapshot(wanted, view)
        if of["version"] is None:
            here.said.append(
                f"An update to {begun['version']} was begun on this database: the snapshot is of no version, and no update rests on it."
            )
        if here.check_mode:
            here.said.append(
                f"A snapshot of {place.where} would be taken: at most {judge.size(judge.needed_bytes(found))}."
            )
            return {"changed": True}
        here.said += dump.tidy(place, snapshot_file.folder(folder), here.demand_lock)
        made = dump.take(
            place,
            folder,
            found,
            of,
            restore=restore,
            seconds=wanted["snapshot_timeout"],
            tell=here.tell,
            demand=here.demand_lock,
        )
    here.said.append(f"Snapshot: {told(made, datetime.now(UTC))}.")
    for old in snapshot_file.to_remove(snapshots.of_deployment(wanted, view), wanted["snapshot_keep"]):
        snapshot_file.remove(old)
        here.said.append(f"Removed {old['path']}: the newest {wanted['snapshot_keep']} are kept.")
    return {"changed": True, "snapshot": summary(made)}


def _since(place: reach.Reach, begun: dict[str, Any]) -> dict[str, Any]:
    """What is known of the state where an update was begun before: good again since a restore, or of no version."""
    good = swap.over_since(place)
    return {"good_since": good} if good is not None and good >= begun["revision"] else {"version": None}


def demand_unchanged(here: Here, view: View) -> None:
    """Right before the update, where it rests on a snapshot of ours: it is read to its end, which takes a while.

    Raises ClassicError ``no_snapshot``.
    """
    wanted = here.wanted
    if not guard.needs_snapshot(wanted, view):
        return
    if named := guard.said_done(wanted):
        # Words, or something of the site's own; a file of ours has to be whole.
        if os.path.exists(f"{named.removesuffix(snapshot_file.DUMP)}{snapshot_file.DESCRIPTION}"):
            snapshot_file.demand_unchanged(snapshot_file.read(named))
        return
    found = guard.resting(wanted, view)
    if found is not None:
        snapshot_file.demand_unchanged(found)
        here.said.append(f"The update can be taken back to {told(found, datetime.now(UTC))}.")


def demand_fit(place: reach.Reach, found: facts.Facts, folder: str, *, restore: bool) -> list[str]:
    """What is only said. Raises ClassicError with everything that stands in the way."""
    findings = judge.findings(found, free_bytes=free_bytes(folder), backup_dir=folder, scratch=restore)
    return judge.demand(findings, "The database cannot be saved", place.where)


def free_bytes(folder: str) -> int | None:
    """Of the disk that the folder is on, or will be."""
    path = os.path.abspath(folder)
    while not os.path.exists(path) and os.path.dirname(path) != path:
        path = os.path.dirname(path)
    try:
        found = os.statvfs(path)
    except OSError:
        return None
    return found.f_bavail * found.f_frsize


def summary(snapshot: snapshot_file.Snapshot) -> dict[str, Any]:
    """What is told of one: the counts of every table are for whoever compares."""
    kept = ("path", "taken", "verified", "of", "server", "dump_bytes", "seconds")
    return {**{key: snapshot[key] for key in kept}, "tables": len(snapshot["counts"]["tables"])}


def told(snapshot: snapshot_file.Snapshot, now: datetime) -> str:
    """For people: ``/backups/database/coder-1.20.0-….dump (12.1 MiB, restored and compared, 3 min old)``."""
    proved = "restored and compared" if snapshot["verified"] == snapshot_file.RESTORED else "read to its end"
    old = age(snapshot_file.age_seconds(snapshot, now))
    return f"{snapshot['path']} ({judge.size(snapshot['dump_bytes'])}, {proved}, {old} old)"


def way_back(snapshot: snapshot_file.Snapshot) -> str:
    """The command that brings it back. Pure."""
    return f"restore_database.yml -e coder_restore_snapshot={snapshot['path']} -e coder_confirm_restore={snapshot['database']}"


def age(seconds: float) -> str:
    """7300 → ``2 h``. Pure."""
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"


def no_folder() -> ClassicError:
    return ClassicError(
        "There is no folder to keep a snapshot in.",
        code="missing_variable",
        where="the variables, or the command line",
        why="What a job of AWX writes into its container is gone with the job.",
        untouched="Everything: nothing was begun.",
        next_step="Let coder_backup_dir name a folder that stays.",
    )
