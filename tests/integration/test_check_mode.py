# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A check run writes nothing, and the plan that it prints is what the real run then does."""

from __future__ import annotations

import re

import pytest
from stages import STEPS

STEP = re.compile(r"^\W*\d+\. (\w+):", re.MULTILINE)


# The first check run of each way is followed by the real run, below.


@pytest.mark.parametrize("phase", STEPS)
def test_a_check_run_of_the_migration_writes_nothing(phases, phase):
    phases.begin(phase)
    run = phases.play("migrate_region.yml", "--check", "--diff", limit="frankfurt", coder_confirm_rebuild="frankfurt")
    run.must_end_well()
    phases.assert_nothing_written()


@pytest.mark.parametrize("phase", ["idle", "sealed", "retired"])
def test_a_check_run_of_the_retirement_writes_nothing(phases, phase):
    phases.begin(phase)
    run = phases.play("retire_region.yml", "--check", "--diff", limit="frankfurt", coder_confirm_retire="frankfurt")
    run.must_end_well()
    phases.assert_nothing_written()


@pytest.mark.parametrize("phase", ["satellite_up", "registered", "switched", "idle"])
def test_a_check_run_of_the_way_back_writes_nothing(phases, phase):
    phases.begin(phase)
    run = phases.play("rollback_region.yml", "--check", "--diff", limit="frankfurt", coder_confirm_rebuild="frankfurt")
    run.must_end_well()
    phases.assert_nothing_written()


@pytest.mark.parametrize(
    ("playbook", "phase"),
    [("migrate_region.yml", "envproxy"), ("retire_region.yml", "moved"), ("rollback_region.yml", "moved")],
)
def test_a_check_run_writes_nothing_and_its_plan_is_what_the_real_run_does(phases, playbook, phase):
    phases.begin(phase)
    consent = {"coder_confirm_rebuild": "frankfurt", "coder_confirm_retire": "frankfurt"}
    check = phases.play(playbook, "--check", "--diff", limit="frankfurt", **consent).must_end_well()
    phases.assert_nothing_written()
    real = phases.play(playbook, limit="frankfurt", **consent).must_end_well()
    planned = [step for step in STEP.findall(check.output) if step in DONE_BY]
    assert planned
    assert STEP.findall(real.output) == STEP.findall(check.output)
    assert [task for task in real.changed_tasks if task in DONE_BY.values()] == [DONE_BY[step] for step in planned]


#: Step of the plan → title of the task that does it; the others only look, wait, or write a file here.
DONE_BY = {
    "deploy_satellite": "Deploy the satellite's chart",
    "upgrade_satellite": "Deploy the satellite's chart",
    "register_satellite": "Register the satellite",
    "cordon": "Cordon the provider",
    "switch": "Turn Networking v2 on",
    "rebuild": "Rebuild the workspaces, first one alone",
    "rebuild_back": "Rebuild the workspaces for envproxy",
    "uncordon": "Uncordon the provider",
    "seal": "Seal what must stay into the stored manifest",
    "envproxy_off": "Scale envproxy to 0",
    "uninstall": "Uninstall the old chart, without what must stay",
    "envproxy_on": "Scale envproxy back to what it had",
    "switch_back": "Turn Networking v2 off",
    "unregister_satellite": "Delete the registration",
    "remove_satellite": "Uninstall the satellite's chart",
}
