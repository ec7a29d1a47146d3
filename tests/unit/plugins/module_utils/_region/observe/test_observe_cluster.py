# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read of a provider's cluster, on a cluster in memory."""

from __future__ import annotations

import copy
from datetime import UTC, datetime

import pytest
from unit.plugins.module_utils._kubernetes.fake_cluster import FakeCluster, secret
from unit.plugins.module_utils._kubernetes.fake_cluster import record as helm_record
from unit.plugins.module_utils._region.scene import WANTED

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._region import record
from ansible_collections.coder.classic.plugins.module_utils._region.observe import envproxy, observe_cluster

RBAC = "rbac.authorization.k8s.io/v1"
MANIFEST = """
apiVersion: v1
kind: ServiceAccount
metadata: {name: coder}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: coder, annotations: {helm.sh/resource-policy: keep}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: coder}
roleRef: {kind: Role, name: coder}
subjects: [{kind: ServiceAccount, name: coder}]
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: prov-environments}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: envproxy}
spec: {replicas: 2, selector: {matchLabels: {app: envproxy}}}
"""


class Cluster(FakeCluster):
    """Which cluster it is; kinds in failing raise."""

    url = "https://cluster.test"

    def __init__(self, objects=(), *, uid="uid-1", failing=(), **more):
        super().__init__(objects, **more)
        self._uid, self.failing = uid, failing

    def uid(self):
        if "Namespace" in self.failing:
            raise error("forbidden")
        return self._uid

    def get(self, api_version, kind, name, namespace=None):
        if kind in self.failing:
            raise error("cluster_unreachable")
        return super().get(api_version, kind, name, namespace)


def error(code):
    return ClassicError("no", code=code, where="there", why=code)


def live(kind, name, *, owner="prov", **metadata):
    annotations = {"meta.helm.sh/release-name": owner, **metadata.pop("annotations", {})}
    return {"kind": kind, "metadata": {"name": name, "namespace": "coder", "annotations": annotations, **metadata}}


def deployment(replicas=2):
    spec = {"replicas": replicas, "selector": {"matchLabels": {"app": "envproxy"}}}
    return {**live("Deployment", "envproxy"), "spec": spec, "status": {"readyReplicas": replicas}}


def pod(name, app="envproxy", phase="Running", **metadata):
    of = {"name": name, "namespace": "coder", "labels": {"app": app}, **metadata}
    return {"kind": "Pod", "metadata": of, "spec": {}, "status": {"phase": phase}}


def installed(**more):
    return [
        secret(helm_record(MANIFEST, name="prov", **more)),
        live("ServiceAccount", "coder", annotations={"helm.sh/resource-policy": "keep"}),
        live("Role", "coder", labels={"argocd.argoproj.io/instance": "x"}),
        live("RoleBinding", "coder"),
        live("ServiceAccount", "prov-environments"),
        deployment(),
        pod("envproxy-1"),
    ]


def look(cluster, **wanted):
    return observe_cluster.look(cluster, {**copy.deepcopy(WANTED), **wanted})


def test_everything_of_an_installed_provider():
    seen = look(Cluster(installed()))
    assert (seen["problems"], seen["uid"], seen["version"]) == ([], "uid-1", "v1.21.14")
    assert seen["release_seen"] and seen["record_seen"]
    staying = {f"{row['kind']}/{row['name']}": row for row in seen["release"]["must_stay"]}
    assert sorted(staying) == [
        "Role/coder",
        "RoleBinding/coder",
        "ServiceAccount/coder",
        "ServiceAccount/prov-environments",
    ]
    assert [name for name, row in staying.items() if row["kept"]] == ["Role/coder"]
    assert [name for name, row in staying.items() if row["hand_kept"]] == ["ServiceAccount/coder"]
    assert [row["tools"] for row in staying.values() if row["tools"]] == [["Argo CD"]]
    assert {row["owner"] for row in seen["access"]} == {"prov"}
    assert seen["envproxy"] == {
        "exists": True, "replicas": 2, "ready": 2, "manifest_replicas": 2, "tools": [], "pods": 1, "terminating": []
    }  # fmt: skip
    assert seen["token_secret"] is False
    assert seen["rights"] == {
        step: [] for step in ("observe", "record", "lock", "envproxy_off", "envproxy_on", "seal", "retire")
    }


def test_secrets_of_the_release_are_not_in_the_observation():
    assert "very-secret" not in str(look(Cluster(installed())))


def test_the_token_in_the_environment_of_envproxy_is_not_in_the_observation():
    token = "a1b2c3d4-published-token"
    env = f", template: {{spec: {{containers: [{{env: [{{name: CEMANAGER_TOKEN, value: {token}}}]}}]}}}}}}"
    text = MANIFEST.rstrip().removesuffix("}") + env
    info = {"status": "failed", "description": f'Upgrade "prov" failed: Invalid value: "{token}"'}
    failed = {**deployment(), "spec": {**deployment()["spec"], "template": {"spec": {"env": token}}}}
    seen = look(Cluster([*installed(), secret(helm_record(text, name="prov", revision=2, info=info)), failed]))
    assert seen["release"]["description"].startswith('Upgrade "prov" failed')
    assert seen["problems"] == [] and token not in str(seen)


