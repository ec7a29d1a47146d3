# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in the way of writing down what cannot be had again. Pure. Private to this collection.

Each takes the observation (observe.look), the view (report.describe) and the phase, and answers findings, mostly none.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._region.findings import (
    MIGRATE,
    RETIRE,
    ROLLBACK,
    Finding,
    finding,
)
from ansible_collections.coder.classic.plugins.module_utils._region.phase import View

Seen = dict[str, Any]


def no_place(seen: Seen, view: View, _phase: str) -> list[Finding]:
    """Without it a satellite would be registered whose key is nowhere else, or something removed that is."""
    if seen["wanted"]["backup_dir"]:
        return []
    satellite = view["satellite"]
    removes = satellite["ours"] and satellite["deployed"] and not satellite["used_by"]
    goals = [
        goal for goal, needed in ((MIGRATE, True), (RETIRE, view["release"]["exists"]), (ROLLBACK, removes)) if needed
    ]
    return [
        finding(
            "no_backup_place",
            "There is no place for backups",
            where="coder_backup_dir, which is not set",
            why="the satellite's key and the release are written down before anything can be lost; in AWX there is no default, "
            "since a job's container ends with the job",
            next_step="set coder_backup_dir to a folder that outlives this run (in AWX, one that is mounted into the execution "
            "environment)",
            goals=goals,
        )
    ]


ALL = (no_place,)
