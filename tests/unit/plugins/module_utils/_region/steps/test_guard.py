# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every step of every goal in every phase: whether it is due, and what holds it up. Nothing but decisions."""

from __future__ import annotations

import pytest
from unit.plugins.module_utils._region.changes import both, cluster, coder, satellite, wanted
from unit.plugins.module_utils._region.scene import BEFORE, failure, record, scene
from unit.plugins.module_utils._region.steps.stage import refused

from ansible_collections.coder.classic.plugins.module_utils._region.judge.assess import assess
from ansible_collections.coder.classic.plugins.module_utils._region.judge.phase import PHASES
from ansible_collections.coder.classic.plugins.module_utils._region.steps import guard
from ansible_collections.coder.classic.plugins.module_utils._region.steps.table import NAMES, STEPS

MOVE = ["cordon", "switch", "rebuild"]
REGISTER = ["register_satellite", "backup_satellite"]
REHEARSAL, END = ["envproxy_off", "soak", "canary"], ["uninstall", "prove"]
REMOVE = ["unregister_satellite", "remove_satellite"]
BACK = ["cordon", "switch_back", "rebuild_back", *REMOVE]
DUE = {
    "migrate": {
        "envproxy": ["deploy_satellite", *REGISTER, *MOVE],
        "satellite_up": [*REGISTER, *MOVE],
        "registered": MOVE,
        "switched": ["rebuild"],
    },
    "retire": {
        **{phase: ["seal", *REHEARSAL, *END] for phase in PHASES[:5]},
        "sealed": [*REHEARSAL, *END],
        "idle": ["undo_envproxy_off", *END],
    },
    "rollback": {
        "satellite_up": ["remove_satellite"],
        "registered": REMOVE,
        **dict.fromkeys(("switched", "moved", "sealed"), BACK),
        "idle": ["envproxy_on", *BACK],
    },
    # What has moved does not need its chart any more.
    "update": {phase: ["update_chart"] for phase in PHASES[:4]},
}
CONSENTS = wanted(consent_retire=True, consent_in_use=True)
EVERY = [(goal, name) for goal, steps in STEPS.items() for name in steps]


def at(phase, *changes):
    seen = scene(phase)
    for change in changes:
        change(seen)
    return seen["wanted"], assess(seen)


def code(goal, name, of, check_mode=False):
    """Of the refusal; None: it may begin, "not due": there is nothing to do."""
    if not guard.is_due(*of, goal, name):
        return "not due"
    try:
        guard.demand(*of, goal, name, check_mode)
    except guard.ClassicError as error:
        return error.code


def codes(goal, of, **options):
    found = {name: code(goal, name, of, **options) for name in STEPS[goal]}
    return {name: answer for name, answer in found.items() if answer != "not due"}


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("goal", STEPS)
def test_the_first_of_the_steps_that_are_due_may_begin_and_no_other(goal, phase):
    due = DUE[goal].get(phase, [])
    found = codes(goal, at(phase, CONSENTS))
    assert sorted(found) == sorted(due)
    undo = {name for name in due if STEPS[goal][name].undo}
    if goal == "retire" and phase in PHASES[:4]:
        assert {found[name] for name in set(due) - undo} == {"not_moved"}
        return
    admitted = [name for name in due if found[name] is None]
    assert admitted == [name for name in due if name in undo] + [name for name in due if name not in undo][:1]
    assert {found[name] for name in due if name not in admitted} <= {"out_of_order"}
    # Nothing is done in a check run, so nothing was done before either.
    assert set(codes(goal, at(phase), check_mode=True).values()) <= {None}


def test_what_was_cordoned_is_no_step_that_is_missing():
    cordoned = at("registered", lambda seen: record(seen, cordoned_at=BEFORE))
    assert codes("migrate", cordoned) == {"cordon": None, "switch": None, "rebuild": "out_of_order", "uncordon": None}
    guard.demand_done(*cordoned, "migrate", "cordon")
    error = refused(guard.demand, *at("registered"), "migrate", "rebuild", False)
    assert "before it comes cordon, switch" in error.what and "migrate_region.yml -l sydney" in error.next_step


@pytest.mark.parametrize("phase", PHASES[4:7])
def test_nothing_of_a_retirement_begins_without_consent(phase):
    found = codes("retire", at(phase))
    assert {name for name, answer in found.items() if answer != "consent_missing"} <= {"undo_envproxy_off"}
    error = refused(guard.demand, *at(phase, wanted(confirm_retire=["perth"])), "retire", "uninstall", False)
    assert "coder_confirm_retire is perth" in error.why and "-e coder_confirm_retire=sydney" in error.next_step


def test_after_the_uninstall_there_is_nothing_left_to_consent_to():
    assert codes("retire", at("retired", lambda seen: record(seen, retired_at=None))) == {"prove": None}


