# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is printed for whoever gives rights is what is asked for, and the files of examples/site/rbac are an example."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from unit.plugins.module_utils._kubernetes.fake_cluster import FakeCluster

from ansible_collections.coder.classic.plugins.module_utils._coder.provider_roots import roots
from ansible_collections.coder.classic.plugins.module_utils._helm import keep, manifest
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.discovery import Resource
from ansible_collections.coder.classic.plugins.module_utils._region.rights import missing_rights, rights_manifest

EXAMPLES = Path(__file__).parents[6] / "examples" / "site" / "rbac"
RELEASE, NAMESPACE, GROUP = "coder-workspace-provider", "coder", "coder-operators"
RBAC = "rbac.authorization.k8s.io/v1"
ROLE = "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: coder}\n"
SUBJECT = "subjects: [{kind: ServiceAccount, name: coder, namespace: coder}]\n"


def documents(*rows: tuple[str, str, str]) -> str:
    parts = [f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: {name}}}\n" for version, kind, name in rows]
    return "---\n".join(parts)


#: Chart workspace-provider up to 1.21.3 with its default values: the objects as helm orders them.
PUBLISHED = (
    documents(
        ("v1", "ServiceAccount", "coder"),
        ("v1", "ServiceAccount", f"{RELEASE}-environments"),
        ("v1", "ServiceAccount", "nginx-ingress-serviceaccount"),
        ("v1", "ConfigMap", "custom-headers"),
        ("v1", "ConfigMap", "nginx-configuration"),
        ("v1", "ConfigMap", "tcp-services"),
        ("v1", "ConfigMap", "udp-services"),
        ("rbac.authorization.k8s.io/v1beta1", "ClusterRole", "nginx-ingress-clusterrole-coder"),
        ("rbac.authorization.k8s.io/v1beta1", "ClusterRoleBinding", "nginx-ingress-clusterrole-nisa-binding-coder"),
        (RBAC, "Role", "coder"),
        ("rbac.authorization.k8s.io/v1beta1", "Role", "nginx-ingress-role"),
    )
    + f"---\napiVersion: {RBAC}\nkind: RoleBinding\nmetadata: {{name: coder}}\n{ROLE}{SUBJECT}---\n"
    + documents(
        ("rbac.authorization.k8s.io/v1beta1", "RoleBinding", "nginx-ingress-role-nisa-binding"),
        ("v1", "Service", "envproxy"),
        ("v1", "Service", "ingress-nginx"),
        ("apps/v1", "Deployment", "envproxy"),
        ("apps/v1", "Deployment", "nginx-ingress-controller"),
        ("extensions/v1beta1", "Ingress", "web-ingress"),
    )
)


def plural(_api_version: str, kind: str) -> Resource:
    return Resource({"Ingress": "ingresses"}.get(kind, f"{kind.lower()}s"), kind not in manifest.CLUSTER_WIDE)


def of(goal: str, text: str = PUBLISHED, served=plural) -> list[dict]:
    objects = manifest.objects(text, NAMESPACE)
    staying = [entry["identity"] for entry in keep.must_stay(objects, NAMESPACE, roots(RELEASE, NAMESPACE), [])]
    return rights_manifest.documents(goal, NAMESPACE, RELEASE, GROUP, served, objects, staying)


def granted(found: list[dict]) -> Iterator[tuple]:
    for one in found:
        for rule in one.get("rules", []):
            for verb in rule["verbs"]:
                for group in rule["apiGroups"]:
                    for resource in rule["resources"]:
                        for name in rule.get("resourceNames", [None]):
                            yield verb, group, resource, one["metadata"].get("namespace"), name


@pytest.mark.parametrize("goal", rights_manifest.GOALS)
def test_the_example_is_what_the_published_chart_takes(goal: str) -> None:
    example = yaml.safe_load((EXAMPLES / f"provider-{goal}.yml").read_text())
    assert example == {"apiVersion": "v1", "kind": "List", "items": of(goal)}


def test_the_main_deployment_s_cluster_gives_the_rights_for_the_lock() -> None:
    items = yaml.safe_load((EXAMPLES / "primary.yml").read_text())["items"]
    leases = {right for right in granted(items) if right[2] == "leases"}
    assert leases == {right for right in granted(of("migrate")) if right[2] == "leases"}
    assert {right[0] for right in leases} == {"create", "get", "update", "delete"}


