# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The provider's network: cordon, Networking v2 on and off, External Connect. Private to this collection."""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import provider_change, sessions, times
from ansible_collections.coder.classic.plugins.module_utils._coder.providers import pick
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._region.observe import envproxy
from ansible_collections.coder.classic.plugins.module_utils._region.steps import address
from ansible_collections.coder.classic.plugins.module_utils._region.steps.here import Here, View

POLL_SECONDS = 5.0
IDLE_POLL_SECONDS = 30.0


def cordon(here: Here, view: View) -> dict[str, Any]:
    """Coder does not tell whether a provider is cordoned: the record says that it was us, and it is written before, so that
    there is no moment in which nobody would know.
    """
    if not view["record"]["cordoned_at"]:
        here.note(cordoned_at=here.now())
    here.demand_lock()
    here.coder.cordon(view["provider"]["id"], here.wanted["cordon_reason"])
    return _diff("cordoned", False, True)


def uncordon(here: Here, view: View) -> dict[str, Any]:
    provider = pick(here.coder.providers(), here.wanted["provider"])
    here.demand_lock()
    here.coder.uncordon(provider["id"])
    here.note(cordoned_at=None)
    return _diff("cordoned", True, False)


def switch(here: Here, view: View) -> dict[str, Any]:
    """Networking v2 on. Coder rebuilds running workspaces by itself then, so nobody may be at work who did not consent."""
    _await_quiet(here, view, "the switch")
    address.demand_fit(here)
    moment = _toggle(here, view, True)
    here.note(switched_at=moment, rolled_back_at=None, connected_at=None)
    return _diff("net_v2", False, True)


def switch_back(here: Here, view: View) -> dict[str, Any]:
    """Networking v2 off, for which envproxy must serve: there must be something to go back to."""
    _await_quiet(here, view, "the switch back")
    if not envproxy.ready(here.cluster, here.namespace):
        raise ClassicError(
            f"Provider {here.wanted['provider']} cannot go back to envproxy: it does not serve.",
            code="envproxy_not_serving",
            where=f"namespace {here.namespace}, {here.cluster.where}",
            why="no pod of envproxy is ready",
            untouched="The network of the provider: its workspaces are reached through the satellite.",
            next_step=f"Repair Deployment envproxy (kubectl -n {here.namespace} describe deployment envproxy), then run "
            "it again.",
        )
    moment = _toggle(here, view, False)
    here.note(switched_at=None, rolled_back_at=moment, idle_since=None, connected_at=None)
    return _diff("net_v2", True, False)


def record_switch_back(here: Here, view: View) -> dict[str, Any]:
    """Networking v2 is off and the record still says on: an earlier run was killed between the two."""
    here.note(switched_at=None, rolled_back_at=here.now(), idle_since=None, connected_at=None)
    return {}


def external_connect(here: Here, view: View) -> dict[str, Any]:
    wished, before = here.wanted["external_connect"], here.coder.provider(view["provider"]["id"])
    here.demand_lock()
    fields = provider_change.wanted_fields(
        here.coder, {"external_connect": wished, "net_v2": None, "new_name": None}, before
    )
    if fields:
        provider_change.update(here.coder, before, fields)
    return _diff("external_connect", not wished, wished)


def _await_quiet(here: Here, view: View, what: str) -> None:
    """Nobody is built and nobody works, at one moment: a build may begin while the others' end of work is waited for."""
    while True:
        _await_builds(here, view)
        demand_idle(here, view, what)
        if not _building(here, view):
            return


def _await_builds(here: Here, view: View) -> None:
    """A build that began on the old network and ends after the switch would look like one of the new."""
    seconds, building = here.wanted["build_timeout"], []

    def none_is_built() -> bool:
        building[:] = _building(here, view)
        return not building

    if here.until(none_is_built, seconds, POLL_SECONDS, lambda: f"waiting for builds: {', '.join(building)}"):
        return
    raise ClassicError(
        f"Workspaces are still being built: {', '.join(building)}.",
        code="builds_under_way",
        where=f"provider {here.wanted['provider']}, {here.coder.transport.url}",
        why=f"A build that began before the switch may end on the old network; {seconds} seconds were waited for it.",
        untouched="The provider's network; nobody was rebuilt.",
        next_step="Look at those builds in Coder, stop what hangs, then run it again.",
    )


def _building(here: Here, view: View) -> list[str]:
    rows = here.coder.provider_workspaces(view["provider"]["id"])
    return [str(row.get("name")) for row in rows if row.get("updating")]


def in_use(here: Here, view: View) -> list[str]:
    """Names of the provider's workspaces in which somebody works right now."""
    return sessions.in_use(here.coder, view["provider"]["id"], here.wanted["idle_minutes"])


def demand_idle(here: Here, view: View, what: str) -> None:
    """Looked at right before the act, and waited for as long as the site allows: a plan may be hours old."""
    if here.wanted["consent_in_use"]:
        return
    busy: list[str] = []

    def nobody() -> bool:
        busy[:] = in_use(here, view)
        return not busy

    minutes = here.wanted["wait_for_idle_minutes"]
    if here.until(nobody, minutes * 60, IDLE_POLL_SECONDS, lambda: f"waiting until nobody uses {', '.join(busy)}"):
        return
    raise ClassicError(
        f"Workspaces of {here.wanted['provider']} are in use: {', '.join(busy)}.",
        code="consent_missing",
        where=f"region {here.region}, {here.coder.transport.url}",
        why=f"With {what} Coder rebuilds every running workspace, which cuts sessions and loses what is outside the home "
        f"directory; {minutes} minutes were waited for them.",
        untouched="The provider's network and its workspaces.",
        next_step="Run it again at another time or with a longer -e coder_wait_for_idle_minutes=<minutes>, or with "
        f"-e coder_confirm_rebuild={here.region}, which cuts those sessions.",
    )


def _toggle(here: Here, view: View, on: bool) -> str:
    """Coder's time of the switch."""
    before = here.coder.provider(view["provider"]["id"])
    here.demand_lock()
    fields = provider_change.wanted_fields(
        here.coder, {"net_v2": on, "external_connect": None, "new_name": None}, before
    )
    if not fields:
        return here.now()
    _after, moment = provider_change.update(here.coder, before, fields)
    return times.rfc3339(moment)


def _diff(name: str, before: Any, after: Any) -> dict[str, Any]:
    return {"diff": {"before": {name: before}, "after": {name: after}}}
