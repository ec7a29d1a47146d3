# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A snapshot brought back, with the chart of its version: restored beside the database while Coder still runs, put in its place while
Coder is stopped, and Coder started as that version. Private to this collection.

Each step looks what an earlier run has done: by the comments of the databases, the replicas and the release.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._database import (
    dump,
    facts,
    judge,
    reach,
    snapshot_file,
    sql,
    swap,
)
from ansible_collections.coder.classic.plugins.module_utils._deployment.database import snapshots, where
from ansible_collections.coder.classic.plugins.module_utils._deployment.judge.blockers_release import place
from ansible_collections.coder.classic.plugins.module_utils._deployment.steps import main_pods, proof, snapshot
from ansible_collections.coder.classic.plugins.module_utils._deployment.steps.here import Here, View
from ansible_collections.coder.classic.plugins.module_utils._deployment.tell import numbers, report_release
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import helm_command, helm_record, release_report
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_record import Release
from ansible_collections.coder.classic.plugins.module_utils._helm.repair import rollback
from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade import pending

PLAYBOOK = "restore_database.yml"
#: So long a session that was told to end may take for it.
LEFT_OVER_SECONDS = 1.0
#: Revisions of which helm knows that they once stood.
STOOD = ("deployed", "superseded")


def demand(wanted: dict[str, Any], view: View, *, check_mode: bool) -> None:
    """Raises ClassicError: no snapshot of this deployment is named, or nobody consents to putting it in place of what is there."""
    snapshot.demand(wanted, view, check_mode=check_mode)
    found = chosen(wanted, view)
    name = found["database"]
    if not check_mode and wanted["confirm_restore"] != name:
        raise ClassicError(
            f"Nobody consented to putting the snapshot of {found['taken']} in place of database {name}.",
            code="consent_missing",
            where=place(view),
            why=f"What was written to {name} since {found['taken']} is not in it, and Coder is down meanwhile.",
            untouched="Everything: nothing was begun.",
            next_step=f"Tell the users; then run {snapshot.way_back(found)}.",
        )


def chosen(wanted: dict[str, Any], view: View) -> snapshot_file.Snapshot:
    """The snapshot that is named, which is of this deployment. Raises ClassicError ``missing_variable``, ``no_snapshot``."""
    known = snapshots.of_deployment(wanted, view)
    now = datetime.now(UTC)
    if not wanted["restore_snapshot"]:
        listed = "; ".join(f"Coder {one['of'].get('version')}: {snapshot.told(one, now)}" for one in known[:5])
        raise ClassicError(
            "coder_restore_snapshot is not given: the snapshot to bring back.",
            code="missing_variable",
            where="the variables, or the command line",
            why=f"There are {listed}." if known else f"There is none of this deployment in {snapshots.folder(wanted)}.",
            untouched="Everything: nothing was begun.",
            next_step=f"Run {PLAYBOOK} -e coder_restore_snapshot={known[0]['path'] if known else '<its file>'}.",
        )
    found = snapshot_file.read(wanted["restore_snapshot"])
    if not snapshots.is_of(found, wanted, view):
        of = found["of"]
        raise ClassicError(
            "The snapshot is of another deployment.",
            code="no_snapshot",
            where=found["path"],
            why=f"It is of release {of.get('release')} in namespace {of.get('namespace')} of cluster {of.get('cluster_uid')}.",
            untouched="Everything: nothing was begun.",
            next_step=f"Name one of this deployment: {', '.join(one['path'] for one in known[:5]) or 'there is none'}.",
        )
    if found["of"].get("version") is None:
        raise ClassicError(
            "The snapshot is of no version of Coder.",
            code="no_snapshot",
            where=found["path"],
            why="It was taken after an update was begun that did not stay: which code works on its schema nobody knows.",
            untouched="Everything: nothing was begun.",
            next_step="Name one from before that update: "
            f"{', '.join(one['path'] for one in known if one['of'].get('version')) or 'there is none'}.",
        )
    return found


