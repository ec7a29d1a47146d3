# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a rebuild of workspaces ended: the result, and the error that says what to do. Pure.

Private to this collection.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

Result = Mapping[str, Any]


def demand_good(
    result: Result, where: str, *, max_failures: int, why_stopped: str | None, fail_on_skipped: bool
) -> None:
    """Raise the ClassicError that the result deserves; its details are the whole result.

    ``rebuild_failed``: the canary or more than max_failures builds failed; ``timeout``: the deadline left some undone;
    ``verify_failed``: a workspace is not reachable; ``consent_missing``: workspaces in use were skipped.
    """
    failed, not_started = result["failures"], [row for row in result["not_rebuilt"] if row.get("not_started")]
    canary_failed = any(row.get("canary") for row in failed)
    if canary_failed or len(failed) > max_failures:
        raise ClassicError(
            f"{len(failed)} of {len(failed) + len(result['rebuilt'])} workspaces could not be rebuilt"
            + (", the canary among them" if canary_failed else ""),
            code="rebuild_failed",
            where=where,
            why="\n".join(_failure(row) for row in failed),
            untouched=_untouched(result, not_started),
            next_step="remove the cause, or name these workspaces in leave, then run again: what is rebuilt is not "
            "rebuilt once more when built_before is given",
            details=result,
        )
    if not_started and why_stopped:
        raise ClassicError(
            f"{len(not_started)} workspaces were not rebuilt: {why_stopped}",
            code="timeout",
            where=where,
            why=f"rebuilt so far: {len(result['rebuilt'])}",
            untouched=_untouched(result, not_started),
            next_step="run again with the same built_before, with a longer deadline or more in parallel",
            details=result,
        )
    connect = result["connect"]
    if connect and not connect["reachable"]:
        raise ClassicError(
            f"The rebuilt workspace {connect['workspace']} is not reachable through {connect['url']}",
            code="verify_failed",
            where=where,
            why=connect["reason"],
            untouched=_untouched(result, not_started) + "; that workspace was left running",
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
            next_step="run again when nobody is connected, or consent to cutting sessions (consent_in_use: true), or "
            "name them in leave",
            details=result,
        )


def _failure(row: Mapping[str, Any]) -> str:
    return "\n".join([f"{row['name']}: {row['cause']}", *(f"    {line}" for line in row["log"])])


def _untouched(result: Result, not_started: list) -> str:
    names = ", ".join(str(row["name"]) for row in not_started)
    return f"{len(not_started)} workspaces that were not started" + (f": {names}" if names else "")
