# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from unit.plugins.module_utils._kubernetes.test_client import Wire

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import identity

NAMESPACE = (200, {"metadata": {"name": "kube-system", "uid": "u1"}})
LOOK = "GET /api/v1/namespaces/kube-system"
MAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "ns"}}
WRITES = {
    "create": lambda cluster: cluster.create(MAP),
    "patch": lambda cluster: cluster.patch("v1", "ConfigMap", "a", "ns", {}),
    "dry run": lambda cluster: cluster.patch("v1", "ConfigMap", "a", "ns", {}, dry_run=True),
    "delete": lambda cluster: cluster.delete("v1", "ConfigMap", "a", "ns"),
    "put": lambda cluster: cluster.request("PUT", "/api/v1/namespaces/ns/configmaps/a", body=MAP),
    "token": lambda cluster: cluster.request("POST", "/api/v1/namespaces/ns/serviceaccounts/a/token", body={}),
}


def refused(act) -> ClassicError:
    with pytest.raises(ClassicError) as caught:
        act()
    assert caught.value.where and caught.value.why and caught.value.untouched and caught.value.next_step
    return caught.value


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_nothing_is_sent_to_another_cluster(write) -> None:
    wire = Wire(NAMESPACE)
    cluster = wire.cluster("u2")
    error = refused(lambda: write(cluster))
    assert error.code == "cluster_mismatch" and "u1" in error.why and "u2" in error.why
    assert "sydney-1 (https://c.test)" in error.where and "inventory" in error.where
    assert wire.paths == [LOOK]


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_the_right_cluster_is_looked_at_once_before_the_first_write(write) -> None:
    wire = Wire(NAMESPACE, (200, {}), (200, {}))
    cluster = wire.cluster("u1")
    write(cluster)
    write(cluster)
    assert wire.paths[0] == LOOK and LOOK not in wire.paths[1:] and len(wire.paths) == 3


def test_a_uid_that_was_read_before_is_enough() -> None:
    wire = Wire(NAMESPACE, (200, {}))
    cluster = wire.cluster("u1")
    assert cluster.uid() == "u1"
    WRITES["put"](cluster)
    assert len(wire.paths) == 2
    another = Wire(NAMESPACE).cluster("u2")
    another.uid()
    assert refused(another.prove_identity).code == "cluster_mismatch"


def test_without_a_pinned_uid_nothing_is_compared() -> None:
    wire = Wire((200, {}))
    WRITES["put"](wire.cluster())
    assert len(wire.paths) == 1


def test_reading_and_asking_for_rights_need_no_proof() -> None:
    wire = Wire((201, {"status": {"allowed": True}}), (200, {"gitVersion": "v1.21.14"}))
    cluster = wire.cluster("u2")
    assert cluster.allowed("get", "", "pods") and cluster.server_version() == "v1.21.14"
    assert LOOK not in wire.paths


def test_an_identity_that_may_not_be_read_is_none() -> None:
    wire = Wire((403, {"message": "no"}))
    error = refused(lambda: WRITES["put"](wire.cluster("u1")))
    assert error.code == "cluster_unproved" and "may not get the namespace" in error.why
    assert wire.paths == [LOOK]


@pytest.mark.parametrize(("status", "code"), [(401, "unauthorized"), (404, "refused"), (500, "server_error")])
def test_without_an_answer_about_it_nothing_is_sent(status: int, code: str) -> None:
    wire = Wire((status, {"message": "m"}))
    with pytest.raises(ClassicError) as caught:
        WRITES["put"](wire.cluster("u1"))
    assert caught.value.code == code and wire.paths == [LOOK]
    assert caught.value.untouched == "Nothing was sent that changes the cluster."


def test_a_pin_that_pins_nothing_is_refused() -> None:
    assert identity.expected({}) is None and identity.expected({"cluster_uid": " u1\n"}) == "u1"
    for empty in ("", "  "):
        assert refused(lambda uid=empty: identity.expected({"cluster_uid": uid})).code == "invalid"