@pytest.mark.parametrize("goal", rights_manifest.GOALS)
def test_with_what_is_printed_nothing_is_missing_and_with_less_something_is(goal: str) -> None:
    objects = manifest.objects(PUBLISHED, NAMESPACE)
    staying = [entry["identity"] for entry in keep.must_stay(objects, NAMESPACE, roots(RELEASE, NAMESPACE), [])]
    rights = {*granted(of("look")), *granted(of(goal))}

    class Limited(FakeCluster):
        def resource(self, api_version, kind):
            return plural(api_version, kind)

        def allowed(self, verb, group, resource, namespace=None, name=None, subresource=None):
            path = f"{resource}/{subresource}" if subresource else resource
            asked = (verb, group, path, namespace)
            return (*asked, None) in rights or (*asked, name) in rights

    def missing() -> list[str]:
        cluster = Limited([{**obj["document"], "metadata": {"name": obj["name"], "namespace": obj["namespace"]}}
                           for obj in objects])  # fmt: skip
        return [
            text
            for step in rights_manifest.GOALS[goal]
            for text in missing_rights.missing(cluster, step, NAMESPACE, RELEASE, objects, staying)
        ]

    assert missing() == []
    for right in list(granted(of(goal))):
        rights.discard(right)
        assert missing() != [], f"{right} is given, and nobody needs it"
        rights.add(right)


def test_nothing_that_must_stay_can_be_deleted() -> None:
    deleted = {(resource, name) for verb, _g, resource, _n, name in granted(of("retire")) if verb == "delete"}
    kept = {("serviceaccounts", "coder"), ("serviceaccounts", f"{RELEASE}-environments"), ("roles", "coder")}
    assert deleted & {*kept, ("rolebindings", "coder"), *((resource, None) for resource, _name in kept)} == set()
    assert ("configmaps", "custom-headers") in deleted and ("deployments", "nginx-ingress-controller") in deleted


def test_a_chart_with_a_security_policy_takes_what_its_roles_grant() -> None:
    more = (
        f"---\napiVersion: {RBAC}\nkind: Role\nmetadata: {{name: coder-restricted}}\n"
        f"---\napiVersion: {RBAC}\nkind: RoleBinding\nmetadata: {{name: coder-restricted}}\n"
        "roleRef: {kind: Role, name: coder-restricted}\n"
        "subjects: [{kind: ServiceAccount, name: environments, namespace: coder}]\n"
        f"---\napiVersion: {RBAC}\nkind: ClusterRoleBinding\nmetadata: {{name: everywhere}}\n"
        "roleRef: {kind: ClusterRole, name: view}\nsubjects: [{kind: ServiceAccount, name: coder, namespace: coder}]\n"
    )
    found = of("retire", PUBLISHED + more)
    held = [one["roleRef"]["name"] for one in found if "holds-what" in one["metadata"]["name"]]
    assert held == ["coder", "coder-restricted", "view"]
    everywhere = next(one for one in found if one["metadata"]["name"].endswith("holds-what-view-grants"))
    assert everywhere["kind"] == "ClusterRoleBinding" and "namespace" not in everywhere["metadata"]
    assert ("get", "rbac.authorization.k8s.io", "roles", "coder", "coder-restricted") in set(
        granted(of("look", PUBLISHED + more))
    )


def test_what_is_kept_already_is_not_changed_and_takes_no_rights_of_its_own() -> None:
    sealed = manifest.with_keep(PUBLISHED, [("Role", "coder", "coder"), ("RoleBinding", "coder", "coder")], "coder")
    assert not [one for one in of("retire", sealed) if "holds-what" in one["metadata"]["name"]]


def test_objects_of_another_namespace_are_a_role_there_and_unserved_ones_none() -> None:
    elsewhere = PUBLISHED + "---\napiVersion: v1\nkind: Service\nmetadata: {name: far, namespace: other}\n"
    found = of("retire", elsewhere, lambda version, kind: None if kind == "Ingress" else plural(version, kind))
    assert [one["metadata"].get("namespace") for one in found if one["kind"] == "Role"] == ["coder", "other"]
    assert ("delete", "", "services", "other", "far") in set(granted(found))
    assert not [right for right in granted(found) if right[2] == "ingresses"]
