# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which snapshots are of this deployment, and which one an update may rest on. Pure but for reading the folder.

Private to this collection.
"""

from __future__ import annotations

import os
from datetime import datetime
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import times, version_path
from ansible_collections.coder.classic.plugins.module_utils._database import snapshot_file
from ansible_collections.coder.classic.plugins.module_utils._deployment.tell import report
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

FOLDER = "database"

View = dict[str, Any]
Snapshot = snapshot_file.Snapshot


def folder(wanted: dict[str, Any]) -> str | None:
    """Where they are; None where the site names no folder that lasts (a job of AWX)."""
    return os.path.join(wanted["backup_dir"], FOLDER) if wanted.get("backup_dir") else None


def identity(wanted: dict[str, Any], view: View) -> dict[str, Any]:
    """Which deployment a snapshot is of, and in which state: what brings it back needs to know. Pure."""
    return {
        "cluster_uid": view["kubernetes"]["uid"],
        "namespace": wanted["namespace"],
        "release": wanted["release"],
        "revision": view["release"]["revision"],
        "version": view["versions"]["api"] or view["versions"]["images"] or view["versions"]["release"],
        "kind": view["database"]["kind"],
        "host": view["database"]["host"],
    }


def of_deployment(wanted: dict[str, Any], view: View) -> list[Snapshot]:
    """The newest first."""
    path = folder(wanted)
    return [one for one in snapshot_file.all_in(path) if is_of(one, wanted, view)] if path else []


def summary(snapshot: Snapshot, now: datetime) -> dict[str, Any]:
    """What status tells of one: ``{path, taken, verified, age_hours, version}``. Pure."""
    return {
        **{key: snapshot[key] for key in ("path", "taken", "verified")},
        "age_hours": round(snapshot_file.age_seconds(snapshot, now) / 3600, 1),
        "version": snapshot["of"].get("version"),
    }


def is_of(snapshot: Snapshot, wanted: dict[str, Any], view: View) -> bool:
    """Pure."""
    of = snapshot["of"]
    mine = (view["kubernetes"]["uid"], wanted["namespace"], wanted["release"])
    return (of.get("cluster_uid"), of.get("namespace"), of.get("release")) == mine


def to_rest_on(
    snapshots: list[Snapshot],
    view: View,
    *,
    version: str,
    attempt: dict[str, Any] | None,
    max_age_seconds: float,
    now: datetime,
) -> Snapshot | None:
    """The one from which an update to that version could be taken back: of the state right before it. Pure.

    attempt: of an update that was begun before (attempts.look). What is in the database since is no state to go back to: only a snapshot
    from before it counts, however old it is, or one from after a restore.
    """
    for one in snapshots:
        taken, of = _moment(one["taken"]), one["of"]
        # What was put aside by a restore is what somebody did not want.
        if taken is None or of.get("before_restore") or not _is_a_hop(of.get("version"), version):
            continue
        is_fresh = of.get("version") == report.running(view) and (now - taken).total_seconds() <= max_age_seconds
        if attempt is None or of.get("good_since", -1) >= attempt["revision"]:
            if is_fresh:
                return one
        elif (begun := _moment(attempt["at"])) is not None and taken <= begun:
            return one
    return None


def _is_a_hop(before: str | None, after: str) -> bool:
    """Whether an update leads from the one to the other: a snapshot from long ago is not of the state right before it."""
    try:
        step = version_path.place(after) - version_path.place(before)
        return before != after and step in (0, 1)
    except ClassicError:
        return False


def _moment(text: Any) -> datetime | None:
    try:
        return times.parse(text)
    except (ClassicError, TypeError, ValueError):
        return None
