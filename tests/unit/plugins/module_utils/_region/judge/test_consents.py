# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from unit.plugins.module_utils._region.changes import both, coder, wanted, workspace_in_use
from unit.plugins.module_utils._region.scene import LATE, SWITCHED_AT, record, scene

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
