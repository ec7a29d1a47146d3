# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a region stands, by what was seen of it (design.md, "A region's life"). Pure. Private to this collection.

A view is what report.describe answers.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import times
from ansible_collections.coder.classic.plugins.module_utils._region.observe import observation
from ansible_collections.coder.classic.plugins.module_utils._region.tell.findings import named

View = dict[str, Any]

UNKNOWN = "unknown"
# In the order of a region's life. Sealed before idle: sealing is a helm upgrade, and helm would scale envproxy, which is
# at 0 in an idle region, back to what the manifest says.
PHASES = ("envproxy", "satellite_up", "registered", "switched", "moved", "sealed", "idle", "retired")
SWITCHED = PHASES[3:]
MOVED = PHASES[4:]


def phase_of(view: View, soak_seconds: int) -> str:
    """One of PHASES, or UNKNOWN where something decisive was not seen or the parts fit no phase."""
    if not_seen(view) or no_providers_release(view):
        return UNKNOWN
    if not view["release"]["exists"]:
        return UNKNOWN if lacking_for_retired(view) else "retired"
    if not view["provider"]["net_v2"]:
        return _before_the_switch(view["satellite"])
    if lacking_for_moved(view):
        return "switched"
    if not view["release"]["sealed"]:
        return "moved"
    return "sealed" if lacking_for_idle(view, soak_seconds) else "idle"


def not_seen(view: View) -> list[str]:
    """What of the decisive things was not to be seen."""
    parts = {
        "the provider": view["provider"]["net_v2"],
        "its workspaces": view["workspaces"]["total"],
        "its release": view["release"]["exists"],
        "envproxy": view["envproxy"]["exists"],
        "the record of the migration": view["record"]["seen"] or None,
    }
    return [name for name, value in parts.items() if value is None]


def no_providers_release(view: View) -> bool:
    """Whether what the site names is of the main deployment, or something else that has no such life at all."""
    other_chart = view["release"]["exists"] and view["release"]["chart"] != observation.CHART
    return bool(other_chart or view["provider"].get("built_in"))


def is_up(satellite: View) -> bool:
    """Healthy and proved: it serves the key that its cluster holds."""
    return satellite["ready"] and satellite["key_proved"]


def is_registered(satellite: View) -> bool:
    """The main deployment knows it, by the key that it serves."""
    return satellite["registered"] and satellite["registered_fingerprint"] == satellite["served_fingerprint"]


def _before_the_switch(satellite: View) -> str:
    if not is_up(satellite):
        return "envproxy"
    return "registered" if is_registered(satellite) else "satellite_up"


def lacking_for_moved(view: View) -> list[str]:
    # One that its owner rebuilds once more has moved all the same: with many developers there is always one.
    left = view["workspaces"]["to_rebuild"]
    lacking = ["not rebuilt since the switch: " + ", ".join(left)] if left else []
    if rehearsal_begun(view):
        # It asks for a ready provider and reaches a workspace itself, and undoes itself when it fails.
        return lacking
    if view["workspaces"]["provable"] and not connected(view):
        lacking.append("no workspace was reached through the satellite since the switch")
    return lacking + _lacking_ready(view)


def connected(view: View) -> bool:
    """Whether a workspace was reached through the satellite since Networking v2 went on."""
    record = view["record"]
    reached, switched = times.parse(record["connected_at"]), times.parse(record["switched_at"])
    return reached is not None and (switched is None or reached >= switched)


def rehearsal_begun(view: View) -> bool:
    """Whether a sealed region is being tried without envproxy, or was when the run was killed."""
    return view["release"]["sealed"] and bool(view["record"]["idle_since"] or envproxy_scaled_down(view))


def rehearsal_cut(view: View) -> bool:
    """A killed rehearsal, without which the provider would work: its access may have died with envproxy's pods."""
    return rehearsal_begun(view) and envproxy_scaled_down(view) and not view["provider"]["in_order"]


def envproxy_scaled_down(view: View) -> bool:
    return bool(view["envproxy"]["exists"]) and view["envproxy"]["replicas"] == 0


def lacking_for_idle(view: View, soak_seconds: int) -> list[str]:
    """What the proof that the region works without envproxy still lacks; of a sealed region."""
    envproxy, since = view["envproxy"], times.parse(view["record"]["idle_since"])
    if envproxy["replicas"]:
        return ["envproxy runs"]
    if not envproxy["off"]:
        return [f"pods of envproxy are left ({len(envproxy['terminating'])} terminating)"]
    if since is None:
        return ["nobody recorded since when envproxy is off"]
    lacking = []
    if not soaked(view, soak_seconds):
        lacking.append(f"envproxy is off for {int(_seconds_off(view))} of {soak_seconds} seconds")
    if view["workspaces"]["canary_built"] is False:
        lacking.append("no workspace was rebuilt since envproxy is off")
    return lacking + _lacking_ready(view)


def soaked(view: View, soak_seconds: int) -> bool:
    """Whether envproxy is off for that long, by Coder's clock; of a record that says since when."""
    return _seconds_off(view) >= soak_seconds


def _seconds_off(view: View) -> float:
    since = times.parse(view["record"]["idle_since"])
    return (times.parse(view["deployment"]["server_time"]) - since).total_seconds() if since else 0.0


def lacking_for_retired(view: View) -> list[str]:
    """Why a region without its release is not simply retired; what must stay is compared with the record."""
    lacking = [] if view["provider"]["net_v2"] else ["Networking v2 is off"]
    access = view["release"]["access"]
    if not access:
        return [*lacking, "the objects that Coder needs were not seen"]
    lacking += [f"{named(row)} does not exist" for row in access if not row["live"]]
    lacking += [f"{named(row)} belongs to release {row['other_release']}" for row in access if row["other_release"]]
    return lacking + [f"{key} is not the one that was kept" for key in replaced(view)]


def lacks_last_proof(view: View) -> bool:
    """Whether the release was uninstalled by us and no workspace was rebuilt since: a run was killed in between."""
    release, record = view["release"], view["record"]
    return not release["exists"] and bool(record["kept_uids"]) and record["retired_at"] is None


def replaced(view: View) -> list[str]:
    """Names ("Kind/name") of what the record says was kept and that is gone or another one now."""
    recorded, now = view["record"]["kept_uids"], view["release"]["recorded"]
    return [key for key, uid in recorded.items() if key in now and now[key] != uid]


def _lacking_ready(view: View) -> list[str]:
    provider = view["provider"]
    return [] if provider["in_order"] else [f"the provider's status is {provider['status']}"]
