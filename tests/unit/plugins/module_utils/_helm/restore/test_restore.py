# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A backup brought back: what is sent, what is left alone, what cannot come back; and a restore that stops half-way."""

from __future__ import annotations

import json

import pytest
from unit.plugins.module_utils._kubernetes.fake_cluster import FakeCluster, record, secret

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm.restore import plan, release_restore
from ansible_collections.coder.classic.plugins.module_utils._helm.restore.as_new import as_new


def obj(kind: str, name: str = "x", namespace: str | None = "shop", **more) -> dict:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {}), **more.pop("metadata", {})}
    return {"apiVersion": more.pop("apiVersion", "v1"), "kind": kind, "metadata": metadata, **more}


@pytest.mark.parametrize(
    ("item", "sent", "lost"),
    [
        (
            obj("Service", spec={
                "clusterIP": "10.0.0.9", "clusterIPs": ["10.0.0.9"], "type": "LoadBalancer", "healthCheckNodePort": 3,
                "ports": [{"port": 80, "nodePort": 30000}],
            }),
            {"spec": {"type": "LoadBalancer", "ports": [{"port": 80}]}},
            ["its cluster address", "its node ports", "the address of its load balancer"],
        ),
        # A headless one has no address to lose.
        (obj("Service", spec={"clusterIP": "None"}), {"spec": {"clusterIP": "None"}}, []),
        (
            obj("Service", spec={"type": "LoadBalancer", "loadBalancerIP": "192.0.2.1"}),
            {"spec": {"type": "LoadBalancer", "loadBalancerIP": "192.0.2.1"}}, [],
        ),
        (obj("ServiceAccount", secrets=[{"name": "x-token-abc"}]), {}, ["its UID, and with that every token that it had"]),
        (
            obj("Secret", type="kubernetes.io/service-account-token", data={"token": "b2xk"}, metadata={
                "annotations": {"kubernetes.io/service-account.uid": "u", "kubernetes.io/service-account.name": "x"}}),
            {"type": "kubernetes.io/service-account-token", "metadata": {
                "name": "x", "namespace": "shop", "annotations": {"kubernetes.io/service-account.name": "x"}}},
            ["its token: the server makes a new one"],
        ),
        (obj("Secret", type="Opaque", data={"a": "b"}), {"type": "Opaque", "data": {"a": "b"}}, []),
        (
            obj("PersistentVolumeClaim", spec={"volumeName": "pv-1", "storageClassName": "s"}, metadata={
                "annotations": {"pv.kubernetes.io/bind-completed": "yes", "mine": "1"},
                "finalizers": ["kubernetes.io/pvc-protection"]}),
            {"spec": {"storageClassName": "s"}, "metadata": {"name": "x", "namespace": "shop", "annotations": {"mine": "1"}}},
            ["all data: it is a new and empty volume"],
        ),
        (
            obj("Job", spec={
                "selector": {"matchLabels": {"controller-uid": "u"}},
                "template": {"metadata": {"labels": {"controller-uid": "u", "job-name": "x", "app": "a"}}}}),
            {"spec": {"template": {"metadata": {"labels": {"app": "a"}}}}}, ["that it ran already: it runs again"],
        ),
        (
            obj("ConfigMap", data={"a": "b"}, status={}, metadata={
                "ownerReferences": [{"uid": "u"}], "uid": "u", "resourceVersion": "7", "finalizers": ["mine", "orphan"]}),
            {"data": {"a": "b"}, "metadata": {"name": "x", "namespace": "shop", "finalizers": ["mine"]}},
            ["its owner, which is known by a UID that is gone"],
        ),
        (obj("Namespace", namespace=None, spec={"finalizers": ["kubernetes"]}), {}, ["what was in it besides the backup"]),
    ],
    ids=lambda value: value.get("kind") if isinstance(value, dict) else "",
)  # fmt: skip
def test_what_is_sent_and_what_does_not_come_back(item, sent, lost):
    before = json.dumps(item)
    new = as_new(item, set())
    expected = {"apiVersion": "v1", "kind": item["kind"], "metadata": {"name": "x"}, **sent}
    if "metadata" not in sent and item["kind"] != "Namespace":
        expected["metadata"] = {"name": "x", "namespace": "shop"}
    assert (new.document, new.lost) == (expected, lost)
    assert json.dumps(item) == before, "what was read is not changed"


