# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Look, decide, lock, look again, act, look again: around every step."""

from __future__ import annotations

import os
import threading

import pytest
from unit.plugins.module_utils._region.changes import both, cluster, coder, satellite_release, wanted, workspace_in_use
from unit.plugins.module_utils._region.scene import BEFORE, failure, record
from unit.plugins.module_utils._region.steps.stage import NOW, OTHER_RUN, RUN, Stage, refused
from unit.plugins.module_utils._region.steps.test_guard import DUE

from ansible_collections.coder.classic.plugins.module_utils import _run
from ansible_collections.coder.classic.plugins.module_utils._coder.api import Coder
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._lock import lease, lease_state, names, step_lock
from ansible_collections.coder.classic.plugins.module_utils._region.judge.assess import assess
from ansible_collections.coder.classic.plugins.module_utils._region.judge.phase import PHASES
from ansible_collections.coder.classic.plugins.module_utils._region.kept_look import KeptLook
from ansible_collections.coder.classic.plugins.module_utils._region.steps import frame, lock
from ansible_collections.coder.classic.plugins.module_utils._region.steps.table import STEPS

TAKEN, RELEASED = ("lock", "POST"), ("lock", "DELETE")
LEASE = "coder-classic-sydney"
CORDONED = [("record", {"cordoned_at": NOW}), ("POST /cordon", {"reason": "maintenance"})]


@pytest.fixture
def staged(monkeypatch):
    def make(phase, *changes, **options):
        stage = Stage(phase, *changes, **options)
        monkeypatch.setattr(frame.observe, "look", stage.look)
        return stage

    return make


def held_by(stage, run):
    lease.acquire(stage.lock, "coder", LEASE, run)
    stage.wrote.clear()


def was_cordoned(seen):
    record(seen, cordoned_at=BEFORE)


def test_what_is_not_due_takes_no_lock_and_writes_nothing(staged):
    stage = staged("moved")
    result = stage.run("migrate", "switch")
    assert (result["changed"], result["said"], result["region"]["phase"]) == (False, [], "moved")
    assert (stage.wrote, stage.lock.requests, stage.looks) == ([], [], 1)


def test_a_step_locks_looks_again_acts_and_looks_again(staged):
    stage = staged("registered")
    result = stage.run("migrate", "cordon")
    assert stage.wrote == [TAKEN, *CORDONED]
    assert (stage.looks, result["changed"], result["region"]["record"]["cordoned_at"]) == (3, True, NOW)
    held = lease_state.read(stage.lock.leases[LEASE])
    assert held.purpose == "migrate region sydney" and _run.same(held.run, RUN)
    # The run's next step finds it held, so that nobody else can have been at it, and renewed a moment ago.
    stage.wrote.clear()
    assert stage.run("migrate", "uncordon")["changed"] is True
    assert stage.wrote == [("POST /uncordon", None), ("record", {"cordoned_at": None})]
    assert stage.looks == 5
    stage.run("migrate", "unlock")
    assert stage.did[-1] == "lock" and stage.lock.leases == {}


def test_a_satellite_through_which_somebody_works_is_not_upgraded_without_consent(staged):
    stage = staged("moved", satellite_release(chart_version="1.21.6"), workspace_in_use(0), wait_for_idle_minutes=5)
    error = refused(stage.run, "migrate", "deploy_satellite")
    assert (error.code, stage.wrote, stage.lock.requests) == ("consent_missing", [], [])
    assert "Satellite sydney is in use" in error.what


def kept_by(stage, folder, clock=lambda: 0.0):
    return KeptLook(str(folder), stage.wanted, clock)


def test_the_look_after_a_step_is_that_before_the_next(staged, tmp_path):
    stage = staged("registered")
    kept = kept_by(stage, tmp_path)
    stage.run("migrate", "backup_satellite", kept=kept)
    stage.run("migrate", "cordon", kept=kept)
    # One for what is not due, one for the lock that is new, one after the act.
    assert stage.looks == 3
    assert stage.run("migrate", "uncordon", kept=kept)["changed"] is True
    assert stage.looks == 4
    assert stage.run("migrate", "uncordon", kept=kept)["changed"] is False
    assert stage.looks == 4


