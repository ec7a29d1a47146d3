# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from unit.plugins.module_utils._region.changes import (
    both,
    coder,
    release,
    satellite,
    satellite_release,
    wanted,
    wanted_satellite,
)
from unit.plugins.module_utils._region.scene import BEFORE, rebuilt, record, scene

from ansible_collections.coder.classic.plugins.module_utils._region.judge.assess import assess
from ansible_collections.coder.classic.plugins.module_utils._region.judge.phase import PHASES

REMOVAL = ["unregister_satellite", "backup_satellite", "remove_satellite"]
REGISTRATION = ["register_satellite", "backup_satellite"]
UNDO = ["switch_back", "rebuild_back", *REMOVAL, "uncordon"]
END = ["backup", "uninstall", "prove"]
REHEARSAL = ["envproxy_off", "soak", "canary"]
MOVE = ["cordon", "switch", "rebuild", "prove", "uncordon"]


def steps(seen, goal):
    return [step["step"] for step in assess(seen)["plan"][goal]]


@pytest.mark.parametrize(
    ("phase", "migrate", "retire", "rollback"),
    [
        ("envproxy", ["deploy_satellite", *REGISTRATION, *MOVE], ["seal", *REHEARSAL, *END], []),
        ("satellite_up", [*REGISTRATION, *MOVE], ["seal", *REHEARSAL, *END], ["backup_satellite", "remove_satellite"]),
        ("registered", MOVE, ["seal", *REHEARSAL, *END], REMOVAL),
        ("switched", ["rebuild", "prove"], ["seal", *REHEARSAL, *END], ["cordon", *UNDO]),
        ("moved", [], ["seal", *REHEARSAL, *END], ["cordon", *UNDO]),
        ("sealed", [], [*REHEARSAL, *END], ["cordon", *UNDO]),
        ("idle", [], END, ["envproxy_on", "cordon", *UNDO]),
        ("retired", [], [], []),
    ],
)
def test_the_steps_from_each_phase(phase, migrate, retire, rollback):
    plan = assess(scene(phase))["plan"]
    assert {goal: [step["step"] for step in plan[goal]] for goal in plan} == {
        "migrate": migrate,
        "retire": retire,
        "rollback": rollback,
        "update": ["update_chart"] if phase in PHASES[:4] else [],
    }


@pytest.mark.parametrize(
    ("change", "due"),
    [
        (release(chart_version="1.21.7"), False),
        (both(release(chart_version="1.21.7"), wanted(chart_version="1.21.4")), True),
        (wanted(chart_version="1.21.3"), False),
        # Killed in the middle: the same command goes on.
        (release(chart_version="1.21.7", status="pending-upgrade"), True),
        (release(chart_version="1.21.7", status="failed"), True),
    ],
)
def test_a_provider_s_chart_is_upgraded_to_the_wanted_version(change, due):
    seen = scene("registered")
    change(seen)
    assert steps(seen, "update") == (["update_chart"] if due else [])
    assert [entry["code"] for entry in assess(seen)["blockers"] if "update" in entry["for"]] == []


@pytest.mark.parametrize("goal", ["migrate", "retire"])
def test_a_provider_left_cordoned_is_uncordoned(goal):
    seen = scene("retired")
    record(seen, cordoned_at=BEFORE)
    assert steps(seen, goal) == ["uncordon"]


def test_a_run_killed_after_the_uninstall_leaves_the_last_proof():
    seen = scene("retired")
    record(seen, retired_at=None, cordoned_at=BEFORE)
    assert steps(seen, "retire") == ["prove", "uncordon"]
    assert "retire_region" in assess(seen)["next_step"]


@pytest.mark.parametrize("phase", ["moved", "idle", "retired"])
@pytest.mark.parametrize("change", [satellite_release(chart_version="1.21.6"), wanted_satellite(values_sha256="1")])
def test_a_satellite_that_is_not_the_wanted_one_is_upgraded_in_every_phase_and_that_cuts_sessions(phase, change):
    seen = scene(phase)
    change(seen)
    plan = assess(seen)["plan"]["migrate"]
    assert [step["step"] for step in plan] == ["upgrade_satellite"]
    assert "sessions through it drop" in plan[0]["risk"]


