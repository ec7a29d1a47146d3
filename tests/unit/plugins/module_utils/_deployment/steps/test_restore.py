# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the steps of a restore decide, and in which order."""

from __future__ import annotations

import contextlib
from types import SimpleNamespace

import pytest
from unit.plugins.module_utils._database.test_pure import GOOD
from unit.plugins.module_utils._database.test_snapshot_file import described, write
from unit.plugins.module_utils._deployment import looks
from unit.plugins.module_utils._kubernetes.fake_cluster import FakeCluster, record, secret

from ansible_collections.coder.classic.plugins.module_utils._database import dump, facts, judge, sql, swap
from ansible_collections.coder.classic.plugins.module_utils._deployment.database import snapshots
from ansible_collections.coder.classic.plugins.module_utils._deployment.judge.assess import assess
from ansible_collections.coder.classic.plugins.module_utils._deployment.steps import (
    main_pods,
    proof,
    restore,
    snapshot,
)
from ansible_collections.coder.classic.plugins.module_utils._deployment.steps.here import Here
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm.repair import rollback
from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade import pending

OF = {"cluster_uid": "uid-primary", "namespace": "coder", "release": "coder", "version": "1.20.3", "revision": 1}


@pytest.fixture
def view():
    return assess(looks.look("1.20"))


@pytest.fixture
def wanted(tmp_path):
    return {
        "backup_dir": str(tmp_path), "namespace": "coder", "release": "coder", "restore_snapshot": None,
        "confirm_restore": "coder", "snapshot_timeout": 60, "update_timeout": 60, "restore_drop_former": False,
        "helm_binary": None,
    }  # fmt: skip


@pytest.fixture
def saved(wanted):
    """Writes one and names it."""

    def make(name="one", **changed):
        path = snapshots.folder(wanted)
        restore.snapshot_file.folder(path)
        made = write(path, name, **{"of": OF, **changed})
        wanted["restore_snapshot"] = made["path"]
        return made

    return make


def refused(act, code):
    with pytest.raises(ClassicError) as caught:
        act()
    error = caught.value
    assert error.code == code, str(error)
    assert error.where and error.untouched and error.next_step
    return error


def demand(wanted, view, check_mode=False):
    restore.demand(wanted, view, check_mode=check_mode)


def test_a_snapshot_has_to_be_named_and_those_there_are_told(wanted, view, saved) -> None:
    error = refused(lambda: demand(wanted, view), "missing_variable")
    assert "There is none of this deployment" in error.why and "<its file>" in error.next_step
    for number in range(7):
        made = saved(f"n{number}", taken=f"2026-11-0{number + 1}T00:00:00Z")
    saved("of-another", of={**OF, "release": "other"}, taken="2026-11-09T00:00:00Z")
    wanted["restore_snapshot"] = None
    error = refused(lambda: demand(wanted, view), "missing_variable")
    assert error.why.count("Coder 1.20.3") == 5 and "of-another" not in error.why
    assert f"coder_restore_snapshot={made['path']}" in error.next_step


@pytest.mark.parametrize("of", [{"cluster_uid": "another"}, {"namespace": "n"}, {"release": "r"}])
def test_one_of_another_deployment_is_refused(wanted, view, saved, of) -> None:
    mine = saved()
    saved("other", of={**OF, **of})
    error = refused(lambda: demand(wanted, view), "no_snapshot")
    assert next(iter(of.values())) in error.why and mine["path"] in error.next_step


def test_what_is_named_must_be_a_snapshot(wanted, view, tmp_path) -> None:
    wanted["restore_snapshot"] = str(tmp_path / "nowhere.dump")
    refused(lambda: demand(wanted, view), "no_snapshot")


@pytest.mark.parametrize("said", [None, "", "yes", "true", "Coder", "coder "])
def test_only_the_name_of_the_database_is_consent(wanted, view, saved, said) -> None:
    saved()
    demand(wanted, view)
    wanted["confirm_restore"] = said
    error = refused(lambda: demand(wanted, view), "consent_missing")
    assert "2026-11-30T06:30:00Z" in error.why and "-e coder_confirm_restore=coder" in error.next_step
    demand(wanted, view, check_mode=True)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda wanted, view: wanted.update(backup_dir=None), "missing_variable"),
        (lambda wanted, view: view.update(database=None), "database_unknown"),
        (lambda wanted, view: view["kubernetes"].update(uid=None), "database_unknown"),
    ],
)
def test_what_was_not_seen_is_not_restored(wanted, view, saved, change, code) -> None:
    saved()
    change(wanted, view)
    refused(lambda: demand(wanted, view), code)


def revision(number, version, status="deployed"):
    chart = record("")["chart"]
    chart["metadata"] = {**chart["metadata"], "version": version, "appVersion": version}
    return secret(record("", name="coder", revision=number, status=status, chart=chart))


