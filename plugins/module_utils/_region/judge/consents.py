# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an operator has to consent to before a goal is reached, and has not. Pure. Private to this collection.

Consent is a variable that names the region, never a prompt.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._region.judge.phase import View
from ansible_collections.coder.classic.plugins.module_utils._region.tell.findings import (
    GOALS,
    MIGRATE,
    RETIRE,
    Finding,
    finding,
)

CODE = "consent_missing"
#: Steps of a plan that cut sessions → the key of the view's workspaces that says whose.
CUTTING = {
    "switch": "cut_by_switch",
    "switch_back": "cut_by_switch",
    "rebuild": "cut_by_rebuild",
    "rebuild_back": "cut_by_rebuild_back",
}


def missing(wanted: dict[str, Any], view: View, plans: dict[str, list[dict[str, Any]]]) -> dict[str, list[Finding]]:
    """Goal → findings ``consent_missing``; wanted is wanted.wanted, plans those of plan.plans."""
    return {goal: _of_goal(wanted, view, goal, plans[goal]) for goal in GOALS}


def retirement(wanted: dict[str, Any], view: View) -> Finding:
    return finding(
        CODE,
        f"Retiring {view['region']} needs consent, because there is no way back from it",
        where=f"region {view['region']}, release {view['release']['name']} in namespace {view['release']['namespace']}",
        why=f"coder_confirm_retire is {', '.join(wanted['confirm_retire']) or 'not set'}: it does not name this region",
        next_step=f"run it again with -e coder_confirm_retire={view['region']}",
        goals=(RETIRE,),
    )


def _of_goal(wanted: dict[str, Any], view: View, goal: str, plan: list[dict[str, Any]]) -> list[Finding]:
    if goal == RETIRE:
        asked = bool(plan) and view["release"]["exists"] and not wanted["consent_retire"]
        return [retirement(wanted, view)] if asked else []
    names = next((view["workspaces"][CUTTING[step["step"]]] for step in plan if step["step"] in CUTTING), [])
    found = upgrade(wanted, view, plan) if goal == MIGRATE else []
    if not names or wanted["consent_in_use"] or wanted["wait_for_idle_minutes"]:
        return found
    return [*found, _sessions(view, goal, names, any(step["step"] in ("switch", "switch_back") for step in plan))]


def upgrade(wanted: dict[str, Any], view: View, plan: list[dict[str, Any]]) -> list[Finding]:
    """The consent that an upgrade of the satellite lacks: while its pods are replaced the sessions through it drop.

    Nobody waits until they are idle then, and whoever works at another provider of it is not seen from this one.
    """
    if wanted["consent_in_use"] or not any(step["step"] == "upgrade_satellite" for step in plan):
        return []
    workspaces = view["workspaces"]["in_use"] if view["provider"]["net_v2"] else []
    providers = [f"users of {name}" for name in view["satellite"]["used_by"]]
    if not (workspaces or providers):
        return []
    return [
        finding(
            CODE,
            f"Satellite {view['satellite']['name']} is in use and would be upgraded: {', '.join([*workspaces, *providers])}",
            where=f"region {view['region']}, satellite {view['satellite']['url']}",
            why="its chart version or its values are not the wanted ones; sessions through it drop while its pods are replaced",
            next_step=f"run it again with -e coder_confirm_rebuild={view['region']}, or leave the satellite as it is: give its "
            "present chart version and values in the inventory",
            goals=(MIGRATE,),
        )
    ]


def _sessions(view: View, goal: str, names: list[str], by_switch: bool) -> Finding:
    why = (
        "switching the network rebuilds every running workspace, also those in coder_workspaces_leave; that"
        if by_switch
        else "a workspace takes the new way only once it is rebuilt, and that"
    )
    return finding(
        CODE,
        f"Workspaces of {view['provider']['name']} are in use and would be rebuilt: {', '.join(names)}",
        where=f"region {view['region']}, provider {view['provider']['name']}",
        why=f"{why} cuts sessions and loses what is outside the home directory",
        next_step=f"run it again with -e coder_confirm_rebuild={view['region']}, or wait until they are idle with "
        "-e coder_wait_for_idle_minutes=<minutes>",
        goals=(goal,),
    )
