# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Killed in the middle of each role, and run again: nothing is lost and the end is the same."""

from __future__ import annotations

import pytest

#: A task in the middle of each role's work, in the order of a region's life, and the playbook that it belongs to.
MIDDLES = (
    ("Deploy the satellite's chart", "migrate_region.yml"),
    ("Register the satellite", "migrate_region.yml"),
    ("Turn Networking v2 on", "migrate_region.yml"),
    ("Rebuild the workspaces, first one alone", "migrate_region.yml"),
    ("Seal what must stay", "retire_region.yml"),
    ("Wait for its last pod", "retire_region.yml"),
    ("Uninstall the old chart, without", "retire_region.yml"),
)


def test_killed_right_after_the_uninstall_the_last_proof_is_not_forgotten(phases):
    phases.begin("idle")
    consent = {"coder_confirm_retire": "frankfurt"}
    phases.play_until("Rebuild one workspace without the old chart", "retire_region.yml", limit="frankfurt", **consent)
    there = phases.look("frankfurt-1")
    assert there["phase"] == "retired"
    assert [step["step"] for step in there["plan"]["retire"]] == ["prove"]
    run = phases.play("retire_region.yml", limit="frankfurt").must_end_well()
    assert "Rebuild one workspace without the old chart" in run.changed_tasks
    assert phases.look("frankfurt-1")["plan"]["retire"] == []


def test_killed_in_the_middle_of_each_role_it_ends_as_if_never_killed(phases):
    phases.begin("retired")
    wanted, wanted_uids = phases.outcome("frankfurt-1"), None
    phases.begin("fresh")
    wanted_uids = phases.uids("frankfurt-1")
    consent = {"coder_confirm_rebuild": "frankfurt", "coder_confirm_retire": "frankfurt"}
    for task, playbook in MIDDLES:
        if playbook == "retire_region.yml" and phases.phase("frankfurt-1") in (
            "satellite_up",
            "registered",
            "switched",
        ):
            phases.play("migrate_region.yml", limit="frankfurt", **consent).must_end_well()
        phases.play_until(task, playbook, limit="frankfurt", **consent)
    phases.play("retire_region.yml", limit="frankfurt", **consent).must_end_well()
    assert phases.outcome("frankfurt-1") == wanted
    assert phases.uids("frankfurt-1") == wanted_uids


def test_an_install_of_the_satellite_that_was_killed_goes_on_with_its_key(phases):
    phases.begin("satellite_up")
    key = phases.look("frankfurt-1")["satellite"]["public_key"]
    phases.leave_release("frankfurt-1", "coder-satellite", "coder-satellite", "pending-install")
    phases.play("migrate_region.yml", limit="frankfurt", coder_confirm_rebuild="frankfurt").must_end_well()
    there = phases.look("frankfurt-1")
    assert (there["phase"], there["satellite"]["public_key"]) == ("moved", key)


def test_an_upgrade_of_the_satellite_that_was_killed_goes_on(phases):
    phases.begin("registered")
    asked = {"limit": "frankfurt", "coder_confirm_rebuild": "frankfurt"}
    asked["coder_satellite_values"] = '{"coderd":{"replicas":2}}'
    written = "create /api/v1/namespaces/coder-satellite/secrets"
    phases.play_until_written(written, "migrate_region.yml", **asked)
    assert phases.revisions("frankfurt-1", "coder-satellite", "coder-satellite") == [1, 2]
    phases.play("migrate_region.yml", **asked).must_end_well()
    there = phases.look("frankfurt-1")
    assert (there["phase"], there["satellite"]["status"]) == ("moved", "deployed")
    assert phases.play("migrate_region.yml", **asked).must_end_well().changed == {"frankfurt-1": 0}


def test_an_uninstall_that_was_killed_goes_on(phases):
    phases.begin("idle")
    uids = phases.uids("frankfurt-1")
    phases.leave_release("frankfurt-1", "coder", "coder-workspace-provider", "uninstalling")
    phases.kubectl("frankfurt-1", "delete", "service/envproxy")
    phases.play("retire_region.yml", limit="frankfurt", coder_confirm_retire="frankfurt").must_end_well()
    assert phases.phase("frankfurt-1") == "retired"
    assert phases.uids("frankfurt-1") == uids
    assert phases.revisions("frankfurt-1") == []


#: A write, as the audit log or Coder tells it, and the playbook that it belongs to: where a half-done thing hurts most.
WRITES = (
    ("create /api/v1/namespaces/coder-satellite/secrets", "migrate_region.yml", "envproxy"),
    ("POST /api/private/satellites", "migrate_region.yml", "envproxy"),
    ("/cordon", "migrate_region.yml", "envproxy"),
    ("PATCH /api/private/resource-pools", "migrate_region.yml", "envproxy"),
    ("PATCH /api/v0/workspaces", "migrate_region.yml", "registered"),
    ("create /api/v1/namespaces/coder/secrets", "retire_region.yml", "moved"),
    ("roles/coder?fieldManager=helm", "retire_region.yml", "moved"),
    (
        "update /api/v1/namespaces/coder/secrets/sh.helm.release.v1.coder-workspace-provider.v1",
        "retire_region.yml",
        "moved",
    ),
    ("patch /apis/apps/v1/namespaces/coder/deployments/envproxy", "retire_region.yml", "sealed"),
    ("delete /api/v1/namespaces/coder/services/envproxy", "retire_region.yml", "idle"),
    ("delete /api/v1/namespaces/coder/secrets/sh.helm.release.v1", "retire_region.yml", "idle"),
)


@pytest.mark.parametrize(("write", "playbook", "phase"), WRITES, ids=lambda value: value.rpartition("/")[2])
def test_killed_right_after_a_write_the_same_command_makes_up_for_it(phases, write, playbook, phase):
    phases.begin(phase)
    uids, before = phases.uids("frankfurt-1"), phases.state_of_coder()["providers"]
    consent = {"coder_confirm_rebuild": "frankfurt", "coder_confirm_retire": "frankfurt"}
    phases.play_until_written(write, playbook, limit="frankfurt", **consent)
    phases.play(playbook, limit="frankfurt", **consent).must_end_well()
    assert phases.phase("frankfurt-1") == {"migrate_region.yml": "moved", "retire_region.yml": "retired"}[playbook]
    assert phases.uids("frankfurt-1") == uids
    assert [one["name"] for one in phases.state_of_coder()["satellites"]] == ["frankfurt"]
    assert phases.workspaces("frankfurt-1")["frankfurt-1-off"]["container_status"] == "OFF"
    assert [one["cordoned"] for one in phases.state_of_coder()["providers"]] == [one["cordoned"] for one in before]