def test_a_long_lived_token_is_found_without_reading_it():
    token = live("Secret", "coder-token", annotations={"kubernetes.io/service-account.name": "coder"})
    assert look(Cluster([*installed(), token]))["token_secret"] is True


@pytest.mark.parametrize("objects", [[], installed(info={"status": "uninstalled"})])
def test_without_a_release_others_are_offered_and_nothing_is_asked_that_only_a_release_needs(objects):
    cluster = Cluster([*objects, secret(helm_record(MANIFEST, name="other", namespace="elsewhere"))])
    seen = look(cluster)
    assert seen["release_seen"] and seen["release"] is None
    assert ("other", "elsewhere") in [(row["name"], row["namespace"]) for row in seen["candidates"]]
    assert seen["rights"] == {
        step: [] for step in ("observe", "record", "lock", "envproxy_off", "envproxy_on", "seal", "retire")
    }
    assert [asked[2] for asked in cluster.asked if asked[0] == "delete"] == ["leases"]


def test_the_rights_for_the_lock_are_asked_for_beside_the_provider_only_without_the_main_deployment_s_cluster():
    primary = {"namespace": "main", "cluster_uid": None}
    cluster = Cluster(installed())
    assert "lock" not in look(cluster, primary=primary)["rights"]
    assert "leases" not in {asked[2] for asked in cluster.asked}


def test_nothing_but_the_identity_is_read_from_another_cluster():
    seen = look(Cluster(installed(), uid="uid-9"))
    assert (seen["uid"], seen["release_seen"], seen["access"]) == ("uid-9", False, None)


def test_an_identity_that_may_not_be_read_stops_only_where_one_is_expected():
    assert look(Cluster(installed(), failing={"Namespace"}))["release_seen"] is False
    assert look(Cluster(installed(), failing={"Namespace"}), cluster_uid=None)["release_seen"] is True


def test_one_unreadable_thing_hides_only_itself():
    seen = look(Cluster(installed(), failing={"ConfigMap", "Deployment"}))
    assert [problem["code"] for problem in seen["problems"]] == ["cluster_unreachable"] * 2
    assert (seen["record_seen"], seen["envproxy"]) == (False, None)
    assert seen["release_seen"] and seen["access"]


def test_a_provider_s_namespace_that_is_being_deleted_is_seen():
    metadata = {"name": "coder", "deletionTimestamp": "2026-03-02T11:00:00Z"}
    namespace = {"kind": "Namespace", "metadata": metadata, "status": {"phase": "Terminating"}}
    assert look(Cluster([*installed(), namespace]))["namespace_terminating"]["since"] == "2026-03-02T11:00:00Z"
    assert look(Cluster(installed()))["namespace_terminating"] is None


def test_a_namespace_that_may_not_be_read_hides_nothing_else():
    class Refusing(Cluster):
        def get(self, api_version, kind, name, namespace=None):
            if kind == "Namespace":
                raise error("forbidden")
            return super().get(api_version, kind, name, namespace)

    seen = look(Refusing(installed(), denied={("get", "namespaces")}))
    assert (seen["problems"], seen["namespace_terminating"]) == ([], None)
    assert seen["rights"]["observe"] == ["get namespaces kube-system, coder in the whole cluster"]


def test_missing_rights_are_told_by_step():
    seen = look(Cluster(installed(), denied={("delete", "secrets"), ("list", "pods")}))
    assert seen["user"] == "jane"
    assert {step for step, missing in seen["rights"].items() if missing} == {"observe", "retire"}


def test_what_was_kept_is_compared_by_its_identity():
    uids = '{"ServiceAccount/coder": "a", "Role/gone": "b", "PodSecurityPolicy/p": "c", "Widget/w": "d"}'
    kept = {"kind": "ConfigMap", "metadata": {"name": record.NAME, "namespace": "coder"}, "data": {"kept_uids": uids}}
    objects = [live("ServiceAccount", "coder", uid="a2"), kept]
    seen = look(Cluster(objects, removed={("policy/v1beta1", "PodSecurityPolicy")}))
    assert seen["recorded"] == {"ServiceAccount/coder": "a2", "Role/gone": None}


def test_envproxy_pods_that_end_are_told_with_the_time_of_the_request_and_ended_ones_do_not_count():
    ending = pod("old", deletionTimestamp="2026-03-02T16:00:00Z", deletionGracePeriodSeconds=14400)
    seen = look(Cluster([*installed(), ending, pod("evicted", phase="Failed"), pod("ws", app="workspace")]))
    assert seen["envproxy"]["pods"] == 2
    assert seen["envproxy"]["terminating"] == [{"name": "old", "since": datetime(2026, 3, 2, 12, 0, tzinfo=UTC)}]


def test_envproxy_pods_are_found_without_their_deployment_by_the_manifest():
    objects = [obj for obj in installed() if obj["kind"] != "Deployment"]
    seen = look(Cluster(objects))
    assert (seen["envproxy"]["exists"], seen["envproxy"]["replicas"], seen["envproxy"]["pods"]) == (False, 0, 1)


