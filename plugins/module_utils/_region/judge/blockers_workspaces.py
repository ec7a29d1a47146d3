# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in the way in what was said about workspaces, or in how they are used. Pure. Private to this collection.

Each takes the observation (observe.look), the view (report.describe) and the phase, and answers findings, mostly none.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._region.judge.phase import (
    MOVED,
    View,
    lacks_last_proof,
    rehearsal_cut,
)
from ansible_collections.coder.classic.plugins.module_utils._region.tell.findings import (
    GOALS,
    MIGRATE,
    RETIRE,
    Finding,
    finding,
)

Seen = dict[str, Any]


def leave_list(seen: Seen, _view: View, _phase: str) -> list[Finding]:
    # Nobody is kept from going back by a name that is wrong.
    return unknown_to_leave(seen, (MIGRATE,))


def unknown_to_leave(seen: Seen, goals: Iterable[str]) -> list[Finding]:
    """Names in the list of workspaces to leave alone that no workspace has."""
    unknown = seen["coder"]["leave_unknown"]
    if not unknown:
        return []
    return [
        finding(
            "not_found",
            f"No workspace to leave alone has the name or id {', '.join(unknown)}",
            where=seen["coder"]["url"],
            why="a name misspelt in coder_workspaces_leave keeps no workspace out of our rebuilds (and from Coder's own at "
            "the switch nothing keeps one)",
            next_step="correct coder_workspaces_leave (case counts), or take out what was deleted",
            goals=goals,
        )
    ]


def canary(seen: Seen, view: View, phase: str) -> list[Finding]:
    """The workspace that was named as the canary does not exist on this provider, or cannot be it."""
    name, found = seen["wanted"]["canary"], seen["coder"]["workspaces"]
    if name is None or found is None or _proved(view, phase):
        return []
    rows = [row for row in found if name in (row["id"], row.get("name"))]
    leave = seen["wanted"]["leave_workspaces"]
    if not rows:
        known = ", ".join(sorted(str(row.get("name")) for row in found)) or "none"
        return [
            _canary(view, "not_found", f"No workspace of the provider has the name or id {name}", f"known: {known}")
        ]
    if len(rows) > 1:
        ids = ", ".join(row["id"] for row in rows)
        return [_canary(view, "ambiguous", f"Several workspaces of the provider have the name {name}", f"ids: {ids}")]
    if rows[0]["id"] in leave or rows[0].get("name") in leave:
        why = "it is in coder_workspaces_leave"
        return [_canary(view, "invalid", f"Workspace {name} cannot be the canary", why)]
    return []


def no_canary(seen: Seen, view: View, phase: str) -> list[Finding]:
    """Retiring is proved by rebuilding one workspace, and every one that may be rebuilt is in use."""
    free, busy = view["workspaces"]["canaries"], view["workspaces"]["canaries_in_use"]
    if phase not in MOVED or _proved(view, phase) or free or not busy or seen["wanted"]["consent_in_use"]:
        return []
    if rehearsal_cut(view):
        # It must get to its end, to be undone.
        return []
    return [
        finding(
            "no_canary",
            "No workspace can be rebuilt to prove the region without cutting somebody's session",
            where=f"provider {view['provider']['name']}",
            why=f"in use: {', '.join(busy)}",
            next_step="wait until one of them is idle, make one for this purpose and name it in coder_canary_workspace, "
            f"or consent with coder_confirm_rebuild={view['region']}",
            goals=(RETIRE,),
        )
    ]


def _proved(view: View, phase: str) -> bool:
    return phase == "retired" and not lacks_last_proof(view)


def _canary(view: View, code: str, message: str, why: str) -> Finding:
    return finding(
        code,
        message,
        where=f"provider {view['provider']['name']}",
        why=why,
        next_step="correct coder_canary_workspace (case counts; an id names one workspace only), or take it out: one is "
        "chosen then. It is a workspace of one provider, so set it for the host, not for the region",
        goals=GOALS,
    )


ALL = (leave_list, canary, no_canary)
