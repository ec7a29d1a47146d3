# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What cannot be undone, or cuts sessions, is guarded where it is done: nothing leads around it.

A sample of what `make sweep` tries for every playbook, task title and variable.
"""

from __future__ import annotations

import json
import threading
from dataclasses import replace

import pytest

LIVE = "frankfurt-1"
CONSENT = {"coder_confirm_rebuild": "frankfurt", "coder_confirm_retire": "frankfurt"}


# -- consent ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("phase", "options", "variables"),
    [
        ("idle", [], {"coder_goal": "migrate"}),
        ("idle", [], {"preflight_goal": "migrate", "preflight_only": "true"}),
        ("idle", ["--start-at-task", "Uninstall the old chart, without what must stay"], {}),
        ("moved", ["--start-at-task", "Seal what must stay into the stored manifest"], {}),
        ("sealed", ["--start-at-task", "Scale envproxy to 0"], {}),
        ("idle", [], {"coder_region": "sydney", "coder_confirm_retire": "sydney"}),
    ],
)
def test_no_retirement_without_consent(phases, phase, options, variables):
    phases.begin(phase)
    phases.play("retire_region.yml", *options, limit="frankfurt", **variables).must_fail("Untouched", "Next")
    phases.assert_nothing_written()


def test_with_consent_and_in_the_wrong_phase_nothing_is_sealed(phases):
    phases.begin("envproxy")
    options = ["--start-at-task", "Seal what must stay into the stored manifest"]
    phases.play("retire_region.yml", *options, limit="frankfurt", **CONSENT).must_fail("only a moved one")
    phases.assert_nothing_written()


@pytest.mark.parametrize(
    "title", ["Cordon the provider", "Turn Networking v2 on", "Rebuild the workspaces, first one alone"]
)
def test_no_step_is_taken_before_those_that_it_stands_on(phases, title):
    phases.begin("satellite_up")
    run = phases.play("migrate_region.yml", "--start-at-task", title, limit="frankfurt", **CONSENT)
    assert phases.provider(LIVE)["enable_net_v2"] is False
    assert phases.coder_writes() == [], run.output


@pytest.mark.parametrize(
    ("playbook", "phase"), [("migrate_region.yml", "registered"), ("rollback_region.yml", "moved")]
)
def test_sessions_are_not_cut_by_leading_around_preflight(phases, playbook, phase):
    phases.begin(phase)
    run = phases.play(playbook, "--start-at-task", "Cordon the provider", limit="frankfurt")
    run.must_fail("coder_confirm_rebuild=frankfurt")
    phases.assert_nothing_written()


def test_another_strategy_starts_no_region_when_one_is_unfit(fresh):
    key = "meta.helm.sh/release-name"
    fresh.kubectl(LIVE, "annotate", "serviceaccount", "coder", "--overwrite", f"{key}=coder")
    free = replace(fresh.operator, more={"ANSIBLE_STRATEGY": "free"})
    run = free.play("migrate_region.yml", coder_confirm_rebuild="sydney,frankfurt", coder_backup_dir=fresh.state / "b")
    run.must_fail(LIVE, "Untouched", "Next")
    fresh.assert_nothing_written()
    assert free.play("status.yml").output.count("WORKSPACES") == 1


# -- what must exist beside a state ---------------------------------------------------------------------------------


def backups(lab) -> list:
    return list((lab.state / "backups" / "frankfurt" / "satellite").glob("*.json"))


def test_a_run_killed_after_the_registration_makes_the_backup_of_the_key_when_run_again(phases):
    phases.begin("satellite_up")
    for file in backups(phases):
        file.unlink()
    phases.play_until_written("POST /api/private/satellites", "migrate_region.yml", limit="frankfurt", **CONSENT)
    assert backups(phases) == []
    phases.play("migrate_region.yml", limit="frankfurt", **CONSENT).must_end_well()
    (file,) = backups(phases)
    assert "coder-replica-private-key" in file.read_text()
    file.unlink()
    phases.begin("retired")
    phases.play("migrate_region.yml", limit="frankfurt").must_end_well()
    assert len(backups(phases)) == 1, "also of one that somebody else registered"


def test_nothing_is_removed_whose_backup_cannot_be_written(phases, tmp_path):
    phases.begin("idle")
    (tmp_path / "frankfurt").write_text("a file where the folder should be")
    run = phases.operator.play(
        "retire_region.yml", "--start-at-task", "Uninstall the old chart, without what must stay",
        limit="frankfurt", coder_backup_dir=tmp_path, **CONSENT,
    )  # fmt: skip
    run.must_fail("backup", "Untouched", "Next")
    assert phases.revisions(LIVE)
    assert not [write for write in phases.cluster_writes() if " delete " in write and "leases" not in write]


@pytest.mark.parametrize(
    "data",
    [
        {"switched_at": "2099-01-01T00:00:00Z"},
        {"switched_at": "yesterday"},
        {"envproxy_replicas": "-1"},
        {"kept_uids": "[]"},
    ],
)
def test_a_record_that_holds_rubbish_decides_nothing(phases, data):
    phases.begin("moved")
    patch = json.dumps({"data": data})
    phases.kubectl(LIVE, "patch", "configmap", "coder-classic-migration", "--type=merge", "-p", patch)
    phases.forget()
    phases.play("migrate_region.yml", limit="frankfurt", **CONSENT).must_fail("coder-classic-migration", "Untouched")
    phases.assert_nothing_written()


def test_networking_v2_switched_off_in_the_middle_of_the_rebuilds_ends_them(phases):
    phases.begin("switched")
    # The rebuilds are in the middle until that is taken back, on however slow a machine.
    phases.fault(kind="build_hang", workspace=f"{LIVE}-off")
    try:
        provider = phases.provider(LIVE)
        process = phases.operator.start("migrate_region.yml", limit="frankfurt", coder_rebuild_parallel=1,
                                        coder_backup_dir=phases.state / "backups", **CONSENT)  # fmt: skip
        phases.until(lambda: any("workspaces" in write for write in phases.coder_writes()), 60)
        body = {"enable_net_v2": False}
        phases.coder("PATCH", f"/api/private/resource-pools/{provider['id']}", body).raise_for_status()
    finally:
        phases.lab.control("DELETE", "/faults")
    output, _unused = process.communicate(timeout=300)
    assert process.returncode != 0, output[-3000:]
    assert phases.provider(LIVE)["cordoned"] is False


# -- one run at a time ----------------------------------------------------------------------------------------------


def test_a_second_run_is_kept_away_and_told_who_holds_the_lock(phases):
    phases.begin("registered")
    # The first run holds the lock until that is taken back, on however slow a machine.
    phases.fault(kind="build_hang", workspace=f"{LIVE}-off")
    ended = []

    def migrate():
        ended.append(phases.play("migrate_region.yml", limit="frankfurt", **CONSENT))

    first = threading.Thread(target=migrate)
    try:
        first.start()
        phases.until(lambda: phases.provider(LIVE)["enable_net_v2"], 120)
        second = phases.play("rollback_region.yml", limit="frankfurt", **CONSENT)
        second.must_fail("Another run holds the lock", "migrate_region.yml", "Untouched")
        # Nor is anything brought back meanwhile, whatever it would be.
        third = phases.play("restore_objects.yml", limit=LIVE, coder_restore_backup=phases.state / "backup.json")
        third.must_fail("Another run holds the lock of region frankfurt", "coder_lock_takeover=frankfurt", "Untouched")
    finally:
        phases.lab.control("DELETE", "/faults")
        first.join(timeout=300)
    ended[0].must_end_well()
    assert phases.phase(LIVE) == "moved"
    assert phases.provider(LIVE)["cordoned"] is False
    assert leases(phases) == []


def leases(lab) -> list[str]:
    listed = lab.kubectl("primary", "get", "leases", "-A", "-o", "name").split()
    return [name for name in listed if "coder-classic" in name]


def test_a_lock_of_a_run_that_nobody_can_see_is_taken_over_only_when_stale_and_asked_for(phases):
    phases.begin("registered")
    stale = {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": "coder-classic-frankfurt", "namespace": "coder"},
        "spec": {
            "holderIdentity": "jane@elsewhere",
            "leaseDurationSeconds": 300,
            "renewTime": "2026-01-01T00:00:00.000000Z",
        },
    }
    file = phases.state / "lease.json"
    file.write_text(json.dumps(stale))
    phases.kubectl("primary", "apply", "-f", str(file))
    phases.forget()
    phases.play("migrate_region.yml", limit="frankfurt", **CONSENT).must_fail(
        "Another run holds the lock", "jane@elsewhere", "Next"
    )
    assert phases.coder_writes() == []
    run = phases.play("migrate_region.yml", limit="frankfurt", coder_lock_takeover="frankfurt", **CONSENT)
    run.must_end_well()
    assert phases.phase(LIVE) == "moved"


# -- variables ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("coder_rebuild_parallel", "0"),
        ("coder_soak_seconds", "-5"),
        ("coder_provider_cluster_uid", ""),
        ("coder_confirm_rebuild", "true"),
        ("coder_confirm_retire", "1"),
        ("coder_satellite_values", "just text"),
        ("coder_shared_clusters", "perhaps"),
    ],
)
def test_odd_values_are_refused_before_the_first_write(phases, variable, value):
    phases.begin("registered")
    variables = {**CONSENT, variable: value}
    run = phases.play("migrate_region.yml", "--start-at-task", "Cordon the provider", limit="frankfurt", **variables)
    run.must_fail(variable, "Untouched", "Next")
    phases.assert_nothing_written()
    phases.play("migrate_region.yml", limit="frankfurt", **variables).must_fail(variable, "Untouched", "Next")
    phases.assert_nothing_written()
