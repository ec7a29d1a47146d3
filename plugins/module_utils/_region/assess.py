# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""From an observation to the module's answer: phase, next step, plans, blockers, warnings. Pure.

Private to this collection.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._region import (
    blockers_cluster,
    blockers_coder,
    blockers_phase,
    blockers_satellite,
    report,
    warnings,
)
from ansible_collections.coder.classic.plugins.module_utils._region.findings import Finding, unique
from ansible_collections.coder.classic.plugins.module_utils._region.next_step import next_goal, next_step
from ansible_collections.coder.classic.plugins.module_utils._region.phase import View, phase_of
from ansible_collections.coder.classic.plugins.module_utils._region.plan import plans


def assess(seen: dict[str, Any]) -> View:
    """The module's ``region`` out of what observe.look saw."""
    wanted = seen["wanted"]
    view = report.describe(seen)
    phase = phase_of(view, wanted["soak_seconds"])
    found = blockers(seen, view, phase)
    return {
        **view,
        "phase": phase,
        "next_goal": next_goal(phase),
        "next_step": next_step(view, phase, found, wanted["soak_seconds"]),
        "plan": plans(view, phase, wanted["satellite"]["chart_version"]),
        "blockers": found,
        "warnings": unique(entry for warning in warnings.ALL for entry in warning(seen, view, phase)),
    }


def blockers(seen: dict[str, Any], view: View, phase: str) -> list[Finding]:
    """All of them at once, in the order in which an operator would repair them."""
    return unique(
        [
            *(entry for blocker in blockers_coder.ALL for entry in blocker(seen)),
            *(entry for blocker in blockers_cluster.ALL for entry in blocker(seen, phase)),
            *(entry for blocker in blockers_satellite.ALL for entry in blocker(seen)),
            *(entry for blocker in blockers_phase.ALL for entry in blocker(seen, view, phase)),
        ]
    )
