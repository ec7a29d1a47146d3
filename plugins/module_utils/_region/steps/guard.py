# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must be so before a step acts and after it has, by what was looked up. Pure. Private to this collection.

It stands where the act is: no variable, tag, strategy, start-at-task or kill leads around it.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._region.judge import consents
from ansible_collections.coder.classic.plugins.module_utils._region.judge.phase import UNKNOWN, View, lacking_for_idle
from ansible_collections.coder.classic.plugins.module_utils._region.steps.table import STEPS, Step
from ansible_collections.coder.classic.plugins.module_utils._region.tell.findings import (
    LOOKED,
    MIGRATE,
    PLAYBOOKS,
    RETIRE,
    ROLLBACK,
    UPDATE,
    Finding,
    joined,
)

#: Steps that stay in the plan although they were done → whether what they are for is there.
DONE_BUT_PLANNED = {"cordon": lambda view: bool(view["record"]["cordoned_at"])}
#: What is done only in order to cut sessions: not begun without the consent to that. A rebuild asks for each workspace.
BEFORE_SESSIONS_ARE_CUT = (
    (MIGRATE, "cordon"),
    (MIGRATE, "switch"),
    (ROLLBACK, "envproxy_on"),
    (ROLLBACK, "cordon"),
    (ROLLBACK, "switch_back"),
)
#: What cannot be taken back, or needs the consent of those who work, is decided by a look of its own, however fresh the run's
#: newest one is. A rebuild asks for each workspace.
LOOKED_AT_ANEW = (
    (MIGRATE, "deploy_satellite"),
    (MIGRATE, "switch"),
    (ROLLBACK, "switch_back"),
    (RETIRE, "uninstall"),
    (UPDATE, "update_chart"),
    (ROLLBACK, "unregister_satellite"),
    (ROLLBACK, "remove_satellite"),
)
#: These depend on no other step.
ANY_TIME = ("external_connect",)


def is_due(wanted: dict[str, Any], view: View, goal: str, name: str) -> bool:
    step = STEPS[goal][name]
    if step.due is not None:
        return step.due(wanted, view)
    if view["phase"] == UNKNOWN:
        # Nothing can be planned then, which is not the same as that nothing is left to do: demand says so.
        return True
    return any(planned["step"] in step.plan for planned in view["plan"][goal])


def demand(wanted: dict[str, Any], view: View, goal: str, name: str, check_mode: bool) -> None:
    """Raises ClassicError: what stands in the way, a missing consent, a step that comes before this one."""
    step = STEPS[goal][name]
    if step.undo:
        return
    blockers = [entry for entry in view["blockers"] if goal in entry["for"]]
    if blockers or view["phase"] == UNKNOWN:
        raise _blocked(view, name, blockers)
    if check_mode:
        # Nothing is done, so nothing is consented to, and what comes before was not done either.
        return
    if goal == RETIRE and view["release"]["exists"] and not wanted["consent_retire"]:
        raise _of_finding(consents.retirement(wanted, view))
    if (goal, name) in BEFORE_SESSIONS_ARE_CUT and view["consents"][goal]:
        raise _of_finding(view["consents"][goal][0])
    if (goal, name) == (MIGRATE, "deploy_satellite"):
        for entry in consents.upgrade(wanted, view, view["plan"][goal]):
            raise _of_finding(entry)
    before = _still_before(view, goal, step)
    if before and name not in ANY_TIME:
        raise _out_of_order(view, goal, name, before)
    if name == "uninstall" and view["phase"] != "idle":
        raise _not_idle(view, wanted["soak_seconds"])


def demand_done(wanted: dict[str, Any], view: View, goal: str, name: str) -> None:
    """After the act: what it was for is there. Raises ClassicError ``verify_failed``."""
    if not is_due(wanted, view, goal, name) or _is_done(name, view):
        return
    reasons = [entry["message"] for entry in view["blockers"] if goal in entry["for"]]
    raise ClassicError(
        f"Step {name} ended, and what it is for is not there.",
        code="verify_failed",
        where=_place(view),
        why="; ".join(reasons) or f"phase {view['phase']}; {view['next_step']}",
        untouched="What earlier steps did; the old chart and envproxy." if goal != RETIRE else None,
        next_step="Run the same command again: it goes on from what is there.",
    )


def _still_before(view: View, goal: str, step: Step) -> list[str]:
    """Steps of the plan that come before this one and are not done."""
    names = [planned["step"] for planned in view["plan"][goal]]
    first = min(names.index(name) for name in step.plan if name in names)
    return [name for name in names[:first] if not _is_done(name, view)]


def _is_done(name: str, view: View) -> bool:
    return name in DONE_BUT_PLANNED and DONE_BUT_PLANNED[name](view)


def _blocked(view: View, name: str, blockers: list[Finding]) -> ClassicError:
    return ClassicError(
        f"Step {name} is not begun: {joined(blockers, 'message') or 'what decides about it was not seen.'}",
        code=blockers[0]["code"] if blockers else "unknown_phase",
        where=joined(blockers, "where") or _place(view),
        why=joined(blockers, "why") or view["next_step"],
        untouched="This step changed nothing.",
        next_step=joined(blockers, "next") or view["next_step"],
    )


def _of_finding(entry: Finding) -> ClassicError:
    return ClassicError(
        entry["message"],
        code=entry["code"],
        where=entry["where"],
        why=entry["why"],
        untouched=LOOKED,
        next_step=entry["next"],
    )


def _out_of_order(view: View, goal: str, name: str, before: list[str]) -> ClassicError:
    return ClassicError(
        f"Step {name} is not begun: before it comes {', '.join(before)}.",
        code="out_of_order",
        where=_place(view),
        why=f"The region is in phase {view['phase']}, and each step stands on the one before.",
        untouched="This step changed nothing.",
        next_step=f"Run {PLAYBOOKS[goal]}.yml -l {view['region']} without --start-at-task and tags: it begins where it must.",
    )


def _not_idle(view: View, soak_seconds: int) -> ClassicError:
    return ClassicError(
        f"Release {view['release']['name']} must not be uninstalled in phase {view['phase']}.",
        code="not_idle",
        where=_place(view),
        why="; ".join(lacking_for_idle(view, soak_seconds)) or "a proof is missing",
        untouched="Every object of the release.",
        next_step=view["next_step"],
    )


def _place(view: View) -> str:
    return f"region {view['region']}, provider {view['provider']['name']}, {view['cluster']['where']}"
