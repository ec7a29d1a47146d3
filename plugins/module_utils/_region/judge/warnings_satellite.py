# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an operator should know about a satellite although it stops nothing. Pure. Private to this collection.

Each takes the observation, the view (report.describe) and the phase, and answers findings, mostly none.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._region.judge.blockers_key import NOT_THERE_YET, is_lost
from ansible_collections.coder.classic.plugins.module_utils._region.judge.blockers_satellite import out_of_reach
from ansible_collections.coder.classic.plugins.module_utils._region.judge.blockers_workspaces import unknown_to_leave
from ansible_collections.coder.classic.plugins.module_utils._region.judge.phase import View
from ansible_collections.coder.classic.plugins.module_utils._region.observe import dns_record
from ansible_collections.coder.classic.plugins.module_utils._region.tell.findings import (
    MIGRATE,
    ROLLBACK,
    Finding,
    of_failure,
)

Seen = dict[str, Any]


def satellite_not_there_yet(seen: Seen, view: View, phase: str) -> list[Finding]:
    satellite, told = seen["satellite"], view["satellite"]
    problem = satellite["served_problem"]
    awaited = satellite["release"] is not None and not told["registered"] and phase != "retired"
    if problem is None or problem["code"] not in NOT_THERE_YET or not awaited or is_lost(seen):
        return []
    found = of_failure(problem, (MIGRATE,), where=told["url"])
    if not told["ready"]:
        waiting = "; ".join(told["waiting"])
        return [
            {**found, "code": "satellite_not_answering", **({"why": f"its pods wait: {waiting}"} if waiting else {})}
        ]
    return [
        {
            **found,
            "code": "satellite_not_reachable_yet",
            "message": f"The satellite's pods are ready, but {told['url']} is not answered",
            "why": f"{problem['message']}: {problem['why']}",
            "next": dns_record.wanted(told["url"], satellite["address"]),
        }
    ]


def way_back(seen: Seen, view: View, phase: str) -> list[Finding]:
    """What keeps nobody from going back, and yet leaves something to do there."""
    satellite = view["satellite"]
    if phase == "retired" or not (view["provider"]["net_v2"] or satellite["deployed"] or satellite["registered"]):
        return []
    return [*out_of_reach(seen, (ROLLBACK,)), *unknown_to_leave(seen, (ROLLBACK,))]


ALL = (satellite_not_there_yet, way_back)