def prepare(here: Here, view: View) -> dict[str, Any]:
    """Beside the database, while Coder runs: what cannot be restored whole is known before anybody is cut off."""
    found = chosen(here.wanted, view)
    _revision(here, found)
    with _reached(here, view) as at:
        if _is_behind(here, at, found) or swap.prepared(at, found):
            return {"changed": False}
        seen = facts.look(at)
        fit = judge.restore_findings(seen, found)
        here.said += judge.demand(fit, "The snapshot cannot be brought back", at.where)
        snapshot_file.demand_unchanged(found)
        if here.check_mode:
            here.said.append(f"It would bring back {snapshot.told(found, datetime.now(UTC))}.")
            return {"changed": True}
        seconds = here.wanted["snapshot_timeout"]
        swap.prepare(at, found, seen, seconds=seconds, tell=here.tell, demand=here.demand_lock)
    return {"changed": True}


def stop(here: Here, view: View) -> dict[str, Any]:
    found = chosen(here.wanted, view)
    with _reached(here, view) as at:
        if _is_behind(here, at, found):
            return {"changed": False}
        if here.check_mode:
            return {"changed": True}
        if swap.prepared(at, found) is None:
            raise _out_of_order(here, "The snapshot was not restored beside the database yet.")
    return {"changed": main_pods.stop(here)}


def put_in_place(here: Here, view: View) -> dict[str, Any]:
    """What is there is saved, and kept under another name besides."""
    found = chosen(here.wanted, view)
    with _reached(here, view) as at:
        if _is_behind(here, at, found):
            return {"changed": False}
        if here.check_mode:
            return {"changed": True}
        name = swap.prepared(at, found)
        if name is None or main_pods.pods(here):
            raise _out_of_order(here, "Coder runs, or the snapshot was not restored beside the database yet.")
        here.demand_lock()
        if swap.end_left_over(at):
            here.sleep(LEFT_OVER_SECONDS)
        swap.demand_unused(at)
        folder = snapshot_file.folder(snapshots.folder(here.wanted))
        here.said += dump.tidy(at, folder, here.demand_lock)
        kept = dump.take(
            at,
            folder,
            facts.look(at),
            {**snapshots.identity(here.wanted, view), "before_restore": True},
            restore=False,
            seconds=here.wanted["snapshot_timeout"],
            tell=here.tell,
            demand=here.demand_lock,
        )
        here.said.append(f"What was there: {snapshot.told(kept, datetime.now(UTC))}.")
        here.demand_lock()
        former = swap.swap(at, name, found, datetime.now(UTC))
        here.said.append(f"It is also kept as database {former}.")
    return {"changed": True, "snapshot": snapshot.summary(kept)}


def start(here: Here, view: View) -> dict[str, Any]:
    """Coder with the chart of the snapshot's version; it must answer as that version."""
    found = chosen(here.wanted, view)
    with _reached(here, view) as at:
        if _is_over(here, at, found):
            here.said.append(
                f"Nothing to do: {found['path']} was brought back already, and the release has not changed since."
            )
            return {"changed": False}
        if here.check_mode:
            return {"changed": True}
        if not swap.in_place(at, found):
            raise _out_of_order(here, "The snapshot is not in place yet.")
        revision = _to_its_version(here, found)
        main_pods.start(here)
        proof.demand_version(replace(here, wanted={**here.wanted, "version": found["of"]["version"]}))
        # Only now: whoever is killed before goes on by it.
        swap.end(at, found, revision)
        _tell_former(here, at)
    return {"changed": True}