class Cluster(FakeCluster):
    """Deployments can be scaled here; their pods go at once, unless they linger."""

    lingers = False

    def patch(self, _api_version, kind, name, namespace, body):
        live = self.objects[(kind, namespace, name)]
        self.patches.append((name, body))
        live["spec"].update(body.get("spec") or {})
        for key, value in body["metadata"]["annotations"].items():
            live["metadata"].setdefault("annotations", {})[key] = value
            if value is None:
                del live["metadata"]["annotations"][key]
        if not live["spec"]["replicas"] and not self.lingers:
            self.objects = {key: obj for key, obj in self.objects.items() if key[0] != "Pod" or "main" not in key[2]}


def deployment(replicas=2, name="coderd", **annotations):
    metadata = {"name": name, "namespace": "coder", "annotations": annotations}
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": name}}}
    return {"kind": "Deployment", "metadata": metadata, "spec": spec}


def pod(name, **labels):
    return {"kind": "Pod", "metadata": {"name": name, "namespace": "coder", "labels": labels}}


@pytest.fixture
def here(wanted, tmp_path):
    now = [0.0]

    def make(*objects, check_mode=False, **more):
        return Here(
            None, wanted, Cluster(objects), dict, str(tmp_path), check_mode, tell=lambda line: None,
            clock=lambda: now[0], sleep=lambda seconds: now.__setitem__(0, now[0] + seconds), **more,
        )  # fmt: skip

    return make


@pytest.mark.parametrize(
    ("history", "of", "revisions"),
    [
        ([revision(1, "1.20.3")], {}, (1, 1)),
        ([revision(1, "1.20.3", "superseded"), revision(2, "1.21.7")], {}, (2, 1)),
        ([revision(1, "1.20.3", "superseded"), revision(2, "1.21.7", "failed")], {}, (2, 1)),
        ([revision(1, "1.20.3"), revision(2, "1.21.7", "pending-upgrade")], {}, (2, 1)),
        # The one of then before newer ones of the same version.
        ([revision(1, "1.20.3", "superseded"), revision(2, "1.20.3", "superseded"), revision(3, "1.21.7")], {}, (3, 1)),
        ([revision(1, "1.20.3", "superseded"), revision(2, "1.20.3", "superseded"), revision(3, "1.21.7")],
         {"revision": 7}, (3, 2)),
        # One that never stood is none to go back to.
        ([revision(1, "1.20.3", "failed"), revision(2, "1.20.3", "superseded"), revision(3, "1.21.7")], {}, (3, 2)),
        ([revision(1, "1.20.3", "superseded"), revision(2, "1.20.3", "failed")], {}, (2, 1)),
        ([revision(9, "1.21.7", "superseded"), revision(10, "1.20.3")], {}, (10, 10)),
    ],
)  # fmt: skip
def test_the_release_goes_back_to_a_revision_of_that_version(here, history, of, revisions) -> None:
    newest, target = restore._revision(here(*history), {"of": {**OF, **of}})
    assert (newest.revision, target.revision) == revisions


@pytest.mark.parametrize(
    "history",
    [
        [],
        [revision(1, "1.21.7")],
        [revision(1, "1.20.0", "superseded"), revision(2, "1.21.7")],
        [revision(1, "1.20.3", "failed"), revision(2, "1.21.7")],
        [revision(1, "1.20.3", "uninstalled")],
    ],
)
def test_without_such_a_revision_nothing_is_begun(here, history) -> None:
    assert "1.20.3" in refused(lambda: restore._revision(here(*history), {"of": OF}), "no_revision").what


SEEN = {**GOOD, "extensions": {"plpgsql": "1.0"}, "sessions": {}}
AT = SimpleNamespace(where="in the test", place=SimpleNamespace(database="coder"))


@pytest.mark.parametrize(
    ("seen", "found", "code"),
    [
        ({}, {}, None),
        ({"server": 16, "client": 16}, {}, None),
        ({"server": 14, "server_version": "14.1"}, {}, "database_too_old"),
        ({}, {"extensions": {"plpgsql": "1.0", "timescaledb": "2"}}, None),
        ({"superuser": False}, {}, None),
        ({"superuser": False}, {"extensions": {"timescaledb": "2"}}, "database_rights"),
        ({"owns": False}, {}, "database_rights"),
        ({"is_replica": True}, {}, "database_replica"),
    ],
)
def test_whether_the_server_takes_the_snapshot(seen, found, code) -> None:
    def act():
        return judge.demand(judge.restore_findings({**SEEN, **seen}, described(**found)), "It cannot", AT.where)

    if code:
        refused(act, code)
    else:
        assert [words for words in act() if "no superuser" not in words] == []
        assert bool(act()) is not {**SEEN, **seen}["superuser"]


