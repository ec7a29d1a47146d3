# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Routes that follow an upgrade, and go back with it."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest

from ansible_collections.coder.classic.plugins.module_utils._deployment.routes import find, judge, rewrite, writing
from ansible_collections.coder.classic.plugins.module_utils._deployment.steps import custom_routes
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

TARGET = judge.Target("coder", "coder", "coderd", 80, 443)


def ingress(name):
    path = {"path": "/", "backend": {"service": {"name": "cemanager", "port": {"number": 8080}}}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name, "namespace": "coder", "resourceVersion": "7"},
        "spec": {"rules": [{"host": "coder.test", "http": {"paths": [path]}}]},
    }


class Cluster:
    """Its Service coderd comes when the test says so."""

    where = "context test"

    def __init__(self):
        self.has_service = False

    def get(self, _version, kind, name, _namespace):
        assert (kind, name) == ("Service", "coderd")
        return {"spec": {"ports": [{"port": 80}]}} if self.has_service else None


@pytest.fixture
def here(tmp_path):
    wanted = {"namespace": "coder", "release": "coder", "service_next": True, "backup_dir": str(tmp_path)}
    return SimpleNamespace(wanted=wanted, cluster=Cluster(), check_mode=False, said=[], demand_lock=lambda: None)


@pytest.fixture
def patched(monkeypatch):
    """Each patch that was sent, in order, as (name, its operations)."""
    sent, came = [], threading.Event()

    def patch(_cluster, one, *, dry_run=False):
        sent.append((one.route.obj["metadata"]["name"], [row["op"] for row in one.patch]))
        came.set()

    monkeypatch.setattr(writing, "patch", patch)
    monkeypatch.setattr(custom_routes, "PAUSE_SECONDS", 0.01)
    return SimpleNamespace(sent=sent, came=came)


def edits():
    found = find.Found([ingress("a"), ingress("b")], {}, [], None, [])
    return [rewrite.edit(route, TARGET) for route in judge.routes(found, TARGET)]


THERE, BACK = ["replace"] * 3, ["test", "replace"] * 2


def test_they_follow_as_soon_as_the_new_service_is_there(here, patched, tmp_path):
    with custom_routes.moved(here, edits()):
        assert not patched.came.wait(0.1)
        here.cluster.has_service = True
        assert patched.came.wait(5)
    assert patched.sent == [("a", THERE), ("b", THERE)] and len(list((tmp_path / "routes").iterdir())) == 2
    assert "Routes lead to Service coderd now: Ingress coder/a, Ingress coder/b." in here.said


def test_an_upgrade_that_is_quicker_than_a_look_leaves_none_behind(here, patched):
    with custom_routes.moved(here, edits()):
        pass
    assert [name for name, _ops in patched.sent] == ["a", "b"]


def test_they_go_back_with_an_upgrade_that_fails_and_only_where_nobody_changed_them(here, patched):
    with pytest.raises(ClassicError, match="no"), custom_routes.moved(here, edits()):
        here.cluster.has_service = True
        while len(patched.sent) < 2:
            patched.came.wait(1)
        raise ClassicError("no", code="upgrade_failed")
    assert patched.sent == [("a", THERE), ("b", THERE), ("a", BACK), ("b", BACK)]
    # What was never moved has no way back.
    patched.sent.clear()
    here.cluster.has_service = False
    with pytest.raises(ClassicError), custom_routes.moved(here, edits()):
        raise ClassicError("no", code="upgrade_failed")
    assert patched.sent == []


def test_a_patch_that_is_refused_meanwhile_is_no_success(here, patched, monkeypatch):
    def refuse(*_unused, **_options):
        patched.came.set()
        raise ClassicError("no right", code="forbidden", status=403)

    monkeypatch.setattr(writing, "patch", refuse)
    with pytest.raises(ClassicError, match="no right"), custom_routes.moved(here, edits()):
        here.cluster.has_service = True
        assert patched.came.wait(5)


def test_a_check_run_moves_nothing(here, patched):
    here.check_mode = True
    with custom_routes.moved(here, edits()):
        here.cluster.has_service = True
    assert patched.sent == []


def test_the_way_back_restores_what_was_there(here):
    (one, *_rest) = edits()
    back = rewrite.reversed_edit(one).patch
    path = "/spec/rules/0/http/paths/0/backend/service"
    assert {"op": "replace", "path": f"{path}/name", "value": "cemanager"} in back
    assert {"op": "test", "path": f"{path}/name", "value": "coderd"} in back
