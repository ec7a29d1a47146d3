# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from unit.plugins.module_utils._kubernetes.fake_cluster import FakeCluster

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import manifest
from ansible_collections.coder.classic.plugins.module_utils._region.rights import missing_rights, rights

OBJECTS = manifest.objects(
    "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: coder}\n---\n"
    "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: nginx}\n---\n"
    "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: nginx}\n---\n"
    "apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: web}\n",
    "coder",
)
STAYING = [("Role", "coder", "coder")]
RBAC = "rbac.authorization.k8s.io"


def missing(cluster: FakeCluster, step: str, objects=OBJECTS) -> list[str]:
    return missing_rights.missing(cluster, step, "coder", "prov", objects, STAYING)


@pytest.fixture
def cluster() -> FakeCluster:
    """One in which everything is allowed."""
    return with_role()


def with_role(**more) -> FakeCluster:
    return FakeCluster([{"kind": "Role", "metadata": {"name": "coder", "namespace": "coder"}}], **more)


def test_nothing_is_missing_when_all_is_allowed(cluster) -> None:
    assert [missing(cluster, step) for step in rights.STEPS] == [[]] * len(rights.STEPS)
    assert ("get", "", "namespaces", None, None, None) in cluster.asked, "kube-system and the provider's own"
    assert ("patch", "apps", "deployments", "coder", "envproxy", "scale") in cluster.asked


def test_rights_by_name_are_enough_and_asked_for_where_the_general_one_is_missing() -> None:
    class ByName(FakeCluster):
        def allowed(self, verb, group, resource, namespace=None, name=None, subresource=None):
            super().allowed(verb, group, resource, namespace, name, subresource)
            return name is not None or resource != "serviceaccounts"

    cluster = ByName()
    assert missing(cluster, "observe") == []
    assert ("get", "", "serviceaccounts", "coder", "prov-environments", None) in cluster.asked


def test_retiring_needs_the_rights_of_every_object_that_goes_in_its_own_scope() -> None:
    cluster = with_role(
        denied=[("delete", "clusterroles"), ("get", "clusterroles"), ("delete", "roles")],
        removed=[("extensions/v1beta1", "Ingress")],
    )
    assert missing(cluster, "retire") == [
        f"delete roles.{RBAC} nginx in namespace coder",
        f"get, delete clusterroles.{RBAC} nginx in the whole cluster",
    ]
    assert ("delete", RBAC, "roles", "coder", "coder", None) not in cluster.asked, "what must stay is not deleted"
    assert not [asked for asked in cluster.asked if asked[2] == "ingresses"]


def test_an_object_in_another_namespace_needs_the_right_there(cluster) -> None:
    elsewhere = manifest.objects("apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: other}\n", "coder")
    cluster.denied.add(("delete", "services"))
    assert missing(cluster, "retire", elsewhere) == ["delete services a in namespace other"]


def test_sealing_writes_records_and_patches_objects() -> None:
    cluster = with_role(denied=[("create", "secrets"), ("update", "secrets"), ("patch", "roles")])
    assert missing(cluster, "seal") == [
        "create, update secrets in namespace coder",
        f"patch roles.{RBAC} coder, nginx in namespace coder",
    ]
    assert cluster.patches == [], "tried only by who may"


def test_who_may_patch_a_role_and_does_not_hold_what_it_grants_cannot_seal_it(cluster) -> None:
    cluster.after_patch[("Role", "coder")] = ClassicError("no", code="forbidden")
    assert missing(cluster, "seal") == [
        "change Role coder in namespace coder (hold all that it grants, or the verb escalate)"
    ]
    assert [(kind, name) for kind, name, _unused in cluster.patches] == [("Role", "coder")]


def test_a_role_that_is_kept_already_is_not_tried_again(cluster) -> None:
    cluster.after_patch[("Role", "coder")] = ClassicError("no", code="forbidden")
    assert missing(cluster, "seal", [{**OBJECTS[0], "keep": True}]) == []


def test_another_refusal_is_no_missing_right(cluster) -> None:
    cluster.after_patch[("Role", "coder")] = ClassicError("webhook", code="refused")
    assert missing(cluster, "seal") == []


def test_a_right_is_asked_for_once(cluster) -> None:
    missing(cluster, "retire", [*OBJECTS, *OBJECTS])
    assert len(cluster.asked) == len(set(cluster.asked))
