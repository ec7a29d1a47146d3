# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The built-in provider to Networking v2 and back: the acts are those of a region's provider, without satellite and chart.

Its users come through the main deployment's own address, so that this stands where a region has its satellite. Private to this
collection.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import versions
from ansible_collections.coder.classic.plugins.module_utils._deployment.steps.here import Here, View
from ansible_collections.coder.classic.plugins.module_utils._deployment.tell.findings import GOALS, joined
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._region import record
from ansible_collections.coder.classic.plugins.module_utils._region.steps import network, workspaces
from ansible_collections.coder.classic.plugins.module_utils._region.steps.here import Here as RegionHere
from ansible_collections.coder.classic.plugins.module_utils._region.tell import report_workspaces

#: In place of a region's name, in consents and messages.
NAME = "coder_primary"
#: Blockers that concern the release alone.
OF_THE_RELEASE = ("managed_by_gitops", "removed_apis", "release_not_deployed")
BACK = "rollback"

Act = Callable[[RegionHere, View], "dict[str, Any]"]


def cordon(here: Here, view: View) -> dict[str, Any]:
    """Not begun without the consent to what it is for: cutting sessions."""
    of_region, seen = _as_region(here, view)
    if not of_region.wanted["consent_in_use"] and not of_region.wanted["wait_for_idle_minutes"]:
        network.demand_idle(of_region, seen, "the switch")
    return _done(here, network.cordon, of_region, seen)


def cordon_is_due(here: Here, view: View) -> bool:
    return not _record(here)["cordoned_at"] and (switch_is_due(here, view) or rebuild_is_due(here, view))


def switch(here: Here, view: View) -> dict[str, Any]:
    act = network.switch_back if _is_back(here) else network.switch
    return _done(here, act, *_as_region(here, view))


def switch_is_due(here: Here, view: View) -> bool:
    return _is_on(here, view) is _is_back(here)


def rebuild(here: Here, view: View) -> dict[str, Any]:
    of_region, seen = _as_region(here, view)
    act = workspaces.move_back if _is_back(here) else workspaces.move
    outcome = act(of_region, seen)
    here.said += of_region.said
    return {"changed": True, **outcome}


def rebuild_is_due(here: Here, view: View) -> bool:
    """Also where a run was killed before it had stopped again who was off."""
    if switch_is_due(here, view):
        # A check run has not switched, and will have to rebuild all of them.
        return here.check_mode
    _of_region, seen = _as_region(here, view)
    left = seen["workspaces"]["to_rebuild_back" if _is_back(here) else "to_rebuild"]
    was_switched = seen["record"]["rolled_back_at"] or not _is_back(here)
    return bool(seen["record"]["off_before"] or (was_switched and left))


def uncordon(here: Here, view: View) -> dict[str, Any]:
    return _done(here, network.uncordon, *_as_region(here, view))


def uncordon_is_due(here: Here, _view: View) -> bool:
    return bool(_record(here)["cordoned_at"])


def demand(wanted: dict[str, Any], view: View, *, check_mode: bool) -> None:
    """Raises ClassicError: what stands in the way of the provider, whatever the step."""
    found = [
        entry for entry in view["blockers"] if set(GOALS) <= set(entry["for"]) and entry["code"] not in OF_THE_RELEASE
    ]
    if found:
        what = f"The built-in provider is not switched: {joined(found, 'message')}."
        raise _refused(view, found[0]["code"], what, joined(found, "why"), joined(found, "next"))
    if view["builtin_provider"] is None:
        raise _refused(
            view,
            "not_found",
            "This deployment has no built-in provider.",
            "Coder lists none.",
            "Nothing is to do here.",
        )
    mode = view["net_v2_mode"]
    if mode != "option":
        why = "1.22 and later are always on it." if mode == "always" else "It comes with 1.21."
        raise _refused(
            view,
            "unsupported_version",
            f"Networking v2 cannot be switched in Coder {view['version']}.",
            why,
            view["next_step"],
        )


def _done(here: Here, act: Act, of_region: RegionHere, seen: View) -> dict[str, Any]:
    """An act that has no rehearsal: a check run only says that it would be."""
    outcome = {} if here.check_mode else act(of_region, seen)
    here.said += of_region.said
    return {"changed": True, **outcome}


def _is_back(here: Here) -> bool:
    return here.wanted["goal"] == BACK


def _is_on(here: Here, view: View) -> bool:
    return bool(next(row["net_v2"] for row in view["providers"] if row["built_in"]))


def _record(here: Here) -> dict[str, Any]:
    return record.read(here.cluster, here.wanted["namespace"])


def _as_region(here: Here, view: View) -> tuple[RegionHere, View]:
    """What the acts of a region's provider read, of this one."""
    wanted, coder = here.wanted, here.coder
    row = next(one for one in coder.providers() if one.get("built_in"))
    of = {
        **wanted,
        "region": NAME,
        "provider": row["name"],
        "cordon_reason": "Networking is being changed",
        "consent_in_use": NAME in wanted["confirm_rebuild"],
        "satellite": {
            "name": row["name"],
            "url": wanted["url"],
            "ca_path": wanted["ca_path"],
            "authorization": wanted["proxy_authorization"],
            "values": {"coderd": {}},
        },
    }
    tools = {"tell": here.tell, "clock": here.clock, "sleep": here.sleep, "lock": here.lock, "look": here.look}
    of_region = RegionHere(
        coder, of, lambda _access: here.cluster, folder=here.folder, check_mode=here.check_mode, **tools
    )
    seen = {
        "coder": {
            "workspaces": coder.provider_workspaces(row["id"]),
            "server_time": coder.server_time(),
            "version": view["version"],
        },
        "wanted": of,
        "cluster": {"record": record.read(here.cluster, wanted["namespace"])},
    }
    is_on = versions.net_v2_mode(view["version"]) == "always" or bool(row.get("enable_net_v2"))
    return of_region, {
        "provider": {**row, "net_v2": is_on},
        "record": seen["cluster"]["record"],
        "workspaces": report_workspaces.describe(seen, is_on),
        "deployment": {"server_time": of_region.now()},
    }


def _refused(view: View, code: str, what: str, why: str, next_step: str) -> ClassicError:
    return ClassicError(
        what, code=code, where=view["url"], why=why, untouched="The provider and its workspaces.", next_step=next_step
    )
