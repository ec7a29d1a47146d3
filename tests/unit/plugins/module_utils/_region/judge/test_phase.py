# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from unit.plugins.module_utils._region.changes import envproxy, workspace_in_use
from unit.plugins.module_utils._region.scene import (
    AFTER,
    BEFORE,
    IDLE_SINCE,
    LATE,
    candidate,
    provider,
    rebuilt,
    record,
    scene,
    workspace,
)

from ansible_collections.coder.classic.plugins.module_utils._region.judge.assess import assess
from ansible_collections.coder.classic.plugins.module_utils._region.judge.phase import PHASES

GOAL = {"moved": "retire", "idle": "retire", "sealed": "retire", "retired": None}


def phase(seen):
    return assess(seen)["phase"]


@pytest.mark.parametrize("wanted", PHASES)
def test_a_healthy_region_is_in_its_phase_and_nothing_stands_in_the_way_of_what_is_next(wanted):
    region = assess(scene(wanted))
    assert (region["phase"], region["next_goal"]) == (wanted, GOAL.get(wanted, "migrate"))
    assert [entry for entry in region["blockers"] if region["next_goal"] in entry["for"]] == []
    assert region["warnings"] == []


def no_workspaces(seen):
    seen["coder"]["workspaces"] = []


def left(seen):
    rebuilt(seen, BEFORE)
    seen["wanted"]["leave_workspaces"] = ["ana", "id-off"]


def never_built(seen):
    seen["coder"]["workspaces"].append(workspace("new", "0001-01-01T00:00:00Z"))


def being_built(seen):
    seen["coder"]["workspaces"][0]["updating"] = True


def provider_in_error(seen):
    seen["coder"]["providers"][0]["status"] = "error"


def built_exactly_at_the_switch(seen):
    rebuilt(seen, "2026-03-02T10:00:00Z")


def half_rebuilt(seen):
    seen["coder"]["workspaces"][0]["last_built_at"] = BEFORE


def no_record(seen):
    record(seen, switched_at=None, idle_since=None)


def connected(when):
    return lambda seen: record(seen, connected_at=when)


def unproved_and_none_runs(seen):
    connected(None)(seen)
    seen["coder"]["workspaces"][0]["latest_stat"] = {"container_status": "OFF"}


def unproved_and_only_one_that_is_left_runs(seen):
    connected(None)(seen)
    seen["wanted"]["leave_workspaces"] = ["ana"]


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (no_workspaces, "moved"),
        (left, "moved"),
        (built_exactly_at_the_switch, "moved"),
        (never_built, "switched"),
        (being_built, "moved"),
        (provider_in_error, "switched"),
        (half_rebuilt, "switched"),
        (no_record, "switched"),
        (connected(None), "switched"),
        (connected(BEFORE), "switched"),
        (connected("2026-03-02T10:00:00Z"), "moved"),
        (unproved_and_none_runs, "moved"),
        (unproved_and_only_one_that_is_left_runs, "moved"),
    ],
)
def test_moved_or_still_switched(change, wanted):
    seen = scene("moved")
    change(seen)
    assert phase(seen) == wanted


def too_early(seen):
    record(seen, idle_since="2026-03-02T11:55:00Z")
    rebuilt(seen, "2026-03-02T11:56:00Z")


def soaked_to_the_second(seen):
    record(seen, idle_since="2026-03-02T11:50:00Z")
    rebuilt(seen, "2026-03-02T11:50:00Z")


def no_canary(seen):
    rebuilt(seen, AFTER)


def canary_is_to_be_left(seen):
    seen["wanted"]["leave_workspaces"] = ["off"]


def all_to_be_left(seen):
    seen["wanted"]["leave_workspaces"] = ["off", "ana"]


@pytest.mark.parametrize(
    ("change", "wanted", "why"),
    [
        (envproxy(exists=False, replicas=0), "idle", None),
        (soaked_to_the_second, "idle", None),
        (no_workspaces, "idle", None),
        (all_to_be_left, "idle", None),
        (envproxy(replicas=1), "sealed", "envproxy runs"),
        (envproxy(pods=1), "sealed", "pods of envproxy are left"),
        (too_early, "sealed", "off for 300 of 600 seconds"),
        (no_canary, "sealed", "no workspace was rebuilt since envproxy is off"),
        (canary_is_to_be_left, "sealed", "no workspace was rebuilt since envproxy is off"),
        (lambda seen: record(seen, idle_since=None), "sealed", "nobody recorded since when envproxy is off"),
    ],
)
def test_idle_or_still_sealed(change, wanted, why):
    seen = scene("idle")
    change(seen)
    region = assess(seen)
    assert region["phase"] == wanted
    assert why is None or why in region["next_step"]


