# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is worth knowing although it stops nothing."""

from __future__ import annotations

import pytest
from unit.plugins.module_utils._region.changes import (
    both,
    cluster,
    coder,
    envproxy,
    release,
    satellite,
    staying,
    wanted,
)
from unit.plugins.module_utils._region.scene import BEFORE, LATE, failure, rebuilt, record, scene

from ansible_collections.coder.classic.plugins.module_utils._region.judge.assess import assess


def terminating(seen):
    envproxy(pods=1, terminating=[{"name": "envproxy-1", "since": seen["coder"]["server_time"]}])(seen)


def reached_at(address):
    return lambda seen: seen["coder"]["providers"][0].update(config={"cluster_address": address})


def all_off(seen):
    for row in seen["coder"]["workspaces"]:
        row["latest_stat"] = {"container_status": "OFF"}
    record(seen, connected_at=None)


def not_answered(**more):
    return satellite(served=None, same_key=None, served_problem=failure("unreachable"), **more)


WARNINGS = [
    ("envproxy", coder(skew_seconds=-75.0), "clock_skew", ["75 seconds behind Coder's"]),
    ("moved", staying(0, hand_kept=True), "kept_by_hand", ["ServiceAccount/coder", "protects nothing"]),
    (
        "moved",
        cluster(token_secret=False),
        "no_token_secret",
        ["long-lived token", "kubernetes.io/service-account-token"],
    ),
    (
        "envproxy",
        lambda seen: seen["coder"]["workspaces"][0].update(latest_stat={"container_status": "FAILED"}),
        "workspaces_failed",
        ["ana", "coder_workspaces_leave"],
    ),
    ("registered", envproxy(ready=0), "envproxy_down", ["no ready pod", "rollback_region"]),
    ("idle", terminating, "open_sessions", ["1 envproxy pod(s)", "envproxy-1 (0 s)", "four hours"]),
    ("switched", lambda seen: record(seen, cordoned_at=BEFORE), "cordoned", [BEFORE, "migrate_region.yml -l sydney"]),
    ("registered", lambda seen: record(seen, cordoned_at=BEFORE), "cordoned", ["migrate_region.yml -l sydney"]),
    ("envproxy", lambda seen: record(seen, cordoned_at=BEFORE), "cordoned", ["migrate_region.yml -l sydney"]),
    (
        "registered",
        lambda seen: record(seen, cordoned_at=BEFORE, rolled_back_at=LATE),
        "cordoned",
        ["if no run works any more", "rollback_region.yml -l sydney"],
    ),
    (
        "registered",
        lambda seen: record(seen, cordoned_at=LATE, rolled_back_at=BEFORE),
        "cordoned",
        ["migrate_region.yml -l sydney"],
    ),
    ("sealed", lambda seen: record(seen, cordoned_at=BEFORE), "cordoned", ["retire_region.yml -l sydney"]),
    ("moved", reached_at("https://10.1.2.3:6443"), "other_address", ["10.1.2.3:6443", "https://k8s.test", "two names"]),
    ("moved", all_off, "connectivity_unproved", ["none of them runs", "migrate_region.yml -l sydney"]),
    ("idle", coder(workspaces=[]), "connectivity_unproved", ["there is no workspace for it"]),
    (
        "moved",
        both(
            wanted(leave_workspaces=["ana"]), lambda seen: seen["coder"]["workspaces"][0].update(last_built_at=BEFORE)
        ),
        "left_behind",
        ["running: ana", "envproxy is their only way"],
    ),
    (
        "satellite_up",
        not_answered(ready=False, waiting=["coderd-1: ImagePullBackOff"]),
        "satellite_not_answering",
        ["It is unreachable", "coderd-1: ImagePullBackOff"],
    ),
    (
        "satellite_up",
        not_answered(address=["203.0.113.7"]),
        "satellite_not_reachable_yet",
        ["pods are ready, but https://sydney.coder.test", "because", "A sydney.coder.test → 203.0.113.7"],
    ),
]


@pytest.mark.parametrize(("phase", "change", "code", "words"), WARNINGS, ids=[case[2] for case in WARNINGS])
def test_what_is_only_worth_knowing(phase, change, code, words):
    seen = scene(phase)
    change(seen)
    region = assess(seen)
    assert [entry["code"] for entry in region["warnings"]] == [code]
    text = " ".join(str(value) for value in region["warnings"][0].values())
    assert [word for word in words if word not in text] == []
    assert all(region["warnings"][0][key] for key in ("message", "where", "why", "untouched", "next", "for"))
    assert code not in [entry["code"] for entry in region["blockers"]]


@pytest.mark.parametrize("phase", ["idle", "retired"])
def test_the_token_is_no_worry_any_more_once_the_region_worked_without_envproxy(phase):
    seen = scene(phase)
    cluster(token_secret=False)(seen)
    assert assess(seen)["warnings"] == []


@pytest.mark.parametrize(("phase", "told"), [("envproxy", ["migrate"]), ("moved", None)])
def test_what_will_stop_the_retirement_is_told_before_the_region_moves(phase, told):
    seen = scene(phase)
    release(removed_apis=[{"kind": "Ingress", "name": "web", "api_version": "extensions/v1beta1"}])(seen)
    found = [entry["for"] for entry in assess(seen)["warnings"] if entry["code"] == "removed_apis"]
    assert found == ([told] if told else [])


@pytest.mark.parametrize("address", ["https://k8s.test", "https://K8S.test:443/", "k8s.test", "", None])
def test_the_same_address_in_other_words_is_the_same(address):
    seen = scene("moved")
    reached_at(address)(seen)
    assert assess(seen)["warnings"] == []


@pytest.mark.parametrize(("version", "warned"), [("1.22.3", True), ("1.22.4", True), ("1.21.7", False)])
def test_1_22_is_older_than_the_last_fixes_of_satellites(version, warned):
    seen = scene("envproxy")
    coder(version=version)(seen)
    assert ("old_satellite_fixes" in [entry["code"] for entry in assess(seen)["warnings"]]) is warned


def test_a_workspace_that_coder_rebuilt_at_the_switch_is_not_left_behind():
    seen = scene("moved")
    wanted(leave_workspaces=["ana"])(seen)
    assert assess(seen)["warnings"] == []
    rebuilt(seen, BEFORE)
    assert [entry["code"] for entry in assess(seen)["warnings"]] == []
    assert assess(seen)["phase"] == "switched"
