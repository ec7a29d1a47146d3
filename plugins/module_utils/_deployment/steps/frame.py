# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One step at the main deployment: look, decide, lock, act, prove. Private to this collection."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from typing import Any, NamedTuple

from ansible_collections.coder.classic.plugins.module_utils import _run
from ansible_collections.coder.classic.plugins.module_utils._coder.api import Coder
from ansible_collections.coder.classic.plugins.module_utils._deployment.judge.assess import assess
from ansible_collections.coder.classic.plugins.module_utils._deployment.observe import observe
from ansible_collections.coder.classic.plugins.module_utils._deployment.steps import builtin, guard, update
from ansible_collections.coder.classic.plugins.module_utils._deployment.steps.here import Here
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster, cluster_from_params
from ansible_collections.coder.classic.plugins.module_utils._lock import lease, lease_held

#: Name of the Lease. No region has it: theirs begin otherwise (_region.steps.lock).
LOCK = "coder-classic--main-deployment"


class Step(NamedTuple):
    """act: what does it. demand(wanted, view, check_mode=): raises what stands in its way. due: whether there is anything to do,
    None where only the act finds that out.
    """

    act: Callable[[Here, dict[str, Any]], dict[str, Any]]
    demand: Callable[..., None] = guard.demand
    due: Callable[[Here, dict[str, Any]], bool] | None = None


STEPS = {
    "values": Step(update.values),
    "upgrade": Step(update.upgrade),
    "cordon_builtin": Step(builtin.cordon, builtin.demand, builtin.cordon_is_due),
    "switch_builtin": Step(builtin.switch, builtin.demand, builtin.switch_is_due),
    "rebuild_builtin": Step(builtin.rebuild, builtin.demand, builtin.rebuild_is_due),
    "uncordon_builtin": Step(builtin.uncordon, builtin.demand, builtin.uncordon_is_due),
}
UNLOCK = "unlock"
NAMES = (*STEPS, UNLOCK)


def run(
    coder: Coder,
    wanted: dict[str, Any],
    check_mode: bool,
    folder: str,
    *,
    connect: Callable[[dict[str, Any]], Cluster] = cluster_from_params,
    run_folder: str | None = None,
    **tools: Any,
) -> dict[str, Any]:
    """The module's result. folder (0700) takes helm's files; tools are those of Here.

    Raises ClassicError: what stands in the way (nothing was done then), ``locked``, and what the step itself meets.
    """
    cluster, name = connect(wanted), wanted["step"]
    if name == UNLOCK:
        if wanted["run"] and not check_mode:
            lease.release(cluster, wanted["namespace"], LOCK, wanted["run"])
        return {"changed": False, "said": []}

    def seen() -> dict[str, Any]:
        return observe.look(coder, wanted, connect=lambda _access: cluster, run_folder=run_folder)

    def look() -> dict[str, Any]:
        return assess(seen())

    first, step = seen(), STEPS[name]
    view = assess(first)
    if step.demand is guard.demand and wanted["version"] is None:
        guard.demand_version(wanted)
        # The layout alone is asked for: with the chart that is there.
        wanted = {**wanted, "version": view["versions"]["release"]}
        view = assess({**first, "wanted": wanted})
    step.demand(wanted, view, check_mode=check_mode)
    here = Here(coder, wanted, cluster, look, folder, check_mode, **tools)
    if step.due and not step.due(here, view):
        return {"changed": False, "said": [], "deployment": view}
    with contextlib.ExitStack() as stack:
        if not check_mode:
            is_new = _lock(here, stack)
            if is_new:
                # Somebody else may have been at it until now.
                view = look()
                step.demand(wanted, view, check_mode=check_mode)
                if step.due and not step.due(here, view):
                    return {"changed": False, "said": here.said, "deployment": view}
        outcome = step.act(here, view)
    carried_out = {"carries_out": [name]} if outcome["changed"] else {}
    return {"said": here.said, "deployment": view, **carried_out, **outcome}


def _lock(here: Here, stack: contextlib.ExitStack) -> bool:
    """Whether this run got it just now. It is kept for the run's next step. Raises ClassicError ``locked``."""
    wanted, run_of = here.wanted, here.wanted["run"]
    mine = run_of or _run.this_run(os.getpid(), user=None, job=None, playbook=None, check=False)
    place = (here.cluster, wanted["namespace"], LOCK)
    moment = lease.utc_now()
    taken = lease.acquire(*place, mine, takeover=wanted["lock_takeover"], purpose="update the main deployment")
    if not run_of:
        stack.callback(lease.release, *place, mine)
    if former := taken["lock"]["taken_over_from"]:
        here.said.append(
            f"The lock of the main deployment was taken over from {former}: it is dead, or was said to be."
        )
    here.lock = stack.enter_context(lease_held.held(*place, mine, acquired=moment))
    return taken["changed"]
