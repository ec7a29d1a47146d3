# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Saved states named after the phases of region frankfurt."""

from __future__ import annotations

from pathlib import Path

from region_lab import RegionLab

#: Phase of a region → the steps (goal/step) that lead to it from the one before.
STEPS = {
    "satellite_up": "migrate/deploy_satellite",
    "registered": "migrate/register_satellite,migrate/backup_satellite",
    "switched": "migrate/cordon,migrate/switch",
    "moved": "migrate/rebuild,migrate/uncordon",
    "sealed": "retire/seal",
    "idle": "retire/envproxy_off,retire/soak,retire/canary",
    "retired": "retire/uninstall,retire/prove",
}


def save(lab: RegionLab) -> None:
    """Walks once through the region's life; envproxy is where it begins."""
    lab.begin("fresh")
    lab.lab.snapshot("envproxy")
    for phase, steps in STEPS.items():
        run = lab.operator.play(
            str(Path(__file__).with_name("stage.yml")),
            limit="frankfurt",
            stage_steps=steps,
            coder_confirm_rebuild="frankfurt",
            coder_confirm_retire="frankfurt",
            coder_backup_dir=str(lab.state / "backups"),
        )
        run.must_end_well()
        assert lab.phase("frankfurt-1") == phase, f"{steps} did not lead to {phase}"
        lab.lab.snapshot(phase)
