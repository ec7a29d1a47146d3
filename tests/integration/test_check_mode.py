# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A check run writes nothing, and the plan that it prints is what the real run then does."""

from __future__ import annotations

import re

import pytest
from conftest import STEPS

PHASES = ("envproxy", *STEPS)
STEP = re.compile(r"^\W*\d+\. (\w+):", re.MULTILINE)


@pytest.mark.parametrize("phase", PHASES)
def test_a_check_run_of_the_migration_writes_nothing(phases, phase):
    phases.begin(phase)
    run = phases.play("migrate_region.yml", "--check", "--diff", limit="frankfurt", coder_confirm_rebuild="frankfurt")
    run.must_end_well()
    phases.assert_nothing_written()


@pytest.mark.parametrize("phase", ["moved", "idle", "sealed", "retired"])
def test_a_check_run_of_the_retirement_writes_nothing(phases, phase):
    phases.begin(phase)
    run = phases.play("retire_region.yml", "--check", "--diff", limit="frankfurt", coder_confirm_retire="frankfurt")
    run.must_end_well()
    phases.assert_nothing_written()


@pytest.mark.parametrize("phase", ["satellite_up", "registered", "switched", "moved", "idle"])
def test_a_check_run_of_the_way_back_writes_nothing(phases, phase):
    phases.begin(phase)
    run = phases.play("rollback_region.yml", "--check", "--diff", limit="frankfurt", coder_confirm_rebuild="frankfurt")
    run.must_end_well()
    phases.assert_nothing_written()


def test_the_plan_of_the_check_run_is_what_the_real_run_does(phases):
    phases.begin("envproxy")
    check = phases.play("migrate_region.yml", "--check", limit="frankfurt", coder_confirm_rebuild="frankfurt")
    planned = STEP.findall(check.must_end_well().output)
    assert planned
    real = phases.play("migrate_region.yml", limit="frankfurt", coder_confirm_rebuild="frankfurt").must_end_well()
    assert STEP.findall(real.output) == planned
    assert real.done_steps() == planned
