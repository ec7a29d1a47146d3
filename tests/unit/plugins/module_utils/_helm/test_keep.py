# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.coder.classic.plugins.module_utils._coder.provider_roots import roots
from ansible_collections.coder.classic.plugins.module_utils._helm import keep, manifest

PROVIDER = """
kind: ServiceAccount
metadata: {name: coder}
---
kind: ServiceAccount
metadata: {name: prov-environments}
imagePullSecrets: [{name: registry}]
---
kind: Role
metadata: {name: coder}
rules: []
---
kind: RoleBinding
metadata: {name: coder}
roleRef: {kind: Role, name: coder}
subjects: [{kind: ServiceAccount, name: coder}]
---
kind: RoleBinding
metadata: {name: psp-environments}
roleRef: {kind: Role, name: psp}
subjects: [{kind: ServiceAccount, name: prov-environments, namespace: ns}]
---
kind: Role
metadata: {name: psp}
rules: [{apiGroups: [policy], resources: [podsecuritypolicies], resourceNames: [restricted], verbs: [use]}]
---
kind: PodSecurityPolicy
metadata: {name: restricted}
---
kind: PodSecurityPolicy
metadata: {name: nginx}
---
kind: ClusterRoleBinding
metadata: {name: everybody}
roleRef: {kind: ClusterRole, name: reader}
subjects: [{kind: Group, name: "system:serviceaccounts:ns"}]
---
kind: ClusterRole
metadata: {name: reader}
---
kind: RoleBinding
metadata: {name: nginx}
roleRef: {kind: Role, name: nginx}
subjects: [{kind: ServiceAccount, name: nginx}]
---
kind: RoleBinding
metadata: {name: foreign}
roleRef: {kind: Role, name: nginx}
subjects: [{kind: ServiceAccount, name: coder, namespace: other}]
---
kind: Role
metadata: {name: nginx}
---
kind: Secret
metadata: {name: registry}
---
kind: Secret
metadata: {name: coder-token, annotations: {kubernetes.io/service-account.name: coder}}
type: kubernetes.io/service-account-token
---
kind: Secret
metadata: {name: envproxy-token}
---
kind: ConfigMap
metadata: {name: ce-environment-config}
---
kind: ConfigMap
metadata: {name: mounted}
---
kind: PersistentVolumeClaim
metadata: {name: shared}
---
kind: PriorityClass
metadata: {name: workspaces}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: envproxy}
spec: {selector: {matchLabels: {app: envproxy}}}
---
kind: Job
metadata: {name: once}
"""
OBJECTS = manifest.objects(PROVIDER, "ns")


def staying(pods=()) -> dict[str, str]:
    found = keep.must_stay(OBJECTS, "ns", roots("prov", "ns"), pods)
    return {manifest.label(entry["identity"]): entry["reason"] for entry in found}


def test_access_and_all_that_it_refers_to_stays() -> None:
    assert staying() == {
        "ServiceAccount/coder": "Coder's access to the cluster",
        "ServiceAccount/prov-environments": "existing workspaces run under it",
        "Role/coder": "Coder's access to the cluster",
        "RoleBinding/coder": "Coder's access to the cluster",
        "RoleBinding/psp-environments": "gives rights to ServiceAccount/prov-environments",
        "Role/psp": "RoleBinding/psp-environments refers to it",
        "PodSecurityPolicy/restricted": "Role/psp refers to it",
        "ClusterRoleBinding/everybody": "gives rights to ServiceAccount/coder",
        "ClusterRole/reader": "ClusterRoleBinding/everybody refers to it",
        "Secret/registry": "ServiceAccount/prov-environments refers to it",
        "Secret/coder-token": "holds a token of ServiceAccount/coder",
        "ConfigMap/ce-environment-config": "the tolerations of workspaces",
    }


def workspace(**spec) -> dict:
    return {"metadata": {"name": "ws", "namespace": "ns"}, "spec": spec, "status": {"phase": "Running"}}


