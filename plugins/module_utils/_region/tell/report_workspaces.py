# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which workspaces were rebuilt for the way that they are reached now, and whose sessions a step would cut.

Pure. Private to this collection.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import times, versions, workspaces
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

Workspace = dict[str, Any]


def describe(seen: dict[str, Any], net_v2: bool | None) -> dict[str, Any]:
    """Labels of workspaces, sorted; total is None when they were not seen.

    to_rebuild: not built since Networking v2 went on, all of them while it is off or nobody recorded when it went on.
    rebuilt_by_coder: running, and built since then: at the switch Coder does that by itself.
    to_rebuild_back: the same for the way back; none where the provider was never switched. Those to be left are in
    neither, nor in updating. cut_by_*: in use, and rebuilt by Coder itself at the switch (either way), by our rebuild
    or by that of the way back. left_behind: left, and running since before the switch. off: ids, not labels, of those
    that are off and not left. canaries: may be rebuilt alone as a proof, canaries_in_use: the same with consent only;
    where the option names one, no other is in either. provable: how many run and are not left, so that one of them can
    be reached. canary_built: whether one was rebuilt since envproxy is at 0, None where there is none that may be.
    """
    found: list[Workspace] | None = seen["coder"]["workspaces"]
    now, wanted, record = seen["coder"]["server_time"], seen["wanted"], seen["cluster"]["record"]
    rows = found or []
    left = [
        row for row in rows if row["id"] in wanted["leave_workspaces"] or row.get("name") in wanted["leave_workspaces"]
    ]
    left_ids = {row["id"] for row in left}
    meant = [row for row in rows if row["id"] not in left_ids]
    could_prove = [row for row in meant if wanted["canary"] in (None, row["id"], row.get("name"))]
    switched, back = times.parse(record["switched_at"]), times.parse(record["rolled_back_at"])
    idle_since = times.parse(record["idle_since"])
    # Counted once: a provider may have ten thousand.
    shared = Counter(str(row.get("name")) for row in rows)
    reached_by_the_switch = rows if _rebuilds_on_toggle(seen["coder"]["version"]) else meant

    def in_use(row: Workspace) -> bool:
        return workspaces.in_use(row, now, wanted["idle_minutes"])

    def old(row: Workspace) -> bool:
        return not net_v2 or _built_before(row, switched)

    def old_for_the_way_back(row: Workspace) -> bool:
        return bool(net_v2) or (back is not None and _built_before(row, back))

    def labels(of: list[Workspace], chosen: Callable[[Workspace], Any] = lambda row: True) -> list[str]:
        return sorted(label(row, shared) for row in of if chosen(row))

    return {
        "total": None if found is None else len(rows),
        "on": len([row for row in rows if _is_on(row)]),
        "in_use": labels(rows, in_use),
        "to_rebuild": labels(meant, old),
        "rebuilt_by_coder": labels(meant, lambda row: bool(net_v2) and _is_on(row) and not old(row)),
        "to_rebuild_back": labels(meant, old_for_the_way_back),
        "cut_by_switch": labels(reached_by_the_switch, in_use),
        "cut_by_rebuild": labels(meant, lambda row: in_use(row) and old(row)),
        "cut_by_rebuild_back": labels(meant, lambda row: in_use(row) and old_for_the_way_back(row)),
        "left": labels(left),
        "left_behind": labels(left, lambda row: _is_on(row) and old(row)),
        "off": sorted(row["id"] for row in meant if workspaces.status(row) == "OFF"),
        "failed": labels(rows, lambda row: workspaces.status(row) == "FAILED"),
        "updating": labels(meant, lambda row: row.get("updating")),
        "canaries": labels(could_prove, lambda row: not in_use(row)),
        "canaries_in_use": labels(could_prove, in_use),
        "provable": len([row for row in meant if _is_on(row)]),
        "canary_built": any(not _built_before(row, idle_since) for row in meant) if meant else None,
    }


def label(row: Workspace, names: Mapping[str, int]) -> str:
    """``name``, or ``name (id)`` where several share it (names: how many have it): of an owner Coder tells an id only."""
    name = str(row.get("name"))
    return name if names[name] < 2 else f"{name} ({row['id']})"


def _rebuilds_on_toggle(version: str | None) -> bool:
    try:
        return versions.rebuilds_on_toggle(version)
    except ClassicError:
        # Of an unknown version the worst is told.
        return True


def _is_on(row: Workspace) -> bool:
    return workspaces.status(row) == "ON"


def _built_before(row: Workspace, moment: datetime | None) -> bool:
    return moment is None or workspaces.built_before(row, moment)
