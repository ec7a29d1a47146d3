# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rebuilds: all of a provider's workspaces there and back, or one as a proof. Private to this collection."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import rebuild
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._region.steps import network
from ansible_collections.coder.classic.plugins.module_utils._region.steps.here import Here, View


def move(here: Here, view: View) -> dict[str, Any]:
    """Every workspace that was not built since the switch, one alone first, and one reached through the satellite."""
    since = view["record"]["switched_at"]
    if not since and not here.check_mode:
        # Networking v2 was found on, and nobody recorded since when (it may have been switched in the UI): from now on it
        # is known, and every workspace is rebuilt once.
        since = here.now()
        here.note(switched_at=since)
    satellite = here.wanted["satellite"]
    options = {"connect_url": satellite["url"], "connect_ca_path": satellite["ca_path"]}
    return _rebuild(here, view, since or view["deployment"]["server_time"], net_v2=True, **options)


def move_back(here: Here, view: View) -> dict[str, Any]:
    """The same for envproxy. The record says since when the provider is back on it."""
    since = view["record"]["rolled_back_at"] or view["deployment"]["server_time"]
    options = {"connect_url": view["provider"].get("envproxy_access_url"), "connect_ca_path": here.wanted["ca_path"]}
    return _rebuild(here, view, since, net_v2=False, **options)


def prove(here: Here, view: View) -> dict[str, Any]:
    """One workspace rebuilt and reached without envproxy: the proof that Coder still can do both."""
    return _prove(here, view, view["record"]["idle_since"] or here.now())


def prove_retired(here: Here, view: View) -> dict[str, Any]:
    """The same without the old chart, and the record that it was done."""
    result = _prove(here, view, view["deployment"]["server_time"])
    if not here.check_mode:
        here.note(retired_at=here.now())
    return result


def _prove(here: Here, view: View, since: str) -> dict[str, Any]:
    satellite = here.wanted["satellite"]
    options = {"connect_url": satellite["url"], "connect_ca_path": satellite["ca_path"], "canary_only": True}
    return _rebuild(here, view, since, net_v2=True, **options)


def _rebuild(here: Here, view: View, since: str, *, net_v2: bool, **options: Any) -> dict[str, Any]:
    wanted, off_before = here.wanted, view["record"]["off_before"]
    off = sorted({*off_before, *view["workspaces"]["off"]})
    if not here.check_mode:
        if set(off) - set(off_before):
            # Who is off is stopped again after the rebuild. A run that is killed in between must leave word.
            here.note(off_before=json.dumps(off))
        if not wanted["consent_in_use"] and wanted["wait_for_idle_minutes"] and not options.get("canary_only"):
            _await_idle(here, view)
    params = {
        "provider": wanted["provider"],
        "only": None,
        "built_before": since,
        "leave": wanted["leave_workspaces"],
        "off_before": off_before,
        "canary": wanted["canary"],
        "canary_only": False,
        "consent_in_use": wanted["consent_in_use"],
        "fail_on_skipped": True,
        "idle_minutes": wanted["idle_minutes"],
        "parallel": wanted["parallel"],
        "max_failures": wanted["max_failures"],
        "build_timeout": wanted["build_timeout"],
        "deadline": wanted["deadline"],
        "stop_again": True,
        "timeout": wanted["timeout"],
        **options,
    }
    if here.check_mode:
        params["connect_url"] = None
    tools = {"write": here.tell, "clock": here.clock, "sleep": here.sleep, "goes_on": _still(here, view, net_v2)}
    here.demand_lock()
    changed, result, before, after = rebuild.run(here.coder, params, here.check_mode, **tools)
    if not here.check_mode:
        _remember(here, view, result, bool(off))
    if not here.check_mode:
        here.afterwards.append(lambda after: _tell(here, after, result))
    return {"changed": changed, "workspaces": result, "diff": {"before": before, "after": after}}


def _still(here: Here, view: View, net_v2: bool) -> Any:
    """Asked before each build is started: with the network switched by somebody else meanwhile it would be for nothing."""

    def goes_on() -> None:
        here.demand_lock()
        now = here.coder.provider(view["provider"]["id"])
        if "enable_net_v2" not in now or bool(now["enable_net_v2"]) is net_v2:
            return
        raise ClassicError(
            f"Networking v2 of provider {here.wanted['provider']} was switched {'off' if net_v2 else 'on'} meanwhile.",
            code="switched_meanwhile",
            where=here.coder.transport.url,
            why="Somebody, or another run, changed it while workspaces were being rebuilt.",
            untouched="The workspaces that were not rebuilt yet.",
            next_step="Find out who did it; then run it again, which goes on from what is there.",
        )

    return goes_on


def _await_idle(here: Here, view: View) -> None:
    """Whoever is in use to the end is refused by name where it would be rebuilt."""
    wanted, busy = here.wanted, []

    def nobody() -> bool:
        busy[:] = network.in_use(here, view)
        return not busy

    here.until(
        nobody,
        wanted["wait_for_idle_minutes"] * 60,
        network.IDLE_POLL_SECONDS,
        lambda: f"waiting until nobody uses {', '.join(busy)}",
    )


def _remember(here: Here, view: View, result: dict[str, Any], were_off: bool) -> None:
    changes: dict[str, str | None] = {}
    if were_off:
        changes["off_before"] = None
    # A satellite that answers does not yet let users through: only a workspace that was reached proves that.
    if (result.get("connect") or {}).get("reachable") and view["provider"]["net_v2"]:
        changes["connected_at"] = here.now()
    if changes:
        here.note(**changes)


def _tell(here: Here, view: View, result: dict[str, Any]) -> None:
    """By a look after it: those that Coder rebuilds may still be at it when the step begins."""
    ours = [entry["name"] for entry in result["rebuilt"]]
    already = [name for name in view["workspaces"]["rebuilt_by_coder"] if name not in ours]
    if already:
        here.say(f"Already rebuilt since the switch (Coder itself rebuilds those that run): {', '.join(already)}")
