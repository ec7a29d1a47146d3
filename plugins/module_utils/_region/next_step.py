# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one sentence that says how a region goes on, with the playbook. Pure. Private to this collection."""

from __future__ import annotations

from ansible_collections.coder.classic.plugins.module_utils._region.findings import (
    MIGRATE,
    RETIRE,
    Finding,
    command,
)
from ansible_collections.coder.classic.plugins.module_utils._region.phase import (
    MOVED,
    UNKNOWN,
    View,
    lacking_for_idle,
    lacking_for_moved,
    lacks_last_proof,
    not_seen,
)


def next_goal(phase: str) -> str | None:
    """The goal that is next in a region's life, whose blockers are therefore the ones to look at; None: all is done."""
    return None if phase == "retired" else RETIRE if phase in MOVED else MIGRATE


def next_step(view: View, phase: str, blockers: list[Finding], soak_seconds: int) -> str:
    """Playbook and reason; soak_seconds are those of the module."""
    region, goal = view["region"], next_goal(phase)
    first = [entry for entry in blockers if goal in entry["for"]]
    if phase == UNKNOWN:
        missing = ", ".join(not_seen(view))
        cause = f"what is wrong with it ({blockers[0]['code']})" if blockers else f"why {missing} cannot be seen"
        return f"Correct {cause}, then run {command('status', region)}."
    if first:
        codes = ", ".join(dict.fromkeys(entry["code"] for entry in first))
        return (
            f"Resolve {codes} first ({command('status', region)} lists it), then {_onwards(view, phase, soak_seconds)}"
        )
    sentence = _onwards(view, phase, soak_seconds)
    return sentence[0].upper() + sentence[1:]


def _onwards(view: View, phase: str, soak_seconds: int) -> str:
    region, back = view["region"], view["workspaces"]["to_rebuild_back"]
    migrate, retire = command("migrate_region", region), command("retire_region", region)
    if phase in ("envproxy", "satellite_up", "registered"):
        if back:
            return f"run {command('rollback_region', region)}: on the way back, {len(back)} are not rebuilt yet."
        todo = {
            "envproxy": "deploys and registers the satellite and moves the provider",
            "satellite_up": "registers the satellite and moves the provider",
            "registered": "moves the provider to the satellite",
        }
        return f"run {migrate}: it {todo[phase]}."
    if phase == "switched":
        return f"run {migrate}: it goes on; {'; '.join(lacking_for_moved(view))}."
    if phase == "moved":
        return f"run {retire}: it seals what must stay, then tries the region without envproxy."
    if phase == "sealed":
        begun = view["record"]["idle_since"] or not view["envproxy"]["replicas"]
        lacking = "; ".join(lacking_for_idle(view, soak_seconds))
        return f"run {retire}: " + (
            f"it goes on; {lacking}." if begun else "it tries the region without envproxy first."
        )
    if phase == "idle":
        return f"run {retire}: it uninstalls the old chart, from which there is no way back."
    if lacks_last_proof(view):
        return f"run {retire}: the old chart is gone, the rebuild of a workspace that proves the region is left."
    if view["record"]["cordoned_at"]:
        return f"run {retire}: an earlier run left the provider cordoned."
    return "nothing is left to do: the region lives without its old chart."