def test_what_workspace_pods_use_stays() -> None:
    pod = workspace(
        priorityClassName="workspaces",
        volumes=[
            {"name": "a", "persistentVolumeClaim": {"claimName": "shared"}},
            {"name": "b", "projected": {"sources": [{"configMap": {"name": "mounted"}}]}},
            {"name": "c", "secret": {"secretName": "not-of-the-release"}},
        ],
        initContainers=[{"envFrom": [{"configMapRef": {"name": "ce-environment-config"}}]}],
        containers=[{"env": [{"name": "T", "valueFrom": {"secretKeyRef": {"name": "envproxy-token", "key": "t"}}}]}],
    )
    more = set(staying([pod])) - set(staying())
    assert more == {
        "PriorityClass/workspaces",
        "PersistentVolumeClaim/shared",
        "ConfigMap/mounted",
        "Secret/envproxy-token",
    }
    assert staying([pod])["ConfigMap/mounted"] == "used by pod ws"


def test_a_pod_of_another_namespace_does_not_count() -> None:
    pod = workspace(containers=[{"envFrom": [{"secretRef": {"name": "envproxy-token"}}]}])
    pod["metadata"]["namespace"] = "other"
    assert staying([pod]) == staying()


def test_the_releases_own_pods_and_ended_ones_are_no_workspaces() -> None:
    pods = [
        {"metadata": {"name": "envproxy-1", "labels": {"app": "envproxy", "hash": "1"}}, "spec": {}},
        {"metadata": {"name": "once-1", "labels": {"job-name": "once"}}, "spec": {}},
        {"metadata": {"name": "done"}, "spec": {}, "status": {"phase": "Succeeded"}},
        {"metadata": {"name": "ws", "labels": {"app": "ws"}}, "spec": {}, "status": {"phase": "Running"}},
        {"metadata": {"name": "bare"}, "spec": {}},
    ]
    assert [pod["metadata"]["name"] for pod in keep.foreign_pods(pods, OBJECTS)] == ["ws", "bare"]


def test_a_release_that_is_no_provider_has_nothing_that_must_stay() -> None:
    assert (
        keep.must_stay(manifest.objects("kind: Service\nmetadata: {name: x}\n", "ns"), "ns", roots("prov", "ns"), [])
        == []
    )


def psp(subject: str, kind: str = "RoleBinding", role: str = "Role") -> list[dict]:
    """A provider's release with podSecurityPolicyName set, as the product's chart names its objects."""
    return manifest.objects(
        "kind: ServiceAccount\nmetadata: {name: coder}\n---\n"
        "kind: ServiceAccount\nmetadata: {name: prov-environments}\n---\n"
        f"kind: {role}\nmetadata: {{name: coder-restricted}}\n"
        "rules: [{apiGroups: [extensions], resources: [podsecuritypolicies], resourceNames: [own], verbs: [use]}]\n---\n"
        f"kind: {kind}\nmetadata: {{name: coder-restricted}}\n"
        f"roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: {role}, name: coder-restricted}}\n"
        f"subjects: [{{kind: ServiceAccount, name: envproxy, namespace: ns}}, {subject}]\n---\n"
        "kind: PodSecurityPolicy\nmetadata: {name: own}\n---\n"
        "kind: Role\nmetadata: {name: ingress-restricted}\n---\n"
        "kind: RoleBinding\nmetadata: {name: ingress-restricted}\nroleRef: {kind: Role, name: ingress-restricted}\n"
        "subjects: [{kind: ServiceAccount, name: nginx-ingress-serviceaccount, namespace: ns}]\n",
        "ns",
    )


def kept(objects: list[dict], pods=()) -> set[str]:
    return {manifest.label(entry["identity"]) for entry in keep.must_stay(objects, "ns", roots("prov", "ns"), pods)}


ACCOUNTS = {"ServiceAccount/coder", "ServiceAccount/prov-environments"}


