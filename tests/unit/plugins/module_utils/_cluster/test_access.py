# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from unit.plugins.module_utils._cluster.fake_cluster import FakeCluster

from ansible_collections.coder.classic.plugins.module_utils._cluster import access, manifest

OBJECTS = manifest.objects(
    "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: coder}\n---\n"
    "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: nginx}\n---\n"
    "apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: web}\n",
    "coder",
)
RBAC = "rbac.authorization.k8s.io"


def test_nothing_is_missing_when_all_is_allowed() -> None:
    cluster = FakeCluster()
    assert [access.missing(cluster, step, "coder", OBJECTS) for step in access.STEPS] == [[]] * len(access.STEPS)
    assert ("get", "", "namespaces", None, "kube-system", None) in cluster.asked
    assert ("patch", "apps", "deployments", "coder", None, "scale") in cluster.asked


def test_retiring_needs_the_rights_of_every_kind_in_its_own_scope() -> None:
    cluster = FakeCluster(
        denied=[("delete", "clusterroles"), ("delete", "roles")], removed=[("extensions/v1beta1", "Ingress")]
    )
    assert access.missing(cluster, "retire", "coder", OBJECTS) == [
        f"delete clusterroles.{RBAC} in the whole cluster",
        f"delete roles.{RBAC} in namespace coder",
    ]
    assert ("delete", RBAC, "roles", "coder", None, None) in cluster.asked
    assert ("delete", RBAC, "clusterroles", None, None, None) in cluster.asked
    assert not [asked for asked in cluster.asked if asked[2] == "ingresses"]


def test_an_object_in_another_namespace_needs_the_right_there() -> None:
    elsewhere = manifest.objects("kind: Secret\nmetadata: {name: a, namespace: other}\n", "coder")
    cluster = FakeCluster(denied=[("delete", "secrets")])
    assert access.missing(cluster, "retire", "coder", elsewhere) == [
        "delete secrets in namespace coder",
        "delete secrets in namespace other",
    ]


def test_sealing_writes_records_and_patches_objects() -> None:
    cluster = FakeCluster(denied=[("create", "secrets"), ("patch", "roles")])
    assert access.missing(cluster, "seal", "coder", OBJECTS) == [
        "create secrets in namespace coder",
        f"patch roles.{RBAC} in namespace coder",
    ]


def test_a_right_is_asked_for_once() -> None:
    cluster = FakeCluster()
    access.missing(cluster, "retire", "coder", [*OBJECTS, *OBJECTS])
    assert len(cluster.asked) == len(set(cluster.asked))
