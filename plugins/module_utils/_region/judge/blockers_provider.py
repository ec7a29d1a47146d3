# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in the way at the provider, as Coder tells it. Pure. Private to this collection.

Each takes the observation (observe.look), the view (report.describe) and the phase, and answers findings, mostly none.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import providers
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._region.judge.phase import (
    View,
    envproxy_scaled_down,
    rehearsal_begun,
    rehearsal_cut,
)
from ansible_collections.coder.classic.plugins.module_utils._region.tell.findings import (
    MIGRATE,
    RETIRE,
    Finding,
    command,
    finding,
    of_failure,
)

Seen = dict[str, Any]


def unknown(seen: Seen, _view: View, _phase: str) -> list[Finding]:
    """No provider of that name, or two of them."""
    if seen["coder"]["providers"] is None:
        return []
    try:
        providers.pick(seen["coder"]["providers"], seen["wanted"]["provider"])
    except ClassicError as error:
        return [of_failure(error.failure, where=seen["coder"]["url"])]
    return []


def built_in(_seen: Seen, view: View, _phase: str) -> list[Finding]:
    """The chart of the built-in provider is that of the main deployment, which must never be sealed or uninstalled."""
    name = view["provider"]["name"]
    if not view["provider"].get("built_in"):
        return []
    return [
        finding(
            "built_in_provider",
            f"Provider {name} is Coder's built-in one, which has no envproxy chart to retire",
            where=_place(view),
            why="it lives in the main deployment's release, which must not be uninstalled",
            next_step="take it out of the regions; switch it with the module coder.classic.coder_provider "
            f"(name: {name}, net_v2: true) and rebuild its workspaces with coder.classic.coder_workspace_rebuild",
        )
    ]


def elsewhere(seen: Seen, view: View, _phase: str) -> list[Finding]:
    """The provider in Coder and the namespace at hand are two: every proof would be one of something else."""
    told = (view["provider"].get("config") or {}).get("default_namespace")
    namespace = seen["wanted"]["namespace"]
    if not told or told == namespace:
        return []
    return [
        finding(
            "provider_elsewhere",
            f"Provider {view['provider']['name']} is not in namespace {namespace}",
            where=f"{_place(view)}; {view['cluster']['where']}",
            why=f"Coder places its workspaces in namespace {told}",
            next_step="correct coder_provider_name, or coder_provider_namespace with the context and the release",
        )
    ]


def not_ready(_seen: Seen, view: View, _phase: str) -> list[Finding]:
    """Coder does not rule the provider's cluster. Never for the way back, which an error may call for."""
    provider = view["provider"]
    name, status = provider["name"], provider["status"]
    if "id" not in provider or provider["in_order"]:
        return []
    # A rehearsal that was killed is undone by a run that goes on with it.
    goals = (MIGRATE,) if rehearsal_cut(view) else (MIGRATE, RETIRE)
    if status == "error":
        return [
            finding(
                "provider_error",
                f"Coder has an error with provider {name}{_envproxy_off(view)}",
                where=_place(view),
                why=provider.get("status_message") or "Coder gives no message",
                next_step=_envproxy_on(view)
                or "repair what Coder names; its access is ServiceAccount, Role and RoleBinding coder",
                goals=goals,
            )
        ]
    if status != "pending":
        return [
            finding(
                "provider_not_ready",
                f"Provider {name} is not ready but {status}{_envproxy_off(view)}",
                where=_place(view),
                why="this status is not known here, and nothing says that it was us who cordoned the provider; a cordon may "
                "change the status",
                next_step=_envproxy_on(view)
                or "if somebody cordoned it, uncordon it in Coder's dashboard; otherwise see there what it waits for",
                goals=goals,
            )
        ]
    return [
        finding(
            "provider_pending",
            f"Provider {name} is not ready but {status}{_envproxy_off(view)}",
            where=_place(view),
            why="Coder has no token of its cluster yet: its chart was not deployed, or envproxy does not reach Coder",
            next_step=_envproxy_on(view) or "finish the provider's own deployment, until Coder shows it as ready",
            goals=goals,
        )
    ]


def _envproxy_off(view: View) -> str:
    if not rehearsal_cut(view):
        return ""
    since = view["record"]["idle_since"]
    return f", and envproxy is off since {since}" if since else ", and envproxy is at 0 replicas"


def _envproxy_on(view: View) -> str | None:
    """What may bring Coder's access back: it may have been bound to a pod of envproxy (E34)."""
    if rehearsal_cut(view):
        namespace = view["release"]["namespace"]
        replicas = view["record"]["envproxy_replicas"] or view["envproxy"]["manifest_replicas"] or 1
        return (
            f"run {command('retire_region', view['region'])} again: it scales envproxy back when the provider does not "
            f"become ready; or do it yourself: kubectl -n {namespace} scale deployment envproxy --replicas={replicas}"
        )
    if rehearsal_begun(view) and view["envproxy"]["exists"] and not envproxy_scaled_down(view):
        return (
            "wait until Coder shows it as ready: envproxy was off and has been scaled up again; if it does not become "
            "so, repair what Coder names"
        )
    return None


def _place(view: View) -> str:
    return f"provider {view['provider']['name']} at {view['deployment']['url']}"


ALL = (unknown, built_in, elsewhere, not_ready)
