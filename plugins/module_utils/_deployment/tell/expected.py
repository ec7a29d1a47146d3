# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the next update takes and whom it cuts off, by what this deployment has seen before. Pure. Private to this collection."""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._database.judge import size
from ansible_collections.coder.classic.plugins.module_utils._database.progress import left

View = dict[str, Any]
Record = dict[str, Any]


def lines(view: View, snapshot: dict[str, Any] | None, records: list[Record]) -> list[str]:
    """snapshot: the newest description of snapshot_file, records: of durations.read, the oldest first."""
    return [_dump(snapshot), _upgrade(snapshot, records), _cut(view)]


def _dump(snapshot: dict[str, Any] | None) -> str:
    if snapshot is None:
        return "Saving the database: not done here before; it tells how far it is."
    took = {part: left(seconds) for part, seconds in snapshot["seconds"].items()}
    tables = sum(snapshot["counts"]["bytes"].values())
    return f"Saving the database: last time {took['dump']} for {size(tables)}, and {took['verify']} to prove it."


def _upgrade(snapshot: dict[str, Any] | None, records: list[Record]) -> str:
    done = [one for one in records if one["step"] == "upgrade" and one["from"] != one["to"]]
    if done:
        last = done[-1]
        return f"Upgrade and migration: {left(last['seconds'])} from {last['from']} to {last['to']}."
    of = f" ({size(sum(snapshot['counts']['bytes'].values()))} of tables)" if snapshot else ""
    return (
        f"Upgrade and migration: not done here before; the migration takes the longer the more is in the database{of}."
    )


def _cut(view: View) -> str:
    rows = view["providers"] or []
    on = sum((row["workspaces"] or {}).get("on", 0) for row in rows)
    built_in = sum((row["workspaces"] or {}).get("on", 0) for row in rows if row["built_in"])
    return (
        f"Coder's pods are replaced: its pages, terminals and editors of {on} workspaces that are on reconnect ({built_in} of them "
        "at the built-in provider, whose envproxy may be replaced, too); builds under way have 300 s to end."
    )