def test_a_satellite_that_is_the_wanted_one_is_let_alone_and_awaited_where_its_pods_are_not_ready():
    seen = scene("moved")
    wanted_satellite(values_sha256="0")(seen)
    assert steps(seen, "migrate") == []
    satellite(ready=False)(seen)
    assert steps(seen, "migrate") == ["await_satellite"]
    satellite_release(status="failed")(seen)
    assert steps(seen, "migrate") == ["deploy_satellite"]


def test_with_everything_rebuilt_the_proof_is_what_is_left():
    seen = scene("moved")
    record(seen, connected_at=None)
    assert steps(seen, "migrate") == ["prove"]
    record(seen, cordoned_at=BEFORE)
    assert steps(seen, "migrate") == ["prove", "uncordon"]


def test_without_workspaces_there_is_nothing_to_rebuild_and_nothing_to_reach():
    seen = scene("registered")
    coder(workspaces=[])(seen)
    assert steps(seen, "migrate") == ["cordon", "switch", "uncordon"]


def test_an_interrupted_rehearsal_goes_on_without_scaling_again():
    seen = scene("idle")
    rebuilt(seen, "2026-03-02T10:30:00Z")
    assert steps(seen, "retire") == ["canary", *END]
    seen["wanted"]["soak_seconds"] = 3600
    assert steps(seen, "retire") == ["soak", "canary", *END]


def test_sealing_needs_an_envproxy_that_runs_because_helm_would_start_it():
    seen = scene("idle")
    seen["cluster"]["release"]["must_stay"][0]["kept"] = False
    assert steps(seen, "retire") == ["envproxy_on", "seal", *REHEARSAL, *END]
    seen["cluster"]["envproxy"].update(exists=False)
    # Nothing has to be tried again that was proved without it.
    assert steps(seen, "retire") == ["seal", *END]


def test_the_way_back_rebuilds_until_all_are_back():
    seen = scene("envproxy")
    record(seen, rolled_back_at="2026-03-02T11:00:00Z")
    region = assess(seen)
    assert region["workspaces"]["to_rebuild_back"] == ["ana", "off"]
    assert [step["step"] for step in region["plan"]["rollback"]] == ["rebuild_back"]
    assert "rollback_region.yml -l sydney" in region["next_step"]
    rebuilt(seen, "2026-03-02T11:00:00Z")
    region = assess(seen)
    assert region["plan"]["rollback"] == []
    assert region["workspaces"]["to_rebuild"] == ["ana", "off"]
    assert "migrate_region.yml -l sydney" in region["next_step"]


def test_one_workspace_is_not_two():
    seen = scene("registered")
    seen["wanted"]["leave_workspaces"] = ["off"]
    plan = {step["step"]: step for step in assess(seen)["plan"]["migrate"]}
    assert plan["rebuild"]["action"].startswith("rebuild 1 workspace,")


def test_only_the_uninstall_cannot_be_undone_and_what_only_looks_says_so():
    plan = assess(scene("moved"))["plan"]["retire"]
    assert [step["step"] for step in plan if "no way back" in (step["risk"] or "")] == ["uninstall"]
    assert [step["step"] for step in plan if not step["changes"]] == ["soak", "backup"]


def test_who_is_left_behind_is_named_where_there_is_no_way_back():
    seen = scene("moved")
    seen["wanted"]["leave_workspaces"] = ["ana"]
    seen["coder"]["workspaces"][0]["last_built_at"] = BEFORE
    risks = {step["step"]: step["risk"] for step in assess(seen)["plan"]["retire"]}
    assert risks["uninstall"].endswith("nobody reaches ana until their next rebuild")


def test_what_is_sealed_is_named():
    seen = scene("moved")
    seen["cluster"]["release"]["must_stay"][0]["kept"] = True
    seal = assess(seen)["plan"]["retire"][0]
    assert "Role/coder, RoleBinding/coder, ServiceAccount/prov-environments" in seal["action"]
    assert "ServiceAccount/coder," not in seal["action"]