@pytest.mark.parametrize("has_lock", [True, False])
def test_what_cuts_sessions_is_decided_by_a_look_of_its_own(staged, tmp_path, has_lock):
    stage = staged("registered", was_cordoned)
    kept = kept_by(stage, tmp_path)
    if has_lock:
        kept.note_lock()
    kept.anew(lambda: assess(stage.look()))
    # Meanwhile somebody else has done it.
    stage.seen["coder"]["providers"][0].update(enable_net_v2=True)
    record(stage.seen, switched_at=BEFORE)
    stage.wrote.clear()
    assert stage.run("migrate", "switch", kept=kept)["changed"] is False
    # Who has no lock yet looks when it has it: once is enough.
    assert (stage.wrote, stage.looks) == ([] if has_lock else [TAKEN], 2)


def test_after_a_step_that_failed_nothing_is_decided_by_what_was_seen_before(staged, tmp_path):
    stage = staged("registered")
    kept = kept_by(stage, tmp_path)

    def fails():
        raise ClassicError("no", code="server_error")

    stage.before["POST /cordon"] = fails
    with pytest.raises(ClassicError):
        stage.run("migrate", "cordon", kept=kept)
    assert kept.read() is None


def test_a_run_that_took_no_lock_releases_none(staged, tmp_path):
    stage = staged("moved")
    stage.run("migrate", "unlock", kept=kept_by(stage, tmp_path))
    assert stage.lock.requests == []


def test_a_refused_step_takes_no_lock(staged):
    stage = staged("idle")
    assert refused(stage.run, "retire", "uninstall").code == "consent_missing"
    assert (stage.wrote, stage.lock.requests) == ([], [])


@pytest.mark.parametrize(
    ("meanwhile", "expected"),
    [(coder(problems=[failure("timeout")]), "timeout"), (cluster(record_seen=False), "unknown_phase")],
)
def test_what_came_in_the_way_before_the_lock_was_had_is_seen(staged, meanwhile, expected):
    stage = staged("registered")
    stage.before["lock"] = lambda: meanwhile(stage.seen)
    assert refused(stage.run, "migrate", "cordon").code == expected
    assert stage.wrote == [TAKEN]


def test_what_another_run_did_before_the_lock_was_had_is_not_done_twice(staged):
    stage = staged("registered", was_cordoned)
    stage.before["lock"] = lambda: (
        stage.seen["coder"]["providers"][0].update(enable_net_v2=True),
        record(stage.seen, switched_at=BEFORE),
    )
    assert stage.run("migrate", "switch")["changed"] is False
    assert stage.wrote == [TAKEN]


def test_another_run_s_lock_is_respected_by_every_step_also_by_those_that_undo(staged):
    for goal, name, phase in (
        ("migrate", "cordon", "registered"),
        ("rollback", "uncordon", "switched"),
        ("retire", "undo_envproxy_off", "idle"),
    ):
        stage = staged(phase, was_cordoned)
        held_by(stage, OTHER_RUN)
        error = refused(stage.run, goal, name)
        assert (error.code, stage.wrote) == ("locked", [])
        assert "migrate_region.yml" in error.why and "-e coder_lock_takeover=sydney" in error.next_step
        # What this run does not hold it does not release.
        stage.run(goal, "unlock")
        assert LEASE in stage.lock.leases


def test_a_stale_lock_is_taken_over_only_with_consent_and_that_is_told(staged):
    stage = staged("registered", wanted(consent_takeover=True))
    held_by(stage, OTHER_RUN)
    stage.lock.pass_time(days=2)
    assert "was taken over from jane on host ops-1" in stage.run("migrate", "cordon")["said"][0]
    assert stage.wrote == [RELEASED, TAKEN, *CORDONED]


@pytest.mark.parametrize("what", ["lock", "record"])
def test_a_lock_that_is_lost_on_the_way_stops_before_the_next_write(staged, monkeypatch, what):
    class Lost:
        is_new = False

        def demand_held(self):
            if what in stage.did or what == "lock":
                raise ClassicError("lost", code="lock_lost")

    stage = staged("registered")
    monkeypatch.setattr(frame.step_lock, "Holding", lambda *_unused: Lost())
    assert refused(stage.run, "migrate", "cordon").code == "lock_lost"
    assert stage.wrote == [TAKEN, *CORDONED[: ["lock", "record"].index(what)]]


