# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Goals that a region's phase does not allow. Pure. Private to this collection.

Each takes the observation, the view (report.describe) and the phase, and answers findings, mostly none.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._region.findings import (
    RETIRE,
    ROLLBACK,
    Finding,
    command,
    finding,
)
from ansible_collections.coder.classic.plugins.module_utils._region.phase import (
    MOVED,
    SWITCHED,
    UNKNOWN,
    View,
    is_registered,
    lacking_for_moved,
)

Seen = dict[str, Any]


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


def satellite_down(_seen: Seen, view: View, phase: str) -> list[Finding]:
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
    if phase not in MOVED or phase == "retired" or not lacking:
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


ALL = (not_moved, satellite_down, no_way_back)
