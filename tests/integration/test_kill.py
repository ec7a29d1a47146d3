# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Killed in the middle of each role, and run again: nothing is lost and the end is the same."""

from __future__ import annotations

#: A task in the middle of each role's work, in the order of a region's life, and the playbook that it belongs to.
MIDDLES = (
    ("Deploy the satellite's chart", "migrate_region.yml"),
    ("Register the satellite under", "migrate_region.yml"),
    ("Turn Networking v2 on", "migrate_region.yml"),
    ("Rebuild the workspaces, first one alone", "migrate_region.yml"),
    ("Seal what must stay", "retire_region.yml"),
    ("Wait for the soak time", "retire_region.yml"),
    ("Uninstall the old chart, without", "retire_region.yml"),
)


def test_killed_right_after_the_uninstall_the_last_proof_is_not_forgotten(phases):
    phases.begin("idle")
    consent = {"coder_confirm_retire": "frankfurt"}
    phases.play_until("Rebuild one workspace and reach it", "retire_region.yml", limit="frankfurt", **consent)
    there = phases.look("frankfurt-1")
    assert there["phase"] == "retired"
    assert [step["step"] for step in there["plan"]["retire"]] == ["prove"]
    run = phases.play("retire_region.yml", limit="frankfurt").must_end_well()
    assert "Rebuild one workspace and reach it" in run.changed_tasks
    assert phases.look("frankfurt-1")["plan"]["retire"] == []


def test_killed_in_the_middle_of_each_role_it_ends_as_if_never_killed(phases):
    phases.begin("retired")
    wanted, wanted_uids = phases.outcome("frankfurt-1"), None
    phases.begin("fresh")
    wanted_uids = phases.uids("frankfurt-1")
    consent = {"coder_confirm_rebuild": "frankfurt", "coder_confirm_retire": "frankfurt"}
    for task, playbook in MIDDLES:
        if playbook == "retire_region.yml" and phases.phase("frankfurt-1") in ("satellite_up", "registered", "switched"):
            phases.play("migrate_region.yml", limit="frankfurt", **consent).must_end_well()
        phases.play_until(task, playbook, limit="frankfurt", **consent)
    phases.play("retire_region.yml", limit="frankfurt", **consent).must_end_well()
    assert phases.outcome("frankfurt-1") == wanted
    assert phases.uids("frankfurt-1") == wanted_uids
