# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an operator should know although it stops nothing. Pure. Private to this collection.

Each takes the observation, the view (report.describe) and the phase, and answers findings, mostly none.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._region.blockers_satellite import NOT_THERE_YET
from ansible_collections.coder.classic.plugins.module_utils._region.findings import (
    GOALS,
    MIGRATE,
    RETIRE,
    ROLLBACK,
    Finding,
    command,
    finding,
    of_failure,
)
from ansible_collections.coder.classic.plugins.module_utils._region.phase import MOVED, SWITCHED, View

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


def gitops(seen: Seen, view: View, _phase: str) -> list[Finding]:
    staying = (seen["cluster"]["release"] or {}).get("must_stay") or []
    tools = sorted({tool for row in staying for tool in row["tools"]})
    if not tools:
        return []
    return _warn(
        "managed_by_gitops",
        f"Objects of release {view['release']['name']} are managed by {', '.join(tools)}",
        where=view["cluster"]["where"],
        why="it will put back what is changed or removed here",
        next_step="take the release out of it, or suspend it, before envproxy is stopped or the release is uninstalled",
        goals=(RETIRE, ROLLBACK),
    )


def kept_by_hand(seen: Seen, view: View, _phase: str) -> list[Finding]:
    """Somebody followed the migration guide (E15)."""
    staying = (seen["cluster"]["release"] or {}).get("must_stay") or []
    annotated = [f"{row['kind']}/{row['name']}" for row in staying if row["hand_kept"]]
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


def failed_workspaces(_seen: Seen, view: View, _phase: str) -> list[Finding]:
    failed = [name for name in view["workspaces"]["failed"] if name not in view["workspaces"]["left"]]
    if not failed:
        return []
    return _warn(
        "workspaces_failed",
        f"The last build failed of: {', '.join(failed)}",
        where=f"provider {view['provider']['name']}",
        why="their rebuild may fail again and stop the run",
        next_step="repair them, delete them, or leave them alone by coder_workspaces_leave",
        goals=(MIGRATE, ROLLBACK),
    )


def satellite_not_there_yet(seen: Seen, view: View, phase: str) -> list[Finding]:
    satellite = seen["satellite"]
    problem = satellite["served_problem"]
    awaited = satellite["release"] is not None and not view["satellite"]["registered"] and phase != "retired"
    if problem is None or problem["code"] not in NOT_THERE_YET or not awaited:
        return []
    return [{**of_failure(problem, (MIGRATE,), where=view["satellite"]["url"]), "code": "satellite_not_answering"}]


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
    playbook = "retire_region" if phase in MOVED else "migrate_region" if phase in SWITCHED else "rollback_region"
    return _warn(
        "cordoned",
        f"Provider {view['provider']['name']} takes no new workspaces since {since}",
        where=view["deployment"]["url"],
        why="a run cordoned it and has not ended, or was killed",
        next_step=f"run {command(playbook, view['region'])} again: every run ends with uncordoning",
    )


def _warn(
    code: str, message: str, *, where: str | None, why: str, next_step: str, goals: Iterable[str] = GOALS
) -> list[Finding]:
    return [finding(code, message, where=where, why=why, next_step=next_step, goals=goals)]


ALL = (
    clock,
    gitops,
    kept_by_hand,
    no_long_lived_token,
    failed_workspaces,
    satellite_not_there_yet,
    envproxy_down,
    open_sessions,
    left_cordoned,
)