@pytest.mark.parametrize(
    "subject",
    [
        "{kind: ServiceAccount, name: environments, namespace: ns}",
        "{kind: ServiceAccount, name: environments}",
        "{kind: ServiceAccount, name: prov-environments, namespace: ns}",
        "{kind: ServiceAccount, name: coder}",
        '{apiGroup: rbac.authorization.k8s.io, kind: User, name: "system:serviceaccount:ns:coder"}',
        '{kind: User, name: "system:serviceaccount:ns:environments"}',
        '{apiGroup: rbac.authorization.k8s.io, kind: Group, name: "system:serviceaccounts:ns"}',
        '{kind: Group, name: "system:serviceaccounts"}',
        '{kind: Group, name: "system:authenticated"}',
    ],
)
@pytest.mark.parametrize(
    ("kind", "role"), [("RoleBinding", "Role"), ("RoleBinding", "ClusterRole"), ("ClusterRoleBinding", "ClusterRole")]
)
def test_the_security_policy_of_workspaces_stays_in_whatever_form_it_is_bound(subject, kind, role) -> None:
    bound = {f"{kind}/coder-restricted", f"{role}/coder-restricted", "PodSecurityPolicy/own"}
    if kind == "ClusterRoleBinding" and "kind: ServiceAccount" in subject and "namespace" not in subject:
        bound = set()  # An account without a namespace is nobody in a cluster-wide binding.
    assert kept(psp(subject, kind, role)) == ACCOUNTS | bound


@pytest.mark.parametrize(
    "subject",
    [
        "{kind: ServiceAccount, name: environments, namespace: other}",
        '{kind: User, name: "system:serviceaccount:other:coder"}',
        '{kind: Group, name: "system:serviceaccounts:other"}',
    ],
)
def test_rights_of_others_do_not_stay(subject) -> None:
    assert kept(psp(subject)) == ACCOUNTS


def test_rights_of_an_account_that_a_workspace_runs_under_stay_wherever_the_account_is_from() -> None:
    objects = psp("{kind: ServiceAccount, name: own-account, namespace: ns}")
    assert kept(objects) == ACCOUNTS
    assert "Role/coder-restricted" in kept(objects, [workspace(serviceAccountName="own-account")])


def test_a_release_that_is_no_provider_s_gives_no_rights_that_must_stay() -> None:
    everybody = "kind: RoleBinding\nmetadata: {name: all}\nsubjects: [{kind: Group, name: system:authenticated}]\n"
    assert kept(manifest.objects(everybody, "ns")) == set()


def test_the_roles_out_of_which_a_kept_role_is_made_stay() -> None:
    text = (
        "kind: ServiceAccount\nmetadata: {name: coder}\n---\n"
        "kind: ClusterRoleBinding\nmetadata: {name: made}\nroleRef: {kind: ClusterRole, name: made}\n"
        "subjects: [{kind: ServiceAccount, name: coder, namespace: ns}]\n---\n"
        "kind: ClusterRole\nmetadata: {name: made}\n"
        "aggregationRule: {clusterRoleSelectors: [{matchLabels: {to: made}}]}\n---\n"
        "kind: ClusterRole\nmetadata: {name: part, labels: {to: made}}\n---\n"
        "kind: RoleBinding\nmetadata: {name: built-in}\nroleRef: {kind: ClusterRole, name: edit}\n"
        "subjects: [{kind: ServiceAccount, name: coder, namespace: ns}]\n---\n"
        "kind: ClusterRole\n"
        'metadata: {name: more, labels: {rbac.authorization.k8s.io/aggregate-to-edit: "true"}}\n---\n'
        'kind: ClusterRole\nmetadata: {name: other, labels: {rbac.authorization.k8s.io/aggregate-to-view: "true"}}\n'
    )
    names = {"ClusterRoleBinding/made", "ClusterRole/made", "ClusterRole/part", "RoleBinding/built-in"}
    assert kept(manifest.objects(text, "ns")) == {"ServiceAccount/coder", "ClusterRole/more", *names}