def test_an_account_keeps_the_tokens_that_are_saved_too():
    account = obj("ServiceAccount", secrets=[{"name": "mine"}, {"name": "x-token-abc"}])
    assert as_new(account, {("Secret", "shop", "mine")}).document["secrets"] == [{"name": "mine"}]


def row(item, live=None, api_version="v1", **more) -> plan.Row:
    return plan.row(item, live, api_version, **{"saved": set(), "empty_claims": [], "has_release": False, **more})


CLAIM = obj("PersistentVolumeClaim")
RECORD = obj("Secret", "sh.helm.release.v1.shop.v1")


@pytest.mark.parametrize(
    ("found", "what"),
    [
        (row(obj("ConfigMap")), "make"),
        (row(obj("ConfigMap", data={"a": "1"}), obj("ConfigMap", data={"a": "1"}, metadata={"uid": "u"})), "there"),
        (row(obj("ConfigMap", data={"a": "1"}), obj("ConfigMap", data={"a": "2"})), "differs"),
        # A Service that has another address by now is as it was saved.
        (row(obj("Service", spec={"clusterIP": "10.0.0.1"}), obj("Service", spec={"clusterIP": "10.0.0.2"})), "there"),
        (row(obj("ConfigMap"), obj("ConfigMap", metadata={"deletionTimestamp": "then"})), "going"),
        (row(obj("Thing", apiVersion="old/v1"), api_version=None), "left"),
        (row(CLAIM), "left"),
        (row(CLAIM, empty_claims=["PersistentVolumeClaim/x"]), "make"),
        (row(CLAIM, empty_claims=["all"]), "make"),
        (row(RECORD), "make"),
        (row(RECORD, has_release=True), "left"),
    ],
)  # fmt: skip
def test_what_is_done_with_each(found, what):
    assert found.what == what


def test_secrets_are_not_shown_where_they_differ():
    found = row(obj("Secret", data={"a": "c2F2ZWQ="}), obj("Secret", data={"a": "bGl2ZQ=="}))
    assert found.what == "differs" and found.fields == [{"path": "data.a", "live": "********", "manifest": "********"}]


def test_what_others_need_comes_first_and_records_last():
    kinds = ["ValidatingWebhookConfiguration", "Deployment", "Ingress", "Role", "Service", "ConfigMap", "ServiceAccount",
             "Namespace", "CustomResourceDefinition", "Secret", "Thing"]  # fmt: skip
    found, unknown = plan.chosen([RECORD, *(obj(kind) for kind in kinds)], [])
    assert [item["kind"] for item in found] == [
        "Namespace", "CustomResourceDefinition", "ServiceAccount", "Secret", "ConfigMap", "Role", "Service", "Deployment",
        "Thing", "Ingress", "ValidatingWebhookConfiguration", "Secret",
    ] and unknown == []  # fmt: skip
    assert plan.chosen([RECORD, CLAIM], ["PersistentVolumeClaim/x", "Role/y"]) == ([CLAIM], ["Role/y"])


class Server(FakeCluster):
    """Makes objects; refuse: names that it turns down."""

    def __init__(self, objects=(), *, refuse=(), refuse_late=(), **more):
        super().__init__(objects, **more)
        self.refuse, self.refuse_late, self.made = refuse, refuse_late, []

    def create(self, obj, *, dry_run=False):
        metadata = obj["metadata"]
        if metadata["name"] in self.refuse or (metadata["name"] in self.refuse_late and not dry_run):
            raise ClassicError("POST was answered", code="refused", why="no s3cret-thing", status=422)
        if not dry_run:
            self.made.append(f"{obj['kind']}/{metadata['name']}")
            self.put(obj)
        return obj

    def equivalent(self, api_version, kind):
        return api_version if self.serves(api_version, kind) else None


