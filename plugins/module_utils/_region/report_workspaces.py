# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which workspaces of a provider were rebuilt for the way that they are reached now. Pure. Private to this collection."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import times, workspaces

Workspace = dict[str, Any]


def describe(seen: dict[str, Any], net_v2: bool | None) -> dict[str, Any]:
    """Names of workspaces, sorted; total is None when they were not seen.

    to_rebuild: not built since Networking v2 went on, all of them while it is off or nobody recorded when it went on.
    to_rebuild_back: the same for the way back; none where the provider was never switched. Those to be left are in
    neither, nor in updating. canary_built: whether one was rebuilt since envproxy is at 0, None where there is none
    that may be rebuilt.
    """
    found: list[Workspace] | None = seen["coder"]["workspaces"]
    now, wanted, record = seen["coder"]["server_time"], seen["wanted"], seen["cluster"]["record"]
    rows = found or []
    left = [
        row for row in rows if row["id"] in wanted["leave_workspaces"] or row.get("name") in wanted["leave_workspaces"]
    ]
    meant = [row for row in rows if row not in left]
    switched, back = times.parse(record["switched_at"]), times.parse(record["rolled_back_at"])
    idle_since = times.parse(record["idle_since"])
    return {
        "total": None if found is None else len(rows),
        "on": len([row for row in rows if workspaces.status(row) == "ON"]),
        "in_use": _names(rows, lambda row: workspaces.in_use(row, now, wanted["idle_minutes"])),
        "to_rebuild": _names(meant, lambda row: not net_v2 or _built_before(row, switched)),
        "to_rebuild_back": _names(meant, lambda row: bool(net_v2) or (back is not None and _built_before(row, back))),
        "left": _names(left, lambda row: True),
        "failed": _names(rows, lambda row: workspaces.status(row) == "FAILED"),
        "updating": _names(meant, lambda row: bool(row.get("updating"))),
        "canary_built": any(not _built_before(row, idle_since) for row in meant) if meant else None,
    }


def _built_before(row: Workspace, moment: datetime | None) -> bool:
    return moment is None or workspaces.built_before(row, moment)


def _names(rows: list[Workspace], chosen: Callable[[Workspace], bool]) -> list[str]:
    return sorted(str(row.get("name")) for row in rows if chosen(row))