WITHOUT = MANIFEST[: MANIFEST.index("---\napiVersion: apps/v1")]
ENDING = {"deletionTimestamp": "2026-03-02T16:00:00Z", "deletionGracePeriodSeconds": 14400}


def owned_by(name, kind="ReplicaSet"):
    return {"ownerReferences": [{"apiVersion": "apps/v1", "kind": kind, "name": name, "controller": True}]}


# How the pods of an envproxy can be known that an upgrade took away.
LEFT_BEHIND = {
    "the selector of an older revision": pod("old", **ENDING),
    "the published label": pod("old", app="x", labels={"coder.deployment": "envproxy"}, **ENDING),
    "the owner": pod("old", app="x", **owned_by("envproxy-7d9f8c6b5"), **ENDING),
}


def upgraded(*pods):
    """The release after an upgrade to a chart without Deployment envproxy; older revisions had it."""
    old = [secret(helm_record(MANIFEST, name="prov", revision=number, status="superseded")) for number in (1, 2)]
    objects = [obj for obj in installed() if obj["kind"] not in ("Deployment", "Pod", "Secret")]
    return Cluster([*objects, *old, secret(helm_record(WITHOUT, name="prov", revision=3)), *pods])


@pytest.mark.parametrize("left", LEFT_BEHIND.values(), ids=LEFT_BEHIND)
def test_envproxy_pods_that_outlive_an_upgrade_without_envproxy_are_seen_and_waited_for(left):
    others = [pod("ws", app="ws"), pod("twin", app="x", **owned_by("envproxy-extra-7d9f8c6b5"))]
    cluster = upgraded(left, *others, pod("set", app="x", **owned_by("envproxy-0", "StatefulSet")))
    found = look(cluster)["envproxy"]
    assert (found["exists"], found["replicas"], found["manifest_replicas"]) == (False, 0, None)
    assert (found["pods"], found["terminating"]) == (
        1,
        [{"name": "old", "since": datetime(2026, 3, 2, 12, tzinfo=UTC)}],
    )
    names = envproxy.left(cluster, "coder", "prov")
    assert names() == ["old"]
    cluster.objects.pop(("Pod", "coder", "old"))
    assert names() == []
    assert look(cluster)["envproxy"]["pods"] == 0


def test_pods_of_an_envproxy_with_another_selector_than_the_manifest_s_count_as_well():
    objects = [{**deployment(), "spec": {"replicas": 0, "selector": {"matchLabels": {"app": "renamed"}}}}]
    cluster = Cluster([*installed(), *objects, pod("new", app="renamed")])
    assert look(cluster)["envproxy"]["pods"] == 2


def test_a_selector_without_labels_is_nobody_s():
    cluster = Cluster([*installed(), {**deployment(), "spec": {"replicas": 1, "selector": {"matchLabels": {}}}}])
    cluster.put(pod("ws", app="ws"))
    assert look(cluster)["envproxy"]["pods"] == 1


class Counting(Cluster):
    """Remembers the lists that it was asked for, with what they select and whether they carry contents."""

    def __init__(self, *arguments, **more):
        super().__init__(*arguments, **more)
        self.lists: list[tuple] = []

    def list(self, api_version, kind, namespace=None, label_selector=None, *, metadata_only=False):
        self.lists.append((kind, label_selector, metadata_only))
        return super().list(api_version, kind, namespace, label_selector, metadata_only=metadata_only)


def heavy_lists(objects):
    cluster = Counting(objects)
    release = observe_cluster.helm_record.current(cluster, "coder", "prov")
    stored = observe_cluster.manifest.objects(release.manifest, "coder")
    cluster.lists.clear()
    envproxy.look(cluster, "coder", release, stored)
    return [(kind, selector) for kind, selector, light in cluster.lists if not light]


def test_a_history_is_read_only_where_neither_the_cluster_nor_the_manifest_has_an_envproxy():
    whole = ("Secret", "owner=helm,name=prov")
    assert heavy_lists(installed()) == [("Pod", None)]
    assert heavy_lists([obj for obj in installed() if obj["kind"] != "Deployment"]) == [("Pod", None)]
    assert heavy_lists(list(upgraded().objects.values())) == [whole, ("Pod", None)]
    assert heavy_lists([secret(helm_record(WITHOUT, name="prov"))]) == [("Pod", None)], "no older revision"


def test_an_old_revision_that_cannot_be_read_hides_nothing_else():
    cluster = upgraded(LEFT_BEHIND["the owner"])
    cluster.objects[("Secret", "coder", "sh.helm.release.v1.prov.v1")]["data"] = {"release": "%%%"}
    seen = look(cluster)
    assert (seen["problems"], seen["envproxy"]["pods"]) == ([], 1)


def test_waiting_reads_what_envproxy_was_once_and_then_only_pods():
    cluster = Counting([*installed(), pod("a")])
    names = envproxy.left(cluster, "coder", "prov")
    assert [len(names()) for _look in range(3)] == [2, 2, 2]
    assert [kind for kind, _selector, _light in cluster.lists] == ["Secret", *["Pod"] * 3]
