# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a rebuild of workspaces ended: the result, and the error that says what to do. Pure.

Private to this collection.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder.rebuild_order import IN_USE, Selection
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

Result = Mapping[str, Any]


def result(selection: Selection, made: Result, canary: Mapping[str, Any] | None, connect: Any) -> dict[str, Any]:
    """What the module returns; made has the keys ``rebuilt``, ``failures`` and ``not_rebuilt``.

    The keys are not "failed" and "skipped", which Ansible takes for the state of the task.
    """
    used = [
        {"id": row["id"], "name": row.get("name"), "reason": IN_USE, "needs_consent": True} for row in selection.in_use
    ]
    return {
        **made,
        "not_rebuilt": used + made["not_rebuilt"],
        "left": [{"id": row["id"], "name": row.get("name")} for row in selection.left],
        "canary": canary.get("name") if canary else None,
        "connect": connect,
    }


def changed(details: Any) -> bool:
    """Whether a run that ended in an error with these details had rebuilt something."""
    return isinstance(details, dict) and bool(details.get("rebuilt") or details.get("failures"))


def demand_good(
    result: Result, where: str, *, max_failures: int, why_stopped: str | None, fail_on_skipped: bool
) -> None:
    """Raise the ClassicError that the result deserves; its details are the whole result.

    ``rebuild_failed``: the canary or more than max_failures builds failed; ``timeout``: the deadline left some undone;
    ``verify_failed``: a workspace is not reachable; ``consent_missing``: workspaces in use were skipped.
    """
    failed, undone = result["failures"], [row for row in result["not_rebuilt"] if _undone(row)]
    canary_failed = any(row.get("canary") for row in failed)
    if canary_failed or len(failed) > max_failures:
        raise ClassicError(
            f"{len(failed)} of {len(failed) + len(result['rebuilt'])} workspaces could not be rebuilt"
            + (", the canary among them" if canary_failed else ""),
            code="rebuild_failed",
            where=where,
            why="\n".join(_failure(row) for row in failed),
            untouched=_untouched(undone),
            next_step="remove the cause, or name these workspaces in leave (playbooks: coder_workspaces_leave), then run again: what is rebuilt is not "
            "rebuilt once more when built_before is given",
            details=result,
        )
    if undone and why_stopped:
        raise ClassicError(
            f"{len(undone)} workspaces were not rebuilt: {why_stopped}",
            code="timeout",
            where=where,
            why=f"rebuilt so far: {len(result['rebuilt'])}",
            untouched=_untouched(undone),
            next_step="run again with the same built_before, with a longer deadline or more in parallel (playbooks: "
            "coder_rebuild_deadline, coder_rebuild_parallel)",
            details=result,
        )
    connect = result["connect"]
    if connect and not connect["reachable"]:
        raise ClassicError(
            f"The rebuilt workspace {connect['workspace']} is not reachable through {connect['url']}",
            code="verify_failed",
            where=where,
            why=connect["reason"],
            untouched=_untouched(undone) + "; that workspace was left running",
            next_step="repair the way to it (satellite, DNS, load balancer with WebSockets), then run again",
            details=result,
        )
    unused = [row for row in result["not_rebuilt"] if row.get("needs_consent")]
    if unused and fail_on_skipped:
        raise ClassicError(
            f"{len(unused)} workspaces were not rebuilt, as somebody uses them",
            code="consent_missing",
            where=where,
            why=", ".join(str(row["name"]) for row in unused),
            untouched="these workspaces and their sessions",
            next_step="run again when nobody is connected, or consent to cutting sessions (consent_in_use: true; playbooks: "
            "coder_confirm_rebuild=<region>), or name them in leave (playbooks: coder_workspaces_leave)",
            details=result,
        )


def _failure(row: Mapping[str, Any]) -> str:
    return "\n".join([f"{row['name']}: {row['cause']}", *(f"    {line}" for line in row["log"])])


def _undone(row: Mapping[str, Any]) -> bool:
    return bool(row.get("not_started") or row.get("unfinished"))


def _untouched(undone: list) -> str:
    waiting = [str(row["name"]) for row in undone if row.get("not_started")]
    building = [str(row["name"]) for row in undone if row.get("unfinished")]
    told = f"{len(waiting)} workspaces that were not started" + (f": {', '.join(waiting)}" if waiting else "")
    return told + (f"; builds that go on in Coder: {', '.join(building)}" if building else "")