@pytest.fixture
def saved(tmp_path):
    items = [
        obj("Deployment", "web", apiVersion="apps/v1", spec={"replicas": 1}),
        obj("ConfigMap", "settings", data={"a": "1"}),
        obj("ServiceAccount", "web"),
        CLAIM,
        secret(record("", name="shop", namespace="shop")),
    ]
    path = tmp_path / "shop.v1.json"
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    return str(path)


def restored(cluster, path, *, check_mode=False, objects=(), empty_claims=()):
    params = {"path": path, "objects": list(objects), "empty_claims": list(empty_claims)}
    return release_restore.run(cluster, params, check_mode)


ALL = ["ServiceAccount/web", "ConfigMap/settings", "Deployment/web", "Secret/sh.helm.release.v1.shop.v1"]


def test_all_that_is_missing_comes_back_once(saved):
    cluster = Server()
    planned = restored(cluster, saved, check_mode=True)
    assert cluster.made == [] and planned["made"] == ALL
    done = restored(cluster, saved)
    assert done == planned and cluster.made == ALL
    assert any(line.startswith("ServiceAccount/web comes without its UID") for line in done["said"])
    assert [one["name"] for one in done["left"]] == ["x"] and "empty_claims" in done["left"][0]["why"]
    again = restored(cluster, saved)
    assert again["changed"] is False and again["there"] == ALL and len(again["left"]) == 1


def test_only_what_is_named(saved):
    cluster = Server()
    assert restored(cluster, saved, objects=["ConfigMap/settings"])["made"] == ["ConfigMap/settings"] == cluster.made
    with pytest.raises(ClassicError) as caught:
        restored(cluster, saved, objects=["ConfigMap/other"])
    assert caught.value.code == "not_found" and "ConfigMap/settings" in caught.value.next_step


def test_what_is_there_is_left_alone(saved):
    cluster = Server([obj("ConfigMap", "settings", data={"a": "2"})])
    done = restored(cluster, saved)
    assert "ConfigMap/settings" not in done["made"] and done["differing"][0]["name"] == "settings"
    assert cluster.objects[("ConfigMap", "shop", "settings")]["data"] == {"a": "2"}


def test_old_records_are_not_put_among_those_of_a_living_release(saved):
    cluster = Server([secret(record("", name="shop", namespace="shop", revision=5))])
    done = restored(cluster, saved)
    assert done["made"] == ALL[:3] and done["left"][-1]["name"].endswith(".v1")


def test_what_is_being_deleted_is_waited_for_by_a_person(saved):
    cluster = Server([obj("ConfigMap", "settings", metadata={"deletionTimestamp": "then", "finalizers": ["f"]})])
    with pytest.raises(ClassicError) as caught:
        restored(cluster, saved)
    assert caught.value.code == "terminating" and "finalizers: f" in caught.value.why and cluster.made == []


def test_a_refusal_comes_before_the_first_write(saved):
    cluster = Server(refuse=["web"])
    with pytest.raises(ClassicError) as caught:
        restored(cluster, saved)
    assert caught.value.code == "refused" and "2 object(s)" in caught.value.what and cluster.made == []


def test_a_restore_that_stops_half_way_says_what_is_there(saved):
    cluster = Server(refuse_late=["settings"])
    with pytest.raises(ClassicError) as caught:
        restored(cluster, saved)
    error = caught.value
    assert error.code == "restore_failed" and error.changed is True
    assert error.details == {"made": ALL[:1], "not_made": ALL[1:]}
    cluster.refuse_late = []
    assert restored(cluster, saved)["made"] == ALL[1:]


@pytest.mark.parametrize(
    "text", ["", "{}", '{"kind": "Pod", "items": []}', '{"kind": "List", "items": [{"kind": "s3cret"}]}']
)
def test_a_file_that_is_no_backup(tmp_path, text):
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(ClassicError) as caught:
        restored(Server(), str(path))
    assert caught.value.code == "invalid" and "s3cret" not in str(caught.value)
