# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an operator should know although it stops nothing. Pure. Private to this collection.

Each takes the observation, the view (report.describe) and the phase, and answers findings, mostly none.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.coder.classic.plugins.module_utils._coder import times, versions
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._region.judge.blockers_release import (
    managed_by_gitops,
    unserved,
)
from ansible_collections.coder.classic.plugins.module_utils._region.judge.phase import (
    MOVED,
    SWITCHED,
    View,
)
from ansible_collections.coder.classic.plugins.module_utils._region.tell.findings import (
    GOALS,
    MIGRATE,
    RETIRE,
    ROLLBACK,
    Finding,
    command,
    finding,
    named,
)

Seen = dict[str, Any]

SKEW_SECONDS = 60


def clock(seen: Seen, _view: View, _phase: str) -> list[Finding]:
    skew = seen["coder"]["skew_seconds"]
    if skew is None or abs(skew) <= SKEW_SECONDS:
        return []
    return _warn(
        "clock_skew",
        f"This host's clock is {abs(skew):.0f} seconds {'ahead of' if skew > 0 else 'behind'} Coder's",
        where=seen["coder"]["url"],
        why="builds and the soak time are measured by Coder's clock, certificates and logs by this host's",
        next_step="set this host's clock (NTP)",
    )


def younger_than_the_fixes(seen: Seen, _view: View, phase: str) -> list[Finding]:
    """1.22.3 is older than 1.21.6, which has the last fixes of satellites (change log)."""
    try:
        in_question = (1, 22, 3) <= versions.parse(seen["coder"]["version"]) < (1, 23)
    except ClassicError:
        return []
    if not in_question or phase == "retired":
        return []
    return _warn(
        "old_satellite_fixes",
        f"Coder {seen['coder']['version']} may lack the newest fixes of satellites",
        where=seen["coder"]["url"],
        why="it was released before 1.21.6, which repaired dev URLs that answer 502 on satellites",
        next_step="open a dev URL through the satellite; a region that moves on 1.21.7 has these fixes",
        goals=(MIGRATE,),
    )


def other_address(seen: Seen, view: View, _phase: str) -> list[Finding]:
    """Coder may reach another cluster than the one that is looked at (E1)."""
    told, ours = (view["provider"].get("config") or {}).get("cluster_address"), seen["cluster"]["url"]
    if not told or not ours or _host_and_port(told) == _host_and_port(ours):
        return []
    return _warn(
        "other_address",
        f"Coder reaches provider {view['provider']['name']} at {told}, the context leads to {ours}",
        where=view["cluster"]["where"],
        why="these are two names of one cluster, which is fine, or two clusters",
        next_step="make sure that both are the same cluster; if not, correct coder_provider_name or the context",
    )


def _host_and_port(address: str) -> tuple[str | None, int]:
    parts = urlsplit(address if "//" in address else f"//{address}")
    return parts.hostname, parts.port or (80 if parts.scheme == "http" else 443)


def gitops(seen: Seen, _view: View, _phase: str) -> list[Finding]:
    """What is no blocker: going back, and what is said to be suspended."""
    return managed_by_gitops(seen, (RETIRE, ROLLBACK) if seen["wanted"]["gitops_is_suspended"] else (ROLLBACK,))


def removed_apis(seen: Seen, _view: View, phase: str) -> list[Finding]:
    """Told before the region is half-way; from then on it is what stands in the way of retiring."""
    return [] if phase in MOVED else unserved(seen, (MIGRATE,))


def kept_by_hand(seen: Seen, view: View, _phase: str) -> list[Finding]:
    """Somebody followed the migration guide (E15)."""
    staying = (seen["cluster"]["release"] or {}).get("must_stay") or []
    annotated = [named(row) for row in staying if row["hand_kept"]]
    if not annotated:
        return []
    return _warn(
        "kept_by_hand",
        f"{', '.join(annotated)} carry a keep annotation that protects nothing",
        where=view["cluster"]["where"],
        why="on uninstall Helm reads the manifest stored in the release, not the live object",
        next_step=f"do not run helm uninstall by hand; {command('retire_region', view['region'])} seals the release first",
        goals=(RETIRE,),
    )


def no_long_lived_token(seen: Seen, view: View, phase: str) -> list[Finding]:
    if seen["cluster"]["token_secret"] is not False or phase in ("idle", "retired"):
        return []
    return _warn(
        "no_token_secret",
        "ServiceAccount coder has no long-lived token",
        where=view["cluster"]["where"],
        why="the token that Coder holds may be bound to a pod of envproxy and die with it; the rehearsal shows whether",
        next_step="if the rehearsal fails: make a Secret of type kubernetes.io/service-account-token and give its token to "
        "the provider in Coder's dashboard",
        goals=(RETIRE,),
    )


def envproxy_down(_seen: Seen, view: View, phase: str) -> list[Finding]:
    """Not switched, and yet the only way to the workspaces is closed."""
    if phase not in ("envproxy", "satellite_up", "registered") or view["envproxy"]["ready"]:
        return []
    return _warn(
        "envproxy_down",
        f"Provider {view['provider']['name']} still uses envproxy, which has no ready pod",
        where=view["cluster"]["where"],
        why=f"replicas: {view['envproxy']['replicas']}, ready: {view['envproxy']['ready']}",
        next_step=f"run {command('rollback_region', view['region'])}: it scales envproxy to what it had",
        goals=(MIGRATE,),
    )


def open_sessions(_seen: Seen, view: View, _phase: str) -> list[Finding]:
    """Terminating envproxy pods are users on the old way (E33)."""
    pods = view["envproxy"]["terminating"]
    if not pods:
        return []
    return _warn(
        "open_sessions",
        f"{len(pods)} envproxy pod(s) end slowly: " + ", ".join(f"{pod['name']} ({pod['seconds']} s)" for pod in pods),
        where=view["cluster"]["where"],
        why="open sessions keep them for up to four hours",
        next_step="ask these users to reconnect, or wait",
        goals=(RETIRE,),
    )


def left_cordoned(_seen: Seen, view: View, phase: str) -> list[Finding]:
    since = view["record"]["cordoned_at"]
    if not since:
        return []
    # Before the switch it is the migration that cordons, unless the way back has passed its own switch since.
    back, cordoned = times.parse(view["record"]["rolled_back_at"]), times.parse(since)
    is_back = phase not in SWITCHED and back is not None and cordoned is not None and back >= cordoned
    playbook = "retire_region" if phase in MOVED else "rollback_region" if is_back else "migrate_region"
    return _warn(
        "cordoned",
        f"Provider {view['provider']['name']} takes no new workspaces since {since}",
        where=view["deployment"]["url"],
        why="a run cordoned it, and still works or was killed",
        next_step=f"if no run works any more, run {command(playbook, view['region'])} again: every run ends with uncordoning",
    )


def _warn(
    code: str, message: str, *, where: str | None, why: str, next_step: str, goals: Iterable[str] = GOALS
) -> list[Finding]:
    return [finding(code, message, where=where, why=why, next_step=next_step, goals=goals)]


ALL = (
    clock,
    younger_than_the_fixes,
    other_address,
    gitops,
    removed_apis,
    kept_by_hand,
    no_long_lived_token,
    envproxy_down,
    open_sessions,
    left_cordoned,
)
