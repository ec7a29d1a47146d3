# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one sentence that says how a region goes on, with the playbook. Pure. Private to this collection."""

from __future__ import annotations

from ansible_collections.coder.classic.plugins.module_utils._region.judge.phase import (
    MOVED,
    UNKNOWN,
    View,
    lacking_for_idle,
    lacking_for_moved,
    lacks_last_proof,
    not_seen,
    rehearsal_begun,
    rehearsal_cut,
)
from ansible_collections.coder.classic.plugins.module_utils._region.tell.findings import (
    MIGRATE,
    RETIRE,
    Finding,
    command,
)


def next_goal(view: View, phase: str) -> str | None:
    """The goal that is next in a region's life, whose blockers are therefore the ones to look at; None: all is done."""
    done = phase == "retired" and view["provider"]["in_order"] and not _unfinished(view)
    return None if done else RETIRE if phase in MOVED else MIGRATE


def next_step(view: View, phase: str, blockers: list[Finding], soak_seconds: int) -> str:
    """Playbook and reason; soak_seconds are those of the module."""
    region, goal = view["region"], next_goal(view, phase)
    if phase == UNKNOWN:
        missing = ", ".join(not_seen(view))
        cause = f"what is wrong with it ({_codes(blockers)})" if blockers else f"why {missing} cannot be seen"
        return f"Correct {cause}, then run {command('status', region)}."
    first = [entry for entry in blockers if goal in entry["for"]]
    if first:
        resolve = f"Resolve {_codes(first)} first ({command('status', region)} lists it)"
        if phase == "retired" and not _unfinished(view):
            return f"{resolve}: the old chart is gone, so there is no way back to it."
        return f"{resolve}, then {_onwards(view, phase, soak_seconds)}"
    sentence = _onwards(view, phase, soak_seconds)
    return sentence[0].upper() + sentence[1:]


def _codes(blockers: list[Finding]) -> str:
    return ", ".join(dict.fromkeys(entry["code"] for entry in blockers))


def _unfinished(view: View) -> bool:
    """Whether a run for a retired region was killed before its end."""
    return lacks_last_proof(view) or bool(view["record"]["cordoned_at"])


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
        seals = (
            "it goes on with the sealing, which was interrupted"
            if view["release"]["interrupted_sealing"]
            else "it seals what must stay"
        )
        return f"run {retire}: {seals}, then tries the region without envproxy."
    if phase == "sealed" and rehearsal_cut(view):
        return (
            f"run {retire}: an earlier run left envproxy off, and the provider's status is "
            f"{view['provider']['status']}; it scales envproxy back when the provider does not become ready."
        )
    if phase == "sealed":
        begun = rehearsal_begun(view) or not view["envproxy"]["replicas"]
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
