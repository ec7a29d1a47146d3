# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole way of a site, from 1.20 to 1.22 with all its regions, as the commands that are left. Pure.

The order is that of operations.md, "The safe order", but for the built-in provider: its envproxy goes with serviceNext. Private to
this collection.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from ansible_collections.coder.classic.plugins.module_utils._coder import version_path
from ansible_collections.coder.classic.plugins.module_utils._deployment.judge.phase import UNKNOWN, View, phase_of
from ansible_collections.coder.classic.plugins.module_utils._deployment.tell import layout, report
from ansible_collections.coder.classic.plugins.module_utils._deployment.tell.findings import SERVICE_NEXT, UPDATE
from ansible_collections.coder.classic.plugins.module_utils._region.judge.phase import MOVED, PHASES
from ansible_collections.coder.classic.plugins.module_utils._region.tell.findings import command


class Leg(NamedTuple):
    """One command; reason goes on after "it ..."; goal is that of _deployment.tell.findings whose blockers stand in its way, or None."""

    command: str
    reason: str
    goal: str | None = None


def journey(observed: View, regions: Iterable[Mapping[str, Any]] | None) -> dict[str, Any]:
    """``{next_command, reason, remaining}``, remaining being ``{command, reason, for}`` of each leg, the next one first.

    observed: report.describe's view. regions: ``{region, phase}`` in the order of the inventory, one row for each provider
    of a region; None where they were not looked at. next_command is None when nothing is left, and where the version does
    not tell where the site stands.
    """
    place = report.place(observed)
    if place not in range(len(version_path.MINORS)):
        reason = (
            "which version runs is not known"
            if place is None
            else f"Coder is {phase_of(observed)}, which is out of scope"
        )
        return {"next_command": None, "reason": reason, "remaining": []}
    legs = list(_legs(observed, regions))
    remaining = [{"command": leg.command, "reason": leg.reason, "for": leg.goal} for leg in legs]
    if not legs:
        end = f"nothing is left: Coder is at {report.running(observed)}, and every region that was looked at is retired"
        return {"next_command": None, "reason": end, "remaining": []}
    return {"next_command": legs[0].command, "reason": legs[0].reason, "remaining": remaining}


def _legs(view: View, regions: Iterable[Mapping[str, Any]] | None) -> Iterable[Leg]:
    running, last = report.running(view), version_path.LAST_STOP
    updates = {version_path.minor(stop): stop for stop in version_path.hops(running, last)}
    end = updates.pop(version_path.minor(last), None)
    # In 1.22 already, only on a patch that is not to be stayed at: that goes first, since no gate is left before it.
    if end and version_path.minor(running) == version_path.minor(last):
        yield _update(running, end)
        end = None
    for stop in updates.values():
        yield _update(running, stop)
    # Before the main deployment's envproxy goes, which is the way to what was built without Networking v2.
    yield from _builtin(view)
    if view["layout"] != layout.NEXT:
        seen = "" if view["layout"] else " (the present layout is not known)"
        yield Leg(
            "update_coder.yml -e coder_service_next=true",
            f"lets the main pods serve users themselves, without nginx and envproxy{seen}",
            SERVICE_NEXT,
        )
    yield from _satellites(view, regions)
    yield from _regions(view, regions)
    if end:
        yield _update(version_path.STOPS["1.21"], end)


def _update(running: str, stop: str) -> Leg:
    return Leg(
        f"update_coder.yml -e coder_version={stop}", f"updates the main deployment from {running} to {stop}", UPDATE
    )


def _builtin(view: View) -> Iterable[Leg]:
    if view["net_v2_mode"] == "always":
        return
    if view["providers"] is None:
        yield Leg(
            "switch_builtin_provider.yml",
            "switches the built-in provider to Networking v2 where it is not yet: that was not seen",
        )
    for row in view["providers"] or []:
        if row["built_in"] and not row["net_v2"]:
            yield Leg(
                "switch_builtin_provider.yml",
                f"switches the built-in provider {row['name']} to Networking v2 and rebuilds its workspaces",
            )


def _satellites(view: View, regions: Iterable[Mapping[str, Any]] | None) -> Iterable[Leg]:
    """Those of regions that have moved follow the main deployment at once; the others' do with their migration."""
    lagging = {row["name"]: row["version"] for row in view["satellites"] or [] if row["lags"]}
    satellites = {row["region"]: row.get("satellite") for row in regions or []}
    for region, phase in _earliest(regions or []).items():
        name = satellites[region]
        if name in lagging and phase in MOVED:
            reason = f"brings the satellite {name} from {lagging[name]} to {report.running(view)}"
            yield Leg(command("migrate_region", region), reason)


def _regions(view: View, regions: Iterable[Mapping[str, Any]] | None) -> Iterable[Leg]:
    if regions is None:
        left = [str(row["name"]) for row in view["providers"] or [] if not row["built_in"] and row["net_v2"] is False]
        if left:
            yield Leg(
                "status.yml", f"tells where the regions of {', '.join(left)} stand: they are not on Networking v2"
            )
        return
    for region, phase in _earliest(regions).items():
        if phase == UNKNOWN:
            yield Leg(command("status", region), f"tells why it is not known where {region} stands")
            continue
        if phase not in MOVED:
            yield Leg(command("migrate_region", region), f"moves {region} to its satellite (it is in phase {phase})")
        if phase != PHASES[-1]:
            after = f" (it is in phase {phase})" if phase in MOVED else ""
            yield Leg(command("retire_region", region), f"takes the old chart of {region} away{after}")


def _earliest(regions: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Region → the earliest phase of its providers, in the order given; a phase that is none counts as unknown."""
    found: dict[str, str] = {}
    for row in regions:
        phase = row["phase"] if row["phase"] in PHASES else UNKNOWN
        known = found.setdefault(row["region"], phase)
        if UNKNOWN in (known, phase):
            found[row["region"]] = UNKNOWN
        elif PHASES.index(phase) < PHASES.index(known):
            found[row["region"]] = phase
    return found