def test_coder_is_stopped_and_started_as_it_was(here) -> None:
    main, others = pod("main-1", app="coderd", extra="x"), pod("other", app="envproxy")
    at = here(deployment(3), main, others, pod("bare"))
    assert main_pods.pods(at) == ["main-1"]
    assert main_pods.stop(at) is True
    live = at.cluster.objects[("Deployment", "coder", "coderd")]
    assert live["spec"]["replicas"] == 0 and live["metadata"]["annotations"] == {main_pods.REPLICAS: "3"}
    # Killed and once more: what was there before is not forgotten.
    assert main_pods.stop(at) is False
    assert live["metadata"]["annotations"] == {main_pods.REPLICAS: "3"}
    assert main_pods.start(at) is True
    assert live["spec"]["replicas"] == 3 and live["metadata"]["annotations"] == {}
    assert main_pods.start(at) is False


def test_both_names_of_the_main_deployment_are_stopped(here) -> None:
    at = here(deployment(1), deployment(2, "cemanager"))
    assert main_pods.stop(at) is True
    assert sorted(name for name, _body in at.cluster.patches) == ["cemanager", "coderd"]


@pytest.mark.parametrize("replicas", [1, 5])
def test_what_the_chart_started_meanwhile_stays_as_it_is(here, replicas) -> None:
    at = here(deployment(replicas, **{main_pods.REPLICAS: "3"}))
    assert main_pods.start(at) is True
    assert at.cluster.objects[("Deployment", "coder", "coderd")]["spec"]["replicas"] == replicas


def test_whoever_stopped_it_himself_starts_it_himself(here) -> None:
    at = here(deployment(0))
    assert main_pods.stop(at) is False and main_pods.start(at) is False and at.cluster.patches == []


def test_pods_that_do_not_end_are_named(here) -> None:
    at = here(deployment(1), pod("main-1", app="coderd"))
    at.cluster.lingers = True
    assert "main-1" in refused(lambda: main_pods.stop(at), "timeout").what


def test_nothing_is_stopped_by_whoever_has_lost_the_lock(here) -> None:
    def lost():
        raise ClassicError("lost", code="lock_lost")

    at = here(deployment(1), lock=SimpleNamespace(demand_held=lost))
    with pytest.raises(ClassicError):
        main_pods.stop(at)
    assert at.cluster.patches == []


class Server:
    """The databases of a restore, as far as the steps ask of them."""

    def __init__(self, monkeypatch) -> None:
        self.done, self.over, self.former = [], None, []
        self.is_prepared = self.is_in_place = False
        monkeypatch.setattr(restore.where, "reached", self.reached)
        monkeypatch.setattr(facts, "look", lambda at: SEEN)
        monkeypatch.setattr(swap, "is_over", lambda at, found, revision: self.over == revision)
        monkeypatch.setattr(swap, "in_place", lambda at, found: self.is_in_place)
        monkeypatch.setattr(swap, "prepared", lambda at, found: "scratch" if self.is_prepared else None)
        monkeypatch.setattr(swap, "prepare", lambda *_all, **_more: self.act("prepare", is_prepared=True))
        monkeypatch.setattr(swap, "end_left_over", lambda at: 0)
        monkeypatch.setattr(swap, "demand_unused", lambda at: self.act("demand_unused"))
        monkeypatch.setattr(dump, "tidy", lambda at, folder, demand: [])
        monkeypatch.setattr(dump, "take", lambda at, folder, *_all, **more: self.take(folder, more))
        monkeypatch.setattr(swap, "swap", lambda *_all: self.act("swap", is_prepared=False, is_in_place=True) or "old")
        monkeypatch.setattr(swap, "end", lambda at, found, revision: self.act("end", is_in_place=False, over=revision))
        monkeypatch.setattr(swap, "former", lambda at: self.former)
        monkeypatch.setattr(sql, "execute", lambda at, text, **_more: self.act(text))
        monkeypatch.setattr(proof, "demand_version", lambda here: self.act(f"is {here.wanted['version']}"))

    @contextlib.contextmanager
    def reached(self, *_all, **_more):
        yield AT

    def act(self, what, **changed):
        self.done.append(what)
        vars(self).update(changed)

    def take(self, folder, more):
        self.act("save")
        assert more["restore"] is False
        return write(folder, "before", of={**OF, "before_restore": True}, seconds={"dump": 1, "verify": 1})


@pytest.fixture
def server(monkeypatch):
    return Server(monkeypatch)


STEPS = (restore.prepare, restore.stop, restore.put_in_place, restore.start)


