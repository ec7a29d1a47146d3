# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""From an observation to the module's answer: phase, path, journey, blockers, warnings. Pure. Private to this collection."""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import version_path
from ansible_collections.coder.classic.plugins.module_utils._deployment.judge import (
    blockers_cluster,
    blockers_coder,
    blockers_entry,
    blockers_release,
    warnings,
    warnings_entry,
)
from ansible_collections.coder.classic.plugins.module_utils._deployment.judge.journey import journey
from ansible_collections.coder.classic.plugins.module_utils._deployment.judge.next_step import next_step
from ansible_collections.coder.classic.plugins.module_utils._deployment.judge.phase import View, phase_of, target_of
from ansible_collections.coder.classic.plugins.module_utils._deployment.tell import report
from ansible_collections.coder.classic.plugins.module_utils._deployment.tell.findings import Finding, unique

# In the order in which an operator would repair.
BLOCKERS = (*blockers_coder.ALL, *blockers_cluster.ALL, *blockers_release.ALL, *blockers_entry.ALL)
WARNINGS = (*warnings.ALL, *warnings_entry.ALL)


def assess(seen: dict[str, Any]) -> dict[str, Any]:
    """The module's ``deployment`` out of what observe.look saw, with ``wanted``, the module's options."""
    view = report.describe(seen)
    target = target_of(view, seen["wanted"]["version"])
    blockers = _all(BLOCKERS, seen, view, target)
    way = journey(view, seen["wanted"]["regions"])
    return {
        **view,
        "kubernetes": {**view["kubernetes"], **ranges(view, target)},
        "phase": phase_of(view),
        "target": target,
        "path": path(view, seen["wanted"]["version"]),
        "blockers": blockers,
        "warnings": _all(WARNINGS, seen, view, target),
        "journey": way,
        "next_step": next_step(way, blockers),
    }


def _all(judges: Any, seen: dict[str, Any], view: View, target: str | None) -> list[Finding]:
    return unique(entry for judge in judges for entry in judge(seen, view, target))


def path(view: View, wanted: str | None) -> list[str]:
    """The versions to install from here to the wanted one, else to the end; empty outside of the path."""
    end, place = wanted or version_path.LAST_STOP, report.place(view)
    inside = range(len(version_path.MINORS))
    if place not in inside or not version_path.exact(end) or version_path.place(end) not in inside:
        return []
    return version_path.hops(report.running(view), end)


def ranges(view: View, target: str | None) -> dict[str, Any]:
    """``{running, target}``, each ``{supported, fits}`` of that version, or None."""
    server = view["kubernetes"]["version"]

    def of(version: str | None) -> dict[str, Any] | None:
        if not version or not version_path.exact(version):
            return None
        if version_path.place(version) not in range(len(version_path.MINORS)):
            return None
        supported = version_path.range_text(version_path.KUBERNETES[version_path.minor(version)])
        return {"supported": supported, "fits": version_path.fits(server, version)}

    return {"running": of(report.running(view)), "target": of(target)}
