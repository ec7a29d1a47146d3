# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""From an observation to the module's answer: phase, next step, plans, blockers, warnings. Pure.

Private to this collection.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._region.judge import (
    blockers_access,
    blockers_backup,
    blockers_cluster,
    blockers_coder,
    blockers_key,
    blockers_phase,
    blockers_provider,
    blockers_release,
    blockers_satellite,
    blockers_workspaces,
    consents,
    warnings,
    warnings_satellite,
    warnings_workspaces,
)
from ansible_collections.coder.classic.plugins.module_utils._region.judge.next_step import next_goal, next_step
from ansible_collections.coder.classic.plugins.module_utils._region.judge.phase import View, phase_of
from ansible_collections.coder.classic.plugins.module_utils._region.judge.plan import plans
from ansible_collections.coder.classic.plugins.module_utils._region.tell import report
from ansible_collections.coder.classic.plugins.module_utils._region.tell.findings import Finding, placed, unique

# In the order in which an operator would repair.
BLOCKERS = (
    *blockers_coder.ALL,
    *blockers_provider.ALL,
    *blockers_cluster.ALL,
    *blockers_release.ALL,
    *blockers_access.ALL,
    *blockers_satellite.ALL,
    *blockers_key.ALL,
    *blockers_workspaces.ALL,
    *blockers_backup.ALL,
    *blockers_phase.ALL,
)
WARNINGS = (*warnings.ALL, *warnings_satellite.ALL, *warnings_workspaces.ALL)


def assess(seen: dict[str, Any]) -> View:
    """The module's ``region`` out of what observe.look saw."""
    wanted = seen["wanted"]
    view = report.describe(seen)
    phase = phase_of(view, wanted["soak_seconds"])
    found, planned = blockers(seen, view, phase), plans(view, phase, wanted["soak_seconds"])
    return {
        **view,
        "phase": phase,
        "next_goal": next_goal(view, phase),
        "next_step": next_step(view, phase, found, wanted["soak_seconds"]),
        "plan": planned,
        "consents": consents.missing(wanted, view, planned),
        "blockers": [placed(entry, view["clusters"]) for entry in found],
        "warnings": [
            placed(entry, view["clusters"])
            for entry in unique(entry for warning in WARNINGS for entry in warning(seen, view, phase))
        ],
    }


def blockers(seen: dict[str, Any], view: View, phase: str) -> list[Finding]:
    """All of them at once."""
    return unique(entry for blocker in BLOCKERS for entry in blocker(seen, view, phase))