def scene(here, **more):
    return here(revision(1, "1.20.3"), deployment(1), pod("main-1", app="coderd"), **more)


def test_the_steps_in_their_order_and_once_more_nothing(here, server, view, saved) -> None:
    saved()
    at = scene(here)
    assert [step(at, view)["changed"] for step in STEPS] == [True] * 4
    assert server.done == ["prepare", "demand_unused", "save", "swap", "is 1.20.3", "end"]
    assert [name for name, _body in at.cluster.patches] == ["coderd", "coderd"]
    assert [step(at, view)["changed"] for step in STEPS] == [False] * 4
    assert len(server.done) == 6 and "brought back already" in at.said[-1]


@pytest.mark.parametrize("killed_after", [1, 2, 3])
def test_a_restore_that_was_killed_goes_on(here, server, view, saved, killed_after) -> None:
    saved()
    at = scene(here)
    for step in STEPS[:killed_after]:
        step(at, view)
    for step in STEPS:
        step(at, view)
    assert server.done == ["prepare", "demand_unused", "save", "swap", "is 1.20.3", "end"]


def test_a_check_run_writes_nothing(here, server, view, saved) -> None:
    saved()
    at = scene(here, check_mode=True)
    assert [step(at, view)["changed"] for step in STEPS] == [True] * 4
    assert server.done == at.cluster.patches == [] and "It would bring back" in at.said[0]


@pytest.mark.parametrize("step", STEPS[1:])
def test_a_step_before_its_turn_is_refused(here, server, view, saved, step) -> None:
    saved()
    at = scene(here)
    refused(lambda: step(at, view), "out_of_order")
    assert server.done == at.cluster.patches == []


def test_nothing_is_put_in_place_while_a_pod_of_coder_is_there(here, server, view, saved) -> None:
    saved()
    server.is_prepared = True
    refused(lambda: restore.put_in_place(scene(here), view), "out_of_order")
    assert server.done == []


def test_a_dump_that_was_changed_is_not_brought_back(here, server, view, saved) -> None:
    saved(sha256="0" * 64)
    refused(lambda: restore.prepare(scene(here), view), "no_snapshot")
    assert server.done == []


def test_an_update_since_the_last_restore_makes_it_one_to_do_again(here, server, view, saved) -> None:
    saved()
    server.over = 1
    at = here(revision(1, "1.20.3", "superseded"), revision(2, "1.21.7"))
    assert restore.prepare(at, view)["changed"] is True and server.done == ["prepare"]


def test_the_release_is_rolled_back_before_coder_starts(here, server, view, saved, monkeypatch) -> None:
    def carry_out(_cluster, _helm, newest, target, params, *_more):
        server.act(f"rollback from {newest.revision} to {target.revision}")
        assert params["wait"] is True
        return SimpleNamespace(revision=3)

    monkeypatch.setattr(rollback, "carry_out", carry_out)
    monkeypatch.setattr(pending, "settled", lambda _cluster, newest, **_more: server.act("settled") or newest)
    monkeypatch.setattr(restore.helm_command, "helm_for", lambda *_all: None)
    saved()
    server.is_in_place = True
    restore.start(here(revision(1, "1.20.3", "superseded"), revision(2, "1.21.7", "pending-upgrade")), view)
    assert server.done == ["settled", "rollback from 2 to 1", "is 1.20.3", "end"] and server.over == 3


def test_what_was_put_aside_is_named_and_dropped_only_where_that_is_asked_for(
    here, server, view, saved, wanted
) -> None:
    saved()
    server.is_in_place, server.former = True, ['co"der_before_1']
    at = scene(here)
    restore.start(at, view)
    assert "coder_restore_drop_former=true" in at.said[-1] and server.done[-1] == "end"
    server.is_in_place, server.over, wanted["restore_drop_former"] = True, None, True
    restore.start(at, view)
    assert server.done[-1] == 'DROP DATABASE "co""der_before_1";'


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7199, "120 min"), (7300, "2 h"), (172799, "48 h"), (172800, "2 d")],
)
def test_ages_for_people(seconds, text) -> None:
    assert snapshot.age(seconds) == text


def test_what_stands_in_the_way_of_saving_is_told_at_once(tmp_path) -> None:
    def act(**changed):
        return snapshot.demand_fit(AT, {**SEEN, **changed}, str(tmp_path / "not" / "yet"), restore=True)

    assert act() == []
    assert len(act(superuser=False, contrib=False)) == 2
    error = refused(lambda: act(owns=False, is_replica=True, superuser=False), "database_replica")
    assert "replica" in error.what and "does not own" in error.what and "superuser" not in error.what
    refused(lambda: act(table_bytes=2**60), "disk_full")
    assert snapshot.free_bytes(str(tmp_path / "not" / "yet")) > 0
