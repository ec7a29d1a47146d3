# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from unit.plugins.module_utils._region.changes import both, coder, satellite_release, wanted, workspace_in_use
from unit.plugins.module_utils._region.scene import LATE, SWITCHED_AT, provider, record, scene

from ansible_collections.coder.classic.plugins.module_utils._region.judge.assess import assess
from ansible_collections.coder.classic.plugins.module_utils._region.judge.phase import PHASES

BUSY = workspace_in_use(0)


def asked(phase, *changes):
    seen = scene(phase)
    for change in changes:
        change(seen)
    consents = assess(seen)["consents"]
    assert all(
        entry["code"] == "consent_missing" and entry["for"] == [goal] for goal in consents for entry in consents[goal]
    )
    return {goal: found[0] for goal, found in consents.items() if found}


@pytest.mark.parametrize("phase", PHASES)
def test_a_retirement_needs_consent_until_the_release_is_gone(phase):
    found = asked(phase)
    assert sorted(found) == ([] if phase == "retired" else ["retire"])
    assert asked(phase, wanted(consent_retire=True)) == {}
    # The other one is no consent to this.
    assert "retire" in asked("idle", wanted(consent_in_use=True, wait_for_idle_minutes=5))


@pytest.mark.parametrize(
    ("phase", "goals"),
    [
        *((phase, ["migrate"]) for phase in PHASES[:3]),
        *((phase, ["rollback"]) for phase in PHASES[3:7]),
        ("retired", []),
    ],
)
def test_who_works_is_named_before_the_network_is_switched(phase, goals):
    found = asked(
        phase, BUSY, wanted(consent_retire=True), lambda seen: seen["coder"]["workspaces"][0].update(last_built_at=LATE)
    )
    assert sorted(found) == goals
    for goal in goals:
        assert "ana" in found[goal]["message"] and "coder_workspaces_leave" in found[goal]["why"]
        assert "-e coder_confirm_rebuild=sydney" in found[goal]["next"]
    for consent in (wanted(consent_in_use=True), wanted(wait_for_idle_minutes=5)):
        assert asked(phase, BUSY, consent, wanted(consent_retire=True), coder()) == {}


@pytest.mark.parametrize("phase", ["moved", "idle", "retired"])
def test_an_upgrade_of_a_satellite_through_which_somebody_works_needs_consent(phase):
    old = satellite_release(chart_version="1.21.6")
    built = [lambda seen: seen["coder"]["workspaces"][0].update(last_built_at=LATE), wanted(consent_retire=True)]
    found = asked(phase, BUSY, old, *built)
    assert sorted(found) in (["migrate"], ["migrate", "rollback"])
    assert "Satellite sydney is in use" in found["migrate"]["message"] and "ana" in found["migrate"]["message"]
    assert "-e coder_confirm_rebuild=sydney" in found["migrate"]["next"]
    # A wait for idle users is no part of an upgrade.
    assert "migrate" in asked(phase, BUSY, old, wanted(wait_for_idle_minutes=5), *built)
    assert "migrate" not in asked(phase, BUSY, old, wanted(consent_in_use=True), *built)
    # Nobody works, or nothing is upgraded.
    assert "migrate" not in asked(phase, old, *built)
    assert "migrate" not in asked(phase, BUSY, *built)


def test_who_works_at_another_provider_of_the_satellite_is_not_seen_and_so_consent_is_needed():
    def used_by_another(seen):
        seen["wanted"]["other_providers"] = ["sydney-2"]
        seen["coder"]["providers"].append(provider("sydney-2", enable_net_v2=True))

    found = asked("moved", satellite_release(chart_version="1.21.6"), used_by_another, wanted(consent_retire=True))
    assert "users of sydney-2" in found["migrate"]["message"]


def test_a_rebuild_alone_cuts_only_who_is_not_rebuilt_and_not_left():
    found = asked("switched", BUSY)
    assert "only once it is rebuilt" in found["migrate"]["why"]
    assert "migrate" not in asked(
        "switched", BUSY, lambda seen: seen["coder"]["workspaces"][0].update(last_built_at=LATE)
    )
    assert "migrate" not in asked("switched", BUSY, wanted(leave_workspaces=["ana"]))
    # Coder's own rebuild at the switch knows no list.
    assert "migrate" in asked("registered", BUSY, wanted(leave_workspaces=["ana"]))


def test_the_rest_of_a_way_back_asks_too():
    rest = both(BUSY, lambda seen: record(seen, rolled_back_at=SWITCHED_AT))
    assert "ana" in asked("registered", rest)["rollback"]["message"]