def test_next_is_the_proof_through_the_satellite_where_it_is_lacking():
    seen = scene("sealed")
    connected(None)(seen)
    region = assess(seen)
    assert (region["phase"], region["next_goal"]) == ("switched", "migrate")
    assert "no workspace was reached through the satellite since the switch" in region["next_step"]
    assert [entry["code"] for entry in region["blockers"] if "retire" in entry["for"]] == ["not_moved"]


def test_the_canary_of_the_rehearsal_may_be_the_first_one_that_runs():
    seen = scene("idle")
    connected(None)(seen)
    assert phase(seen) == "idle"


def in_trouble(status):
    return lambda seen: seen["coder"]["providers"][0].update(status=status, status_message="token refused")


@pytest.mark.parametrize("status", ["cordoned", "pending", "draining", "", None])
@pytest.mark.parametrize("reached", PHASES)
def test_while_we_hold_the_cordon_nothing_demands_that_the_provider_is_ready(reached, status):
    seen = scene(reached)
    in_trouble(status)(seen)
    record(seen, cordoned_at=BEFORE)
    region = assess(seen)
    assert region["phase"] == reached and region["provider"]["in_order"] is True
    assert [entry["code"] for entry in region["blockers"] if entry["code"].startswith("provider_")] == []
    assert "the provider's status" not in region["next_step"]
    # The uncordoning is what is left: it is not over before.
    assert region["next_goal"] is not None


@pytest.mark.parametrize("reached", PHASES)
def test_without_our_cordon_the_same_status_is_told(reached):
    seen = scene(reached)
    in_trouble("cordoned")(seen)
    region = assess(seen)
    assert region["provider"]["in_order"] is False
    assert "provider_not_ready" in [entry["code"] for entry in region["blockers"]]


@pytest.mark.parametrize("reached", PHASES)
def test_an_error_is_told_with_its_message_also_while_we_hold_the_cordon(reached):
    seen = scene(reached)
    in_trouble("error")(seen)
    record(seen, cordoned_at=BEFORE)
    found = next(entry for entry in assess(seen)["blockers"] if entry["code"] == "provider_error")
    assert found["why"] == "token refused"


@pytest.mark.parametrize(("status", "code"), [("error", "provider_error"), ("pending", "provider_pending")])
@pytest.mark.parametrize("recorded", [IDLE_SINCE, None])
def test_a_killed_rehearsal_that_took_the_access_along_is_undone_by_the_same_playbook(status, code, recorded):
    seen = scene("idle")
    in_trouble(status)(seen)
    record(seen, idle_since=recorded)
    region = assess(seen)
    assert region["phase"] == "sealed"
    assert [entry["code"] for entry in region["blockers"] if {"retire", "rollback"} & set(entry["for"])] == []
    found = next(entry for entry in region["blockers"] if entry["code"] == code)
    assert ("off since " + recorded if recorded else "at 0 replicas") in found["message"]
    assert "retire_region.yml -l sydney again" in found["next"]
    assert "kubectl -n coder scale deployment envproxy --replicas=2" in found["next"]
    assert region["next_step"].startswith("Run retire_region.yml -l sydney: an earlier run left envproxy off")


def test_a_killed_rehearsal_need_not_have_a_canary_to_be_undone():
    seen = scene("idle")
    in_trouble("error")(seen)
    for index in (0, 1):
        workspace_in_use(index)(seen)
    assert [entry["code"] for entry in assess(seen)["blockers"] if "retire" in entry["for"]] == []


def test_an_envproxy_that_runs_again_is_not_what_the_provider_lacks():
    seen = scene("idle")
    in_trouble("error")(seen)
    envproxy(replicas=2, ready=2, pods=2)(seen)
    region = assess(seen)
    assert region["phase"] == "sealed"
    found = next(entry for entry in region["blockers"] if entry["code"] == "provider_error")
    assert found["for"] == ["migrate", "retire"]
    assert "scaled up again" in found["next"]


def test_a_retired_region_whose_provider_fails_is_not_done():
    seen = scene("retired")
    in_trouble("error")(seen)
    region = assess(seen)
    assert (region["phase"], region["next_goal"]) == ("retired", "retire")
    assert region["next_step"].startswith("Resolve provider_error first")
    assert "nothing is left" not in region["next_step"].lower()


@pytest.mark.parametrize("status", ["pending-upgrade", "pending-rollback", "failed", "superseded"])
def test_a_revision_that_stopped_seals_nothing(status):
    seen = scene("sealed")
    seen["cluster"]["release"]["status"] = status
    assert phase(seen) == "moved"


