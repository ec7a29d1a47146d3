# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every step of a plan that the playbooks carry out, and what does it. Private to this collection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ansible_collections.coder.classic.plugins.module_utils._region.steps import (
    chart,
    envproxy,
    network,
    satellite,
    workspaces,
)
from ansible_collections.coder.classic.plugins.module_utils._region.steps.here import Here, View
from ansible_collections.coder.classic.plugins.module_utils._region.tell.findings import (
    MIGRATE,
    RETIRE,
    ROLLBACK,
    UPDATE,
)


class Step(NamedTuple):
    """act: what does it. plan: the steps of the plan that it carries out; any of them makes it due.

    undo: it makes up for what a run did, so that neither blockers nor a missing consent hold it up, and it is due
    whatever the plan says, where due says so. rehearses: it can be called in a check run, where it writes nothing.
    """

    act: Callable[[Here, View], dict[str, Any]]
    plan: tuple[str, ...]
    rehearses: bool = False
    undo: bool = False
    due: Callable[[dict[str, Any], View], bool] | None = None


def _is_cordoned(wanted: dict[str, Any], view: View) -> bool:
    # Where the record cannot be read at the end, the run still knows what it has to undo.
    return bool(view["record"]["cordoned_at"]) or (wanted["cordoned_by_this_run"] and not view["record"]["seen"])


def _is_off(_wanted: dict[str, Any], view: View) -> bool:
    # What was not seen may be off: whoever undoes a rehearsal has to be told that this was not done.
    exists = view["envproxy"]["exists"]
    return exists is None or (exists and not view["envproxy"]["replicas"])


UNCORDON = Step(network.uncordon, ("uncordon",), undo=True, due=_is_cordoned)
CORDON = Step(network.cordon, ("cordon",))
ENVPROXY_ON = Step(envproxy.on, ("envproxy_on",))

STEPS: dict[str, dict[str, Step]] = {
    MIGRATE: {
        "deploy_satellite": Step(satellite.deploy, ("deploy_satellite", "upgrade_satellite"), rehearses=True),
        "await_satellite": Step(satellite.wait, ("await_satellite",)),
        "register_satellite": Step(satellite.register, ("register_satellite",), rehearses=True),
        "backup_satellite": Step(satellite.back_up, ("backup_satellite",), rehearses=True),
        "cordon": CORDON,
        "switch": Step(network.switch, ("switch",)),
        "rebuild": Step(workspaces.move, ("rebuild", "prove"), rehearses=True),
        "external_connect": Step(network.external_connect, ("external_connect",)),
        "uncordon": UNCORDON,
    },
    RETIRE: {
        "envproxy_on": ENVPROXY_ON,
        "seal": Step(chart.seal, ("seal",), rehearses=True),
        "envproxy_off": Step(envproxy.off, ("envproxy_off",)),
        "soak": Step(envproxy.soak, ("soak",)),
        "canary": Step(workspaces.prove, ("canary",), rehearses=True),
        "undo_envproxy_off": Step(envproxy.on, (), undo=True, due=_is_off),
        "uninstall": Step(chart.uninstall, ("backup", "uninstall"), rehearses=True),
        "prove": Step(workspaces.prove_retired, ("prove",), rehearses=True),
        "uncordon": UNCORDON,
    },
    ROLLBACK: {
        "envproxy_on": ENVPROXY_ON,
        "cordon": CORDON,
        "switch_back": Step(network.switch_back, ("switch_back",)),
        "record_switch_back": Step(network.record_switch_back, ("record_switch_back",)),
        "rebuild_back": Step(workspaces.move_back, ("rebuild_back",), rehearses=True),
        "unregister_satellite": Step(satellite.unregister, ("unregister_satellite",), rehearses=True),
        "remove_satellite": Step(satellite.remove, ("backup_satellite", "remove_satellite")),
        "uncordon": UNCORDON,
    },
    UPDATE: {
        "update_chart": Step(chart.update, ("update_chart",), rehearses=True),
    },
}

#: Releases what the steps of a run hold; no step of a plan.
UNLOCK = "unlock"
NAMES = (*dict.fromkeys(name for steps in STEPS.values() for name in steps), UNLOCK)
