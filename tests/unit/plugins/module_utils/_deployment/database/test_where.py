# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which database it is, and from where it is reached."""

from __future__ import annotations

import base64

import pytest
from unit.plugins.module_utils._kubernetes.fake_cluster import FakeCluster

from ansible_collections.coder.classic.plugins.module_utils._database import client_pod, reach
from ansible_collections.coder.classic.plugins.module_utils._database.place import Place
from ansible_collections.coder.classic.plugins.module_utils._deployment.database import where
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

WANTED = {
    "namespace": "coder", "release": "coder", "database_user": None, "database_password": None,
    "database_ca_path": None, "database_image": None, "database_programs": None,
}  # fmt: skip
VALUES = {
    "kind": "external", "host": "db.test", "port": 5433, "user": "jane", "database": "coder",
    "ssl_mode": "verify-full", "password_secret": "db",
}  # fmt: skip
BUILT_IN = {**dict.fromkeys(VALUES), "kind": "built_in"}
READY = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}


def pod(name="timescale-0", status=None, **labels):
    """Ready where nothing else is said."""
    metadata = {"name": name, "namespace": "coder", "labels": labels}
    return {"kind": "Pod", "metadata": metadata, "status": READY if status is None else status}


def secret(**data):
    encoded = {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    return {"kind": "Secret", "metadata": {"name": "db", "namespace": "coder"}, "data": encoded}


class Cluster(FakeCluster):
    """One in which pods can be made; ready: what they come to."""

    def __init__(self, objects=(), *, status=None):
        super().__init__(objects)
        self.status, self.made, self.deleted = READY if status is None else status, [], []

    def create(self, obj):
        self.made.append(obj)
        self.put({**obj, "status": self.status})
        return obj

    def delete(self, _api_version, kind, name, namespace, *, uid):
        self.deleted.append(name)
        assert self.objects.pop((kind, namespace, name))["metadata"]["uid"] == uid


def refused(act, code):
    with pytest.raises(ClassicError) as caught:
        act()
    error = caught.value
    assert error.code == code and error.where and error.untouched and error.next_step
    return error


def reached(cluster, described, folder="/folder", demand=lambda: None, **wanted):
    with where.reached(cluster, {**WANTED, **wanted}, described, folder, lifetime=100, demand=demand) as found:
        return found


@pytest.mark.parametrize(
    ("values", "wanted", "place"),
    [
        ({}, {}, Place("coder", "jane", "db.test", 5433, "verify-full", "pw")),
        ({"port": None, "ssl_mode": None}, {}, Place("coder", "jane", "db.test", 5432, "require", "pw")),
        ({"port": "6000", "ssl_mode": "disable"}, {}, Place("coder", "jane", "db.test", 6000, "disable", "pw")),
        ({}, {"database_user": "boss", "database_ca_path": "/ca"},
         Place("coder", "boss", "db.test", 5433, "verify-full", "pw", "/ca")),
        ({"user": None}, {"database_user": "boss"}, Place("coder", "boss", "db.test", 5433, "verify-full", "pw")),
        ({"database": 42, "host": 7}, {}, Place("42", "jane", "7", 5433, "verify-full", "pw")),
    ],
)  # fmt: skip
def test_the_values_say_where_it_is(values, wanted, place) -> None:
    assert where.external({**VALUES, **values}, {**WANTED, **wanted}, "pw") == place


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"host": None}, "postgres.host are not given"),
        ({"host": "", "database": None, "user": ""}, "postgres.host, postgres.database, postgres.user are not given"),
        ({"ssl_mode": "on"}, "postgres.sslMode is on"),
        ({"port": "pg"}, "postgres.port is pg"),
        ({"host": None, "port": "-1"}, "postgres.host are not given; postgres.port is -1"),
    ],
)
def test_what_the_values_leave_open_is_named(values, why) -> None:
    assert refused(lambda: where.external({**VALUES, **values}, WANTED, None), "database_unknown").why == why