def test_external_connect_waits_for_no_other_step():
    of = at("envproxy", wanted(external_connect=True))
    assert code("migrate", "external_connect", of) is None


@pytest.mark.parametrize("phase", PHASES[:7])
@pytest.mark.parametrize("goal", STEPS)
@pytest.mark.parametrize(
    ("spoil", "expected", "free"),
    [
        (satellite(problems=[failure("unreachable")]), "unreachable", ["rollback", "update"]),
        (coder(problems=[failure("unauthorized")]), "unauthorized", []),
        (cluster(record_seen=False), "unknown_phase", []),
    ],
)
def test_a_blocker_holds_up_every_step_of_its_goals_and_what_was_not_seen_all(goal, phase, spoil, expected, free):
    of = at(phase, CONSENTS, spoil)
    found = {name: answer for name, answer in codes(goal, of).items() if not STEPS[goal][name].undo}
    if expected == "unknown_phase":
        assert sorted(found) == sorted(name for name in STEPS[goal] if not STEPS[goal][name].undo)
    elif goal in free:
        assert set(found.values()) <= {None, "out_of_order"}
        return
    assert set(found.values()) <= {expected}


@pytest.mark.parametrize(("goal", "name"), [one for one in EVERY if STEPS[one[0]][one[1]].undo])
def test_what_undoes_is_never_held_up(goal, name):
    spoilt = both(coder(problems=[failure("unauthorized")]), satellite(problems=[failure("unreachable")]))
    of = at("idle", lambda seen: record(seen, cordoned_at=BEFORE), spoilt)
    assert code(goal, name, of) is None


@pytest.mark.parametrize("goal", [goal for goal, steps in STEPS.items() if "uncordon" in steps])
def test_the_run_that_cordoned_uncordons_where_the_record_cannot_be_read(goal):
    unread = cluster(record_seen=False)
    assert code(goal, "uncordon", at("registered", unread)) == "not due"
    assert code(goal, "uncordon", at("registered", unread, wanted(cordoned_by_this_run=True))) is None
    assert code(goal, "uncordon", at("registered", wanted(cordoned_by_this_run=True))) == "not due"


def test_envproxy_that_was_not_seen_may_be_off():
    assert code("retire", "undo_envproxy_off", at("sealed", cluster(envproxy=None))) is None
    assert code("retire", "undo_envproxy_off", at("sealed")) == "not due"


def test_the_uninstall_asks_for_the_proof_itself_whatever_the_plan_says():
    seen, view = at("sealed", CONSENTS)
    view["plan"]["retire"] = [entry for entry in view["plan"]["retire"] if entry["step"] in ("backup", *END)]
    error = refused(guard.demand, seen, view, "retire", "uninstall", False)
    assert (error.code, error.why) == ("not_idle", "envproxy runs")


def test_a_step_whose_purpose_is_not_there_afterwards_has_failed():
    error = refused(guard.demand_done, *at("registered"), "migrate", "switch")
    assert (error.code, "phase registered" in error.why) == ("verify_failed", True)
    error = refused(guard.demand_done, *at("switched", coder(problems=[failure("timeout")])), "migrate", "rebuild")
    assert error.why == "It is timeout"
    # Not seen is not done.
    assert (
        refused(guard.demand_done, *at("moved", cluster(record_seen=False)), "migrate", "switch").code
        == "verify_failed"
    )
    guard.demand_done(*at("switched"), "migrate", "switch")


def test_every_step_has_one_name_and_the_plan_knows_no_step_that_nothing_does():
    assert len(set(NAMES)) == len(NAMES)
    done = {
        goal: {step for entry in steps.values() for step in entry.plan} | {"uncordon"} for goal, steps in STEPS.items()
    }
    changes = wanted(external_connect=True), lambda seen: record(seen, cordoned_at=BEFORE)
    for phase in PHASES:
        for goal, plan in at(phase, *changes)[1]["plan"].items():
            assert {entry["step"] for entry in plan} <= done[goal]


@pytest.mark.parametrize(
    ("goal", "phase", "names"),
    [("migrate", "registered", ["cordon"]), ("rollback", "idle", ["envproxy_on", "cordon"])],
)
def test_nothing_is_begun_for_a_switch_that_would_cut_sessions_without_consent(goal, phase, names):
    def at_work(seen):
        seen["coder"]["workspaces"][0]["last_connection_at"] = "2026-03-02T11:59:00Z"

    assert {name: code(goal, name, at(phase, at_work)) for name in names} == dict.fromkeys(names, "consent_missing")
    consented = at(phase, at_work, wanted(consent_in_use=True))
    assert code(goal, names[0], consented) is None
    assert code(goal, names[0], at(phase, at_work, wanted(wait_for_idle_minutes=5))) is None
    assert code(goal, names[0], at(phase, at_work), check_mode=True) is None
