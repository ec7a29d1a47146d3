# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in the way of writing down what is about to be removed. Pure. Private to this collection.

Each takes the observation (observe.look), the view (report.describe) and the phase, and answers findings, mostly none.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._region.judge.phase import View
from ansible_collections.coder.classic.plugins.module_utils._region.tell.findings import (
    MIGRATE,
    RETIRE,
    ROLLBACK,
    Finding,
    finding,
)

Seen = dict[str, Any]


def place(seen: Seen, view: View, _phase: str) -> list[Finding]:
    """There is none that outlives the run, or it cannot be written, or it is full."""
    wrong, folder, goals = seen["backups"], seen["wanted"]["backup_dir"], _goals(view)
    if not goals or (folder and not wrong):
        return []
    if not folder:
        return [
            finding(
                "no_backup_place",
                "There is no place for backups that outlives this job",
                where="coder_backup_dir is not set; its default is below the inventory",
                why="in AWX that is in the job's container, which ends with the job",
                next_step="mount a folder into the execution environment and set coder_backup_dir to it",
                goals=goals,
            )
        ]
    return [
        finding(
            "backup_unwritable",
            "Backups cannot be written",
            where=folder,
            why=wrong,
            next_step="make the folder writable, make room in it, or choose another one with coder_backup_dir",
            goals=goals,
        )
    ]


def _goals(view: View) -> list[str]:
    """What still needs a backup to be written."""
    satellite = view["satellite"]
    needed = {
        MIGRATE: not satellite["backed_up"],
        RETIRE: bool(view["release"]["exists"]),
        ROLLBACK: satellite["deployed"] and satellite["ours"] and not satellite["used_by"],
    }
    return [goal for goal, is_needed in needed.items() if is_needed]


ALL = (place,)
