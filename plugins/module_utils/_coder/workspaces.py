# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a workspace's answer means. Pure. Private to this collection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import times
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

Workspace = Mapping[str, Any]


def status(workspace: Workspace) -> str:
    """``CREATING``, ``OFF``, ``ON``, ``FAILED`` or ``UNKNOWN``."""
    return workspace.get("latest_stat", {}).get("container_status") or "UNKNOWN"


def in_use(workspace: Workspace, now: datetime, idle_minutes: int) -> bool:
    """It runs, and somebody was connected within the last minutes of Coder's clock (now).

    What is not known counts against a rebuild: a container whose state Coder cannot tell may run, and where the last
    connection is not told somebody may be connected.
    """
    if status(workspace) not in ("ON", "UNKNOWN"):
        return False
    told = workspace.get("last_connection_at")
    if not told:
        return True
    last = times.parse(told)
    return last is not None and last > now - timedelta(minutes=idle_minutes)


def built_before(workspace: Workspace, moment: datetime) -> bool:
    """Whether the newest build is older than the moment; before its first build the time of creation counts."""
    built = times.parse(workspace.get("last_built_at")) or times.parse(workspace.get("created_at"))
    return built is None or built < moment


def connected_since(before: Workspace, now: Workspace) -> bool:
    """Whether somebody connected between two looks at a workspace."""
    return now.get("last_connection_at") != before.get("last_connection_at")


def used_since_build(workspace: Workspace) -> bool:
    """Whether somebody was, or may have been, connected since its last build."""
    if workspace.get("updating") or "last_connection_at" not in workspace:
        return True
    last, built = times.parse(workspace["last_connection_at"]), times.parse(workspace.get("last_built_at"))
    return built is None or (last is not None and last >= built)


def named(workspaces: Sequence[Workspace], wanted: Sequence[str]) -> list[Workspace]:
    """The workspaces with these ids or names (several may share a name: each user has their own), Coder's order.

    Raises ClassicError ``not_found`` that names every one that does not exist.
    """
    missing = [key for key in wanted if not any(key in (row.get("id"), row.get("name")) for row in workspaces)]
    if missing:
        known = ", ".join(sorted(str(row.get("name")) for row in workspaces)) or "none"
        raise ClassicError(
            "No such workspace on this provider: " + ", ".join(missing),
            code="not_found",
            why=f"known are: {known}",
            untouched="nothing was changed",
            next_step="correct the names or ids, then run again",
        )
    return [row for row in workspaces if row.get("id") in wanted or row.get("name") in wanted]