def _to_its_version(here: Here, found: snapshot_file.Snapshot) -> int:
    """The revision of the release, which has the chart of the snapshot's version from now on."""
    newest, target = _revision(here, found)
    if newest.revision == target.revision:
        rollback.complete(here.cluster, newest, here.said, here.demand_lock)
        return newest.revision
    wanted = here.wanted
    if newest.status.startswith("pending-"):
        seconds = 2 * wanted["update_timeout"]
        newest = pending.settled(here.cluster, newest, is_ours=lambda _one: True, seconds=seconds, tell=here.tell)
    helm = helm_command.helm_for(here.cluster.access, wanted["helm_binary"], here.folder)
    params = {"timeout": wanted["update_timeout"], "wait": True, "history_max": 0}
    here.tell(f"helm rolls the release back to revision {target.revision}")
    made = rollback.carry_out(here.cluster, helm, newest, target, params, here.said, here.demand_lock)
    here.said.append(f"The release is that of revision {target.revision} again, as revision {made.revision}.")
    return made.revision


def _revision(here: Here, found: snapshot_file.Snapshot) -> tuple[Release, Release]:
    """The newest revision, and the one with the chart of the snapshot's version: the same where it needs no rollback.

    Raises ClassicError ``no_revision``.
    """
    wanted, version = here.wanted, found["of"]["version"]
    history = helm_record.history(here.cluster, wanted["namespace"], wanted["release"])
    newest = history[-1] if history else None
    if newest is not None and newest.status == "deployed" and version_of(newest) == version:
        return newest, newest
    fit = [one for one in history if one.status in STOOD and version_of(one) == version]
    of_then = [one for one in fit if one.revision == found["of"].get("revision")]
    if newest is None or not fit:
        raise ClassicError(
            f"The history of the release has no revision of Coder {version}.",
            code="no_revision",
            where=f"release {wanted['release']} in namespace {wanted['namespace']}, {here.cluster.where}",
            why="Code of another version must not run on the snapshot's schema, and only a rollback brings its chart back.",
            untouched="Everything: nothing was begun.",
            next_step=f"Install that chart by helm first, with Coder scaled to 0; then run {PLAYBOOK} again.",
        )
    return newest, (of_then or fit)[-1]


def version_of(release: Release) -> str | None:
    """Of what Coder a revision's chart is."""
    summary = release_report.summary(release)
    return report_release.version(
        {"app_version": summary["app_version"], "chart_version": summary["chart_version"]}
    ) or numbers.plain(summary["chart_version"])


def _reached(here: Here, view: View) -> contextlib.AbstractContextManager[reach.Reach]:
    lifetime = snapshot.PARTS * here.wanted["snapshot_timeout"]
    options = {"lifetime": lifetime, "demand": here.demand_lock}
    return where.reached(here.cluster, here.wanted, view["database"], here.folder, **options)


def _is_behind(here: Here, at: reach.Reach, found: snapshot_file.Snapshot) -> bool:
    """Whether the snapshot has the database's name already."""
    return _is_over(here, at, found) or swap.in_place(at, found)


def _is_over(here: Here, at: reach.Reach, found: snapshot_file.Snapshot) -> bool:
    newest = helm_record.current(here.cluster, here.wanted["namespace"], here.wanted["release"])
    return newest is not None and newest.status == "deployed" and swap.is_over(at, found, newest.revision)


def _tell_former(here: Here, at: reach.Reach) -> None:
    kept = swap.former(at)
    if here.wanted["restore_drop_former"]:
        for name in kept:
            here.demand_lock()
            sql.execute(at, f"DROP DATABASE {sql.name(name)};", database=swap.MAINTENANCE, seconds=600)
            here.said.append(f"Dropped database {name}, as it was before the restore.")
    elif kept:
        here.said.append(
            f"Kept as they were before a restore: {', '.join(kept)}. When nobody needs them any more: DROP DATABASE, or "
            f"{PLAYBOOK} with coder_restore_drop_former=true."
        )


def _out_of_order(here: Here, why: str) -> ClassicError:
    return ClassicError(
        "A step of the restore before this one was not done.",
        code="out_of_order",
        where=here.cluster.where,
        why=why,
        untouched="The database as it is.",
        next_step=f"Run {PLAYBOOK} without --start-at-task and tags: it begins where it must.",
    )