def test_a_module_that_runs_by_itself_releases_its_lock_also_when_it_fails(staged):
    stage = staged("registered", run=None)
    stage.run("migrate", "cordon")
    assert stage.wrote == [TAKEN, *CORDONED, RELEASED]

    def fail():
        raise ClassicError("no", code="forbidden")

    stage.before["POST /uncordon"] = fail
    assert refused(stage.run, "migrate", "uncordon").code == "forbidden"
    assert stage.wrote[-1] == RELEASED and stage.lock.leases == {}
    stage.run("migrate", "unlock")
    assert int(step_lock.this_process()["pid"]) == os.getpid()


def test_beside_the_lock_the_cluster_that_is_written_to_is_proved_and_coder_s_time_asked(staged, monkeypatch):
    stage = staged("registered")
    proved, told, ask, clock = threading.Event(), threading.Event(), stage.lock.request, Coder.server_time

    def request(*arguments, **options):
        # The lock is had only when the others are done: one after the other, this would wait in vain.
        assert proved.wait(10) and told.wait(10)
        return ask(*arguments, **options)

    def server_time(coder, **options):
        told.set()
        return clock(coder, **options)

    monkeypatch.setattr(stage.lock, "request", request)
    monkeypatch.setattr(stage.cluster, "prove_identity", proved.set)
    monkeypatch.setattr(Coder, "server_time", server_time)
    kept = KeptLook(None, stage.wanted)
    monkeypatch.setattr(kept, "read", lambda: assess(stage.look()))
    assert stage.run("migrate", "cordon", kept=kept)["changed"] is True


def test_without_the_lock_s_cluster_only_what_undoes_goes_on(staged):
    stage = staged("registered", was_cordoned)
    stage.lock.faults["GET"] = (503, "etcd is away")
    assert refused(stage.run, "migrate", "cordon").code == "server_error"
    assert stage.wrote == []
    result = stage.run("migrate", "uncordon")
    assert stage.did == ["POST /uncordon", "record"] and "Done without the lock" in result["said"][0]


@pytest.mark.parametrize(("primary", "place"), [({"namespace": "ops"}, "ops"), (None, "coder")])
def test_the_lock_lies_beside_the_main_deployment_where_the_site_names_its_cluster(primary, place):
    stage = Stage("moved", primary=primary)
    found = lock._place(stage.here())
    assert found == (stage.lock if primary else stage.cluster, place, LEASE)


@pytest.mark.parametrize("region", ["Sydney", "a.b", "a_b", "-", "süd", "sydney-"])
def test_a_region_s_lock_has_a_name_of_its_own_that_an_object_may_have(region):
    name = names.of_region(region)
    assert name not in (names.of_region("sydney"), names.of_region("a-b"), names.of_region(region + "x"))
    assert name == name.lower() and name.isascii() and set("._ü").isdisjoint(name) and name[-1] != "-"


CHECKED = [
    (goal, phase, name)
    for goal, phases in DUE.items()
    for phase, names in phases.items()
    for name in names
    if not (goal == "retire" and phase in PHASES[:4]) and not STEPS[goal][name].rehearses
]


@pytest.mark.parametrize(("goal", "phase", "name"), CHECKED)
def test_a_check_run_announces_what_it_cannot_try(staged, goal, phase, name):
    stage = staged(phase, both(was_cordoned, wanted(wait_for_idle_minutes=60)))
    result = stage.run(goal, name, check_mode=True)
    assert (stage.wrote, stage.looks, stage.seconds, stage.lock.requests) == ([], 1, 0, [])
    assert result["changed"] is (name not in frame.ONLY_LOOK)
    planned = [entry["action"] for entry in result["region"]["plan"][goal] if entry["step"] in STEPS[goal][name].plan]
    assert result["diff"]["after"].splitlines() == planned


def test_a_step_without_its_effect_has_failed(staged):
    stage = staged("idle", consent_retire=True)
    # Somebody scales it down again at once.
    stage.cluster.scaled = lambda replicas: stage.cluster.objects.update(
        {("Deployment", "coder", "envproxy"): {"status": {"readyReplicas": 1}}}
    )
    assert refused(stage.run, "rollback", "envproxy_on").code == "verify_failed"
    assert stage.wrote == [TAKEN, ("scale", 2), ("record", {"idle_since": None})]
