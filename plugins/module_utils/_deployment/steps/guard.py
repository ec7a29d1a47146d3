# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must be so before a step at the main deployment acts, by what was looked up. Pure but for reading which snapshots there are.
Private to this collection.

It stands where the act is: no variable, tag, strategy, start-at-task or kill leads around it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import version_path
from ansible_collections.coder.classic.plugins.module_utils._database import snapshot_file
from ansible_collections.coder.classic.plugins.module_utils._deployment.database import snapshots
from ansible_collections.coder.classic.plugins.module_utils._deployment.judge.blockers_release import place
from ansible_collections.coder.classic.plugins.module_utils._deployment.judge.phase import View
from ansible_collections.coder.classic.plugins.module_utils._deployment.tell import report
from ansible_collections.coder.classic.plugins.module_utils._deployment.tell.findings import (
    SERVICE_NEXT,
    UPDATE,
    Finding,
    joined,
)
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

#: What an update that was ended in the middle leaves, and what the same update mends: no reason not to go on with it.
LEFT_BY_A_KILL = (
    "release_pending",
    "release_not_deployed",
    "versions_disagree",
    "main_not_found",
    # Coder is down while its pods are replaced.
    "unreachable",
    "timeout",
    "server_error",
)


def goal(wanted: dict[str, Any], view: View) -> str:
    """The layout is changed in a run of its own, with the version that runs."""
    return SERVICE_NEXT if wanted["service_next"] and _is_at(wanted, view) else UPDATE


def is_unfinished(wanted: dict[str, Any], view: View) -> bool:
    """Whether the newest revision is one of this very version that did not end well, or has not come to Coder yet."""
    release, told = view["release"], view["versions"]
    if not release["exists"] or told["release"] != wanted["version"]:
        return False
    return release["status"] != "deployed" or told["api"] != wanted["version"]


def blockers(wanted: dict[str, Any], view: View) -> list[Finding]:
    """Those that concern what is asked for."""
    of_goal = goal(wanted, view)
    found = [entry for entry in view["blockers"] if of_goal in entry["for"]]
    if is_unfinished(wanted, view):
        # Which version runs is not known while Coder is down; that of the release is then the one of the path.
        is_down = report.running(view) is None and wanted["version"] not in version_path.NEVER
        left = (*LEFT_BY_A_KILL, "unsupported_version") if is_down else LEFT_BY_A_KILL
        found = [entry for entry in found if entry["code"] not in left]
    return found


def demand(wanted: dict[str, Any], view: View, *, check_mode: bool) -> None:
    """Raises ClassicError: everything that stands in the way, or that the database was not saved."""
    demand_possible(wanted, view)
    demand_saved(wanted, view, check_mode=check_mode)


def demand_possible(wanted: dict[str, Any], view: View) -> None:
    """Raises ClassicError with everything that stands in the way of the update itself."""
    found = blockers(wanted, view)
    if found:
        raise blocked("The main deployment cannot be updated", view, found)
    if wanted["service_next"] and not _is_at(wanted, view):
        raise _two_at_once(wanted, view)


def demand_version(wanted: dict[str, Any]) -> None:
    """Raises ClassicError ``missing_variable`` where neither a version nor the layout is asked for."""
    if wanted["service_next"]:
        return
    raise ClassicError(
        "coder_version is not given: the version to update to.",
        code="missing_variable",
        where="the variables, or the command line",
        why="The newest one is never meant: an update goes one step of the path a run.",
        untouched="Everything: nothing was begun.",
        next_step="status.yml names the next step; then run again, for example with -e coder_version="
        f"{version_path.STOPS['1.21']}.",
    )


def needs_snapshot(wanted: dict[str, Any], view: View) -> bool:
    """Whether the update migrates the database: another version than the one that runs, or one that may not have come to its end.

    The layout alone never does, also where an earlier run was killed in the middle of it.
    """
    return not _is_at(wanted, view) or (is_unfinished(wanted, view) and not wanted["service_next"])


def demand_saved(wanted: dict[str, Any], view: View, *, check_mode: bool) -> None:
    """Raises ClassicError ``consent_missing`` where the database would be migrated and could not be taken back."""
    if not check_mode and lacks_snapshot(wanted, view):
        raise no_snapshot(wanted, view)


def lacks_snapshot(wanted: dict[str, Any], view: View) -> bool:
    return needs_snapshot(wanted, view) and not said_done(wanted) and resting(wanted, view) is None


def said_done(wanted: dict[str, Any]) -> str:
    """What somebody says of a snapshot that was taken by other means; empty for nothing."""
    return str(wanted["snapshot_done"] or "").strip()


def resting(wanted: dict[str, Any], view: View) -> snapshot_file.Snapshot | None:
    """The snapshot of ours that the update can be taken back to."""
    return snapshots.to_rest_on(
        snapshots.of_deployment(wanted, view),
        view,
        version=wanted["version"],
        attempt=attempt(wanted, view),
        max_age_seconds=3600.0 * wanted["snapshot_max_age_hours"],
        now=datetime.now(UTC),
    )


def attempt(wanted: dict[str, Any], view: View) -> dict[str, Any] | None:
    """An update that was begun on this database and did not stay; the frame looks for it in the release's history."""
    release = view["release"]
    if view.get("attempt") is None and is_unfinished(wanted, view):
        return {"version": wanted["version"], "revision": release["revision"], "at": release["updated"]}
    return view.get("attempt")


def no_snapshot(wanted: dict[str, Any], view: View) -> ClassicError:
    return ClassicError(
        f"The update to {wanted['version']} migrates the database, and there is no snapshot that it could be taken back to.",
        code="consent_missing",
        where=place(view),
        why="No rollback of helm brings a migrated schema back: only a snapshot from before does.",
        untouched="Everything: nothing was begun.",
        next_step="Run update_coder.yml without --start-at-task and tags: it takes one first. Where it was taken by other means, from the "
        "state before this update, say so: -e coder_snapshot_done=<its file, or words>.",
    )


def _is_at(wanted: dict[str, Any], view: View) -> bool:
    running = report.running(view)
    if running is None and wanted["service_next"] and view.get("attempt") is None:
        # Coder is down in the middle of this very change of the layout, which an earlier run was ended in.
        running = view["versions"]["release"]
    return running == wanted["version"]


def _two_at_once(wanted: dict[str, Any], view: View) -> ClassicError:
    return ClassicError(
        "Another version and the layout serviceNext are two runs.",
        code="invalid",
        where=place(view),
        why="When one of the two fails it must be known which.",
        untouched="Everything: nothing was begun.",
        next_step=f"Run update_coder.yml -e coder_version={wanted['version']} first, then update_coder.yml -e "
        "coder_service_next=true.",
    )


def blocked(what: str, view: View, found: list[Finding]) -> ClassicError:
    return ClassicError(
        f"{what}: {joined(found, 'message')}.",
        code=found[0]["code"],
        where=joined(found, "where") or place(view),
        why=joined(found, "why"),
        untouched="Everything: nothing was begun.",
        next_step=joined(found, "next"),
        details={"path": list(version_path.STOPS.values())},
    )
