# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an operator should know about workspaces although it stops nothing. Pure. Private to this collection.

Each takes the observation, the view (report.describe) and the phase, and answers findings, mostly none.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._region.judge.phase import MOVED, View, connected
from ansible_collections.coder.classic.plugins.module_utils._region.tell.findings import (
    MIGRATE,
    RETIRE,
    ROLLBACK,
    Finding,
    command,
    finding,
)

Seen = dict[str, Any]


def failed_workspaces(_seen: Seen, view: View, _phase: str) -> list[Finding]:
    failed = [name for name in view["workspaces"]["failed"] if name not in view["workspaces"]["left"]]
    if not failed:
        return []
    return [
        finding(
            "workspaces_failed",
            f"The last build failed of: {', '.join(failed)}",
            where=f"provider {view['provider']['name']}",
            why="their rebuild may fail again and stop the run",
            next_step="repair them, delete them, or leave them alone by coder_workspaces_leave",
            goals=(MIGRATE, ROLLBACK),
        )
    ]


def connectivity_unproved(_seen: Seen, view: View, phase: str) -> list[Finding]:
    workspaces = view["workspaces"]
    nobody = workspaces["total"] == len(workspaces["left"])
    if phase not in MOVED or phase == "retired" or not (nobody or (not workspaces["provable"] and not connected(view))):
        return []
    return [
        finding(
            "connectivity_unproved",
            "No workspace was reached through the satellite, or can be rebuilt as a proof"
            if nobody
            else "No workspace was reached through the satellite since the switch",
            where=f"provider {view['provider']['name']}",
            why="there is no workspace for it" if nobody else "none of them runs",
            next_step=f"turn one on, or make one for this purpose, then run {command('migrate_region', view['region'])}",
            goals=(RETIRE,),
        )
    ]


def left_behind(_seen: Seen, view: View, phase: str) -> list[Finding]:
    """E14 asks for every running workspace; those that are left are the operator's decision."""
    left = view["workspaces"]["left_behind"]
    if phase not in MOVED or phase == "retired" or not left:
        return []
    return [
        finding(
            "left_behind",
            f"Not rebuilt since the switch, and running: {', '.join(left)}",
            where=f"provider {view['provider']['name']}",
            why="they are left alone by coder_workspaces_leave, and envproxy is their only way",
            next_step="take them out of coder_workspaces_leave and migrate again, or accept that nobody reaches them "
            "until their next rebuild",
            goals=(RETIRE,),
        )
    ]


ALL = (failed_workspaces, connectivity_unproved, left_behind)
