# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Goals that a region's phase does not allow. Pure. Private to this collection.

Each takes the observation, the view (report.describe) and the phase, and answers findings, mostly none.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._region.judge.blockers_key import is_lost
from ansible_collections.coder.classic.plugins.module_utils._region.judge.phase import (
    MOVED,
    SWITCHED,
    UNKNOWN,
    View,
    is_registered,
    lacking_for_moved,
    lacking_for_retired,
    not_seen,
)
from ansible_collections.coder.classic.plugins.module_utils._region.tell.findings import (
    RETIRE,
    ROLLBACK,
    Finding,
    command,
    finding,
)

Seen = dict[str, Any]


def not_retired(_seen: Seen, view: View, phase: str) -> list[Finding]:
    """The old chart was uninstalled, and something of what a retired region lives on is gone since."""
    gone = view["release"]["exists"] is False and bool(view["record"]["kept_uids"])
    if not gone or phase == "retired" or not_seen(view):
        return []
    remedy = f"resolve what else {command('status', view['region'])} says of these objects"
    if not view["provider"]["net_v2"]:
        remedy = (
            f"turn Networking v2 of provider {view['provider']['name']} on again with the module "
            "coder.classic.coder_provider: without the old chart it is the only way to the workspaces"
        )
    return [
        finding(
            "not_retired",
            f"Release {view['release']['name']} is gone, but region {view['region']} is not simply retired",
            where=_place(view),
            why="; ".join(lacking_for_retired(view)),
            next_step=remedy,
        )
    ]


def not_moved(_seen: Seen, view: View, phase: str) -> list[Finding]:
    if phase in (*MOVED, UNKNOWN):
        return []
    region = view["region"]
    why = "; ".join(lacking_for_moved(view)) if phase == "switched" else "Networking v2 is off"
    return [
        finding(
            "not_moved",
            f"Region {region} is in phase {phase}: only a moved one can be retired",
            where=_place(view),
            why=why,
            next_step=f"run {command('migrate_region', region)} first",
            goals=(RETIRE,),
        )
    ]


def satellite_down(seen: Seen, view: View, phase: str) -> list[Finding]:
    """The region lives on its satellite: without it, nothing of the old way may be taken away."""
    satellite, region = view["satellite"], view["region"]
    lacking = [
        text
        for text, good in (
            ("its pods are not ready", satellite["ready"]),
            ("its URL does not serve the key of its cluster", satellite["key_proved"]),
            ("Coder does not know it by that key", is_registered(satellite)),
        )
        if not good
    ]
    # A lost key is a finding of its own, and not what a migration repairs.
    if phase not in MOVED or phase == "retired" or not lacking or is_lost(seen):
        return []
    return [
        finding(
            "satellite_down",
            f"The satellite {satellite['name']} is not in order",
            where=f"{satellite['url']}, {satellite['where']}",
            why="; ".join(lacking),
            next_step=f"run {command('migrate_region', region)} again: it deploys and registers what is missing",
            goals=(RETIRE,),
        )
    ]


def envproxy_not_serving(_seen: Seen, view: View, phase: str) -> list[Finding]:
    """The old way is broken itself: going back would take the new one away (E34). From 0 replicas it is scaled up."""
    envproxy = view["envproxy"]
    if phase not in SWITCHED or not envproxy["replicas"] or envproxy["ready"]:
        return []
    return [
        finding(
            "envproxy_not_serving",
            f"Envproxy of provider {view['provider']['name']} has {envproxy['replicas']} replicas and no ready pod",
            where=_place(view),
            why="there is nothing to go back to, while the satellite may well work",
            next_step=f"see kubectl -n {view['release']['namespace']} describe deployment envproxy, and its pods; run "
            f"{command('rollback_region', view['region'])} again when one of them is ready",
            goals=(ROLLBACK,),
        )
    ]


def no_way_back(_seen: Seen, view: View, phase: str) -> list[Finding]:
    """After the uninstall, from 1.22 on, or without an envproxy there is nothing to go back to."""
    if phase == UNKNOWN:
        return []
    if phase == "retired":
        why = "the old chart with envproxy is gone"
    elif view["deployment"]["net_v2_mode"] == "always":
        why = f"from 1.22 on Networking v2 cannot be turned off; the deployment is {view['deployment']['version']}"
    elif not view["envproxy"]["exists"]:
        why = "there is no Deployment envproxy"
    else:
        return []
    # A retired region has no chart to put back; before, the chart's own upgrade or rollback can bring envproxy back.
    remedy = "nothing: the region works by its satellite" if phase in SWITCHED else "deploy the provider's chart again"
    return [
        finding(
            "no_way_back",
            f"Region {view['region']} has no way back to envproxy",
            where=_place(view),
            why=why,
            next_step=remedy,
            goals=(ROLLBACK,),
        )
    ]


def _place(view: View) -> str:
    return f"provider {view['provider']['name']}, {view['cluster']['where']}"


ALL = (not_retired, not_moved, satellite_down, envproxy_not_serving, no_way_back)
