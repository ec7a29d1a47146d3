# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One step of a plan: look, decide, act, look again. Private to this collection."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder.api import Coder
from ansible_collections.coder.classic.plugins.module_utils._coder.satellite_key import fetch_key
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import side_by_side
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster, cluster_from_params
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.kept_answers import forget as forget_answers
from ansible_collections.coder.classic.plugins.module_utils._lock import step_lock
from ansible_collections.coder.classic.plugins.module_utils._region.judge.assess import assess
from ansible_collections.coder.classic.plugins.module_utils._region.kept_look import KeptLook
from ansible_collections.coder.classic.plugins.module_utils._region.observe import observe
from ansible_collections.coder.classic.plugins.module_utils._region.steps import guard, lock
from ansible_collections.coder.classic.plugins.module_utils._region.steps.here import Here, View
from ansible_collections.coder.classic.plugins.module_utils._region.steps.table import STEPS, UNLOCK, Step

ONLY_LOOK = ("await_satellite", "soak")


def run(
    coder: Coder,
    wanted: dict[str, Any],
    check_mode: bool,
    folder: str,
    *,
    connect: Callable[[dict[str, Any]], Cluster] = cluster_from_params,
    fetch: Callable[..., dict[str, str]] = fetch_key,
    kept: KeptLook | None = None,
    **tools: Any,
) -> dict[str, Any]:
    """The module's result. wanted: wanted.wanted of its options; folder (0700) takes helm's files; kept: the newest look of
    the run that this step is one of; tools are those of Here.

    Raises ClassicError: what stands in the way (nothing was done then), and what the step itself meets.
    """
    goal, name = wanted["goal"], wanted["step"]
    connected = observe.once(connect)

    kept = kept or KeptLook(None, wanted)

    def look() -> View:
        if not kept.has_acted:
            # What one may do was asked in preflight, and is asked again before the first write.
            forget_answers(kept.folder)
        seen = {"connect": connected, "fetch": fetch, "run_folder": kept.folder}
        return kept.anew(lambda: assess(observe.look(coder, wanted, **seen)))

    here = Here(coder, wanted, connected, look, folder, check_mode, **tools)
    if name == UNLOCK:
        if kept.may_be_locked:
            lock.release(here)
        return {"changed": False, "said": []}
    known = kept.read()
    view = known or look()
    if not guard.is_due(wanted, view, goal, name):
        return {"changed": False, "region": view, "said": []}
    is_old = bool(known) and (goal, name) in guard.LOOKED_AT_ANEW
    # Who gets the lock only now looks anew behind it anyhow.
    if is_old and (check_mode or kept.may_be_locked):
        view, is_old = look(), False
        if not guard.is_due(wanted, view, goal, name):
            return {"changed": False, "region": view, "said": []}
    guard.demand(wanted, view, goal, name, check_mode)
    step = STEPS[goal][name]
    carries_out = [planned["step"] for planned in view["plan"][goal] if planned["step"] in step.plan] or [name]
    if check_mode and not step.rehearses:
        return {
            "changed": name not in ONLY_LOOK,
            "region": view,
            "said": [],
            "carries_out": carries_out,
            "diff": _announced(view, goal, step),
        }
    with contextlib.ExitStack() as stack:
        if not check_mode:
            kept.note_lock()
            here.lock = _held(here, step, stack)
        if is_old or (here.lock is not None and here.lock.is_new):
            # Somebody else may have been at it until now.
            view = look()
            if not guard.is_due(wanted, view, goal, name):
                return {"changed": False, "region": view, "said": here.said}
            guard.demand(wanted, view, goal, name, check_mode)
        if not check_mode:
            kept.act()
        try:
            outcome = step.act(here, view)
        except ClassicError:
            # It may have been a right that was there before.
            forget_answers(kept.folder)
            raise
    if not check_mode:
        view = look()
        for told in here.afterwards:
            told(view)
        guard.demand_done(wanted, view, goal, name)
    # What a step that does not say so itself has changed: all but those that only look.
    return {
        "changed": name not in ONLY_LOOK,
        "region": view,
        "said": here.said,
        "carries_out": carries_out,
        **outcome,
    }


def _held(here: Here, step: Step, stack: contextlib.ExitStack) -> step_lock.Holding | None:
    """The lock, and beside it the connections that the act needs; what is to be undone is undone without the lock where its
    cluster does not answer.
    """
    try:
        with side_by_side.meanwhile(here.connect_ahead):
            return stack.enter_context(lock.held(here))
    except ClassicError as error:
        if not step.undo or error.code in ("locked", "lock_lost"):
            raise
        here.say(f"Done without the lock of region {here.region}: {error.what}")
        return None


def _announced(view: View, goal: str, step: Step) -> dict[str, str]:
    """What a check run can say of a step that it cannot try."""
    actions = [planned["action"] for planned in view["plan"][goal] if planned["step"] in step.plan]
    return {"before": "", "after": "".join(f"{action}\n" for action in actions)}
