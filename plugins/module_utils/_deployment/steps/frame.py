# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One step at the main deployment: look, decide, lock, act, prove. Private to this collection."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any, NamedTuple

from ansible_collections.coder.classic.plugins.module_utils._coder.api import Coder
from ansible_collections.coder.classic.plugins.module_utils._deployment.database import attempts
from ansible_collections.coder.classic.plugins.module_utils._deployment.judge.assess import assess
from ansible_collections.coder.classic.plugins.module_utils._deployment.kept_look import KeptLook
from ansible_collections.coder.classic.plugins.module_utils._deployment.observe import observe
from ansible_collections.coder.classic.plugins.module_utils._deployment.steps import (
    builtin,
    guard,
    repair,
    restore,
    snapshot,
    update,
)
from ansible_collections.coder.classic.plugins.module_utils._deployment.steps.here import Here
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster, cluster_from_params
from ansible_collections.coder.classic.plugins.module_utils._lock import lease, names, step_lock


class Step(NamedTuple):
    """act: what does it. demand(wanted, view, check_mode=): raises what stands in its way. due: whether there is anything to do,
    None where only the act finds that out. is_seen: whether what it does shows in a look.
    """

    act: Callable[[Here, dict[str, Any]], dict[str, Any]]
    demand: Callable[..., None] = guard.demand
    due: Callable[[Here, dict[str, Any]], bool] | None = None
    is_seen: bool = True


STEPS = {
    "snapshot": Step(snapshot.take, snapshot.demand, is_seen=False),
    "snapshot_for_update": Step(snapshot.for_update, snapshot.demand_for_update, snapshot.is_due, is_seen=False),
    "restore_prepare": Step(restore.prepare, restore.demand, is_seen=False),
    "restore_stop": Step(restore.stop, restore.demand),
    "restore_put_in_place": Step(restore.put_in_place, restore.demand, is_seen=False),
    "restore_start": Step(restore.start, restore.demand),
    "repair": Step(repair.repair, repair.demand),
    "values": Step(update.values, is_seen=False),
    "upgrade": Step(update.upgrade),
    "cordon_builtin": Step(builtin.cordon, builtin.demand, builtin.cordon_is_due),
    "switch_builtin": Step(builtin.switch, builtin.demand, builtin.switch_is_due),
    "rebuild_builtin": Step(builtin.rebuild, builtin.demand, builtin.rebuild_is_due),
    "uncordon_builtin": Step(builtin.uncordon, builtin.demand, builtin.uncordon_is_due),
}
#: What these judge also depends on what was begun before.
WITH_HISTORY = (guard.demand, snapshot.demand, snapshot.demand_for_update, repair.demand)
#: What these judge is a way to a version.
FOR_A_VERSION = (guard.demand, snapshot.demand_for_update)
UNLOCK = "unlock"
NAMES = (*STEPS, UNLOCK)


def run(
    coder: Coder,
    wanted: dict[str, Any],
    check_mode: bool,
    folder: str,
    *,
    connect: Callable[[dict[str, Any]], Cluster] = cluster_from_params,
    kept: KeptLook | None = None,
    **tools: Any,
) -> dict[str, Any]:
    """The module's result. folder (0700) takes helm's files; kept: the newest look of the run; tools are those of Here.

    Raises ClassicError: what stands in the way (nothing was done then), ``locked``, and what the step itself meets.
    """
    cluster, name = connect(wanted), wanted["step"]
    if name == UNLOCK:
        if wanted["run"] and not check_mode:
            lease.release(cluster, wanted["namespace"], names.MAIN_DEPLOYMENT, wanted["run"])
        return {"changed": False, "said": []}

    step, kept = STEPS[name], kept or KeptLook(None, wanted)

    def seen() -> dict[str, Any]:
        return observe.look(coder, wanted, connect=lambda _access: cluster, run_folder=kept.folder)

    def look() -> dict[str, Any]:
        return assess({**kept.anew(seen), "wanted": wanted})

    def known() -> dict[str, Any]:
        return assess({**kept.answer(seen), "wanted": wanted})

    if step.demand in FOR_A_VERSION and wanted["version"] is None:
        guard.demand_version(wanted)
        # The layout alone is asked for: with the chart that is there.
        wanted = {**wanted, "version": known()["versions"]["release"]}
    view = _with_attempt(step, cluster, known())
    step.demand(wanted, view, check_mode=check_mode)
    here = Here(coder, wanted, cluster, look, folder, check_mode, kept.folder, **tools)
    if step.due and not step.due(here, view):
        return {"changed": False, "said": [], "deployment": view}
    with contextlib.ExitStack() as stack:
        if not check_mode:
            here.lock = stack.enter_context(_held(here))
            if here.lock.is_new:
                # Somebody else may have been at it until now.
                view = _with_attempt(step, cluster, look())
                step.demand(wanted, view, check_mode=check_mode)
                if step.due and not step.due(here, view):
                    return {"changed": False, "said": here.said, "deployment": view}
        if step.is_seen and not check_mode:
            kept.act()
        outcome = step.act(here, view)
    carried_out = {"carries_out": [name]} if outcome["changed"] else {}
    return {"said": here.said, "deployment": view, **carried_out, **outcome}


def _with_attempt(step: Step, cluster: Cluster, view: dict[str, Any]) -> dict[str, Any]:
    if step.demand not in WITH_HISTORY:
        return view
    return {**view, "attempt": attempts.look(cluster, view, restore.version_of)}


def _held(here: Here) -> contextlib.AbstractContextManager[step_lock.Holding]:
    wanted = here.wanted
    return step_lock.held(
        step_lock.Place(here.cluster, wanted["namespace"], names.MAIN_DEPLOYMENT),
        wanted["run"],
        takeover=wanted["lock_takeover"],
        purpose="update the main deployment",
        of="the main deployment",
        say=here.said.append,
        word=builtin.NAME,
    )
