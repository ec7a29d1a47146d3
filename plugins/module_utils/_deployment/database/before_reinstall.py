# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ran before a reinstall that was ended in the middle: with the release gone and Coder down nothing else tells whether the database
is migrated by the install. The first run notes it in the reinstall's journal. Private to this collection.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import times
from ansible_collections.coder.classic.plugins.module_utils._deployment.judge.phase import View
from ansible_collections.coder.classic.plugins.module_utils._deployment.tell import report
from ansible_collections.coder.classic.plugins.module_utils._helm.repair import reinstall_journal

FOLDER = "repair"


def folder(wanted: dict[str, Any]) -> str | None:
    """Where a reinstall writes what it saves."""
    return os.path.join(wanted["backup_dir"], FOLDER) if wanted["backup_dir"] else None


def note(wanted: dict[str, Any], view: View) -> dict[str, Any]:
    """For the journal of a reinstall that may begin now, or goes on: ``{running, attempt, begun, revision}``."""
    begun = {"begun": times.rfc3339(datetime.now(UTC)), "revision": view["release"]["revision"]}
    return _noted(wanted, view) or {"running": report.running(view), "attempt": view.get("attempt"), **begun}


def seen(wanted: dict[str, Any], view: View) -> View:
    """The view, and while a reinstall is under way with what ran before it. The reinstall is then the attempt from before which a
    snapshot has to be, unless one had failed already. Raises ClassicError ``invalid`` for a journal that cannot be read.
    """
    found = _noted(wanted, view)
    if found is None:
        return view
    itself = {"version": wanted["version"], "revision": (found["revision"] or 0) + 1, "at": found["begun"]}
    return {
        **view,
        "versions": {**view["versions"], "api": found["running"]},
        "release": {**view["release"], "exists": False},
        "attempt": found["attempt"] or itself,
    }


def _noted(wanted: dict[str, Any], view: View) -> dict[str, Any] | None:
    directory, uid, release = folder(wanted), view["kubernetes"]["uid"], view["release"]
    if directory is None or uid is None:
        return None
    journal = reinstall_journal.read(reinstall_journal.path(directory, uid, wanted["release"], wanted["namespace"]))
    if journal is None:
        return None
    is_as_it_was = (release["revision"], release["updated"]) == (journal.revision, journal.updated)
    # Of long ago, and somebody has gone on with the release since.
    is_over = release["status"] == "deployed" and view["versions"]["release"] != wanted["version"]
    return None if is_over or (is_as_it_was and release["status"] != "uninstalling") else journal.note