@pytest.mark.parametrize(
    ("objects", "values", "wanted", "found"),
    [
        ([secret(password="p:w\\")], {}, {}, "p:w\\"),
        ([secret(password="pw")], {}, {"database_password": "other"}, "other"),
        ([], {}, {"database_password": "other"}, "other"),
        # The password of the values is that of their user.
        ([secret(password="pw")], {}, {"database_user": "boss"}, None),
        ([], {"password_secret": None}, {}, None),
    ],
)
def test_whose_password_it_is(objects, values, wanted, found) -> None:
    assert where.password(Cluster(objects), {**WANTED, **wanted}, {**VALUES, **values}) == found


@pytest.mark.parametrize(
    ("objects", "what"),
    [([], "is not there"), ([secret(other="x")], "has no key password"), ([secret(password="")], "")],
)
def test_a_secret_that_the_values_name_must_be_there(objects, what) -> None:
    error = refused(lambda: where.password(Cluster(objects), WANTED, VALUES), "database_secret")
    assert what in error.what and "Secret db" in error.what


def test_the_built_in_one_is_reached_in_its_pod_without_a_password() -> None:
    found = reached(Cluster([pod()]), BUILT_IN)
    assert isinstance(found, reach.InPod) and found.place == Place("coder", "coder")
    assert (found.namespace, found.pod, found.container) == ("coder", "timescale-0", "timescale")


@pytest.mark.parametrize(
    ("objects", "what"), [([], "is not there"), ([pod(status={"phase": "Pending"})], "is not ready")]
)
def test_the_built_in_one_must_run(objects, what) -> None:
    error = refused(lambda: reached(Cluster(objects), BUILT_IN), "database_not_ready")
    assert what in error.what and error.why


def test_without_a_look_nothing_is_reached() -> None:
    refused(lambda: reached(Cluster(), None), "database_unknown")


def test_an_external_one_is_reached_from_here() -> None:
    found = reached(Cluster([secret(password="pw")]), VALUES, database_programs="/opt/pg")
    assert found == reach.OnController(
        Place("coder", "jane", "db.test", 5433, "verify-full", "pw"), "/folder", "/opt/pg"
    )


def test_an_external_one_of_its_cluster_is_reached_in_a_pod_that_goes_afterwards() -> None:
    left = pod("coder-classic-database-old", **{client_pod.LABEL: "true"})
    cluster, demanded = Cluster([secret(password="pw"), pod(), left]), []
    found = reached(cluster, VALUES, demand=lambda: demanded.append(1), database_image="postgres:17")
    (made,) = cluster.made
    assert isinstance(found, reach.InPod) and found.pod == made["metadata"]["name"] and found.place.password == "pw"
    assert cluster.deleted == ["coder-classic-database-old", found.pod] and demanded == [1]
    assert made["spec"]["containers"][0]["image"] == "postgres:17"
    assert made["spec"]["activeDeadlineSeconds"] == 100 + client_pod.SECONDS_BEYOND


def test_a_pod_that_never_runs_is_told_and_removed() -> None:
    waits = {"containerStatuses": [{"state": {"waiting": {"reason": "ErrImagePull"}}}]}
    cluster, slept = Cluster(status=waits), []

    def run():
        with client_pod.running(cluster, "coder", "x", lifetime=1, ready_seconds=-1, sleep=slept.append):
            raise AssertionError("it does not run")

    assert refused(run, "pod_not_ready").why == "ErrImagePull"
    assert len(cluster.made) == len(cluster.deleted) == 1


def test_whoever_has_lost_the_lock_makes_no_pod() -> None:
    cluster = Cluster([secret(password="pw")])

    def demand():
        raise ClassicError("lost", code="lock_lost")

    with pytest.raises(ClassicError):
        reached(cluster, VALUES, demand=demand, database_image="postgres:17")
    assert cluster.made == []