@pytest.mark.parametrize("reached", ["sealed", "idle"])
def test_one_object_that_the_manifest_does_not_keep_is_not_sealed(reached):
    seen = scene(reached)
    seen["cluster"]["release"]["must_stay"][3]["kept"] = False
    assert phase(seen) == "moved"


def test_an_interrupted_uninstall_of_an_idle_region_can_go_on():
    seen = scene("idle")
    seen["cluster"]["release"]["status"] = "uninstalling"
    envproxy(exists=False)(seen)
    region = assess(seen)
    assert region["phase"] == "idle"
    assert [entry["code"] for entry in region["blockers"] if "retire" in entry["for"]] == []


def not_ready(seen):
    seen["satellite"]["ready"] = False


def other_fingerprint(seen):
    seen["coder"]["satellites"][0]["fingerprint"] = "x:x"


def other_key(seen):
    seen["satellite"]["same_key"] = False


@pytest.mark.parametrize(
    ("change", "wanted"), [(not_ready, "envproxy"), (other_key, "envproxy"), (other_fingerprint, "satellite_up")]
)
def test_a_registration_counts_only_for_a_healthy_and_proved_satellite(change, wanted):
    seen = scene("registered")
    change(seen)
    assert phase(seen) == wanted


@pytest.mark.parametrize("reached", ["switched", "moved", "sealed", "idle", "retired"])
def test_a_satellite_that_fails_later_does_not_put_the_region_back(reached):
    seen = scene(reached)
    not_ready(seen)
    assert phase(seen) == reached


@pytest.mark.parametrize(
    ("version", "field", "wanted"),
    [
        ("1.20.4", {"enable_net_v2": True}, "registered"),
        ("1.21.7", {}, "registered"),
        ("1.21.7", {"enable_net_v2": False}, "registered"),
        ("1.21.7", {"enable_net_v2": True}, "moved"),
        ("1.22.3", {}, "moved"),
        (None, {"enable_net_v2": True}, "unknown"),
    ],
)
def test_what_networking_v2_is_called_depends_on_the_version(version, field, wanted):
    seen = scene("moved")
    known = provider()
    del known["enable_net_v2"]
    seen["coder"].update(version=version, providers=[{**known, **field}])
    assert phase(seen) == wanted


def hide(part, key, value=None):
    return lambda seen: seen[part].update({key: value})


@pytest.mark.parametrize(
    "change",
    [
        hide("coder", "providers"),
        hide("coder", "workspaces"),
        hide("cluster", "release_seen", False),
        hide("cluster", "envproxy"),
        hide("cluster", "record_seen", False),
        hide("coder", "providers", [provider(), provider()]),
    ],
)
@pytest.mark.parametrize("reached", PHASES)
def test_a_phase_is_never_guessed(reached, change):
    seen = scene(reached)
    change(seen)
    region = assess(seen)
    assert region["phase"] == "unknown"
    assert region["plan"] == {goal: [] for goal in ("migrate", "retire", "rollback", "update")}
    assert "status.yml -l sydney" in region["next_step"]


def access_gone(seen):
    seen["cluster"]["access"][0].update(live=False, uid=None)
    seen["cluster"]["recorded"]["ServiceAccount/coder"] = None


def access_recreated(seen):
    seen["cluster"]["recorded"]["ServiceAccount/coder"] = "another"


def not_switched(seen):
    seen["coder"]["providers"][0]["enable_net_v2"] = False


def wrong_name(seen):
    seen["cluster"]["candidates"] = [candidate("real")]
    seen["cluster"]["access"][0]["owner"] = "real"


@pytest.mark.parametrize("change", [access_gone, access_recreated, not_switched, wrong_name, hide("cluster", "access")])
def test_without_its_release_and_not_retired_is_unknown(change):
    seen = scene("retired")
    change(seen)
    region = assess(seen)
    assert region["phase"] == "unknown"
    assert region["blockers"]


def test_retired_by_hand_leaves_no_record_and_counts_all_the_same():
    seen = scene("retired")
    record(seen, kept_uids={})
    seen["cluster"]["recorded"] = {}
    seen["cluster"]["access"][0]["owner"] = "an-older-one-that-is-gone"
    assert phase(seen) == "retired"


def test_times_of_other_zones_are_the_same_moments():
    seen = scene("idle")
    record(seen, idle_since="2026-03-02T22:30:00+11:00")
    assert phase(seen) == "idle"
    assert IDLE_SINCE < LATE
