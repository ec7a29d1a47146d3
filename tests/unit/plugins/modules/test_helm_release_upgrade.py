# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The upgrade as a whole, on a helm and a cluster in memory; what the real ones do is in tests/integration."""

from __future__ import annotations

import copy
import json

import pytest
from unit.plugins.module_utils._kubernetes.fake_cluster import FakeCluster, record, secret

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import helm_command
from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade import (
    chart_source,
    plan,
    release_upgrade,
    watch,
)

OLD = (
    "apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: web}\n---\nkind: Service\nmetadata: {name: old}\n"
)
NEW = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\n---\nkind: Service\nmetadata: {name: new}\n"
OURS = {"meta.helm.sh/release-name": "shop", "meta.helm.sh/release-namespace": "ns"}
MARKED = {"helm.sh/resource-policy": "keep", plan.MARK: "true"}


def revision(number, manifest, *, status="deployed", version="2.0.0", config=None):
    content = record(manifest, name="shop", namespace="ns", revision=number, status=status)
    content["chart"]["metadata"].update(name="shop", version=version)
    return {**content, "config": {"a": 1} if config is None else config}


class Cluster(FakeCluster):
    """Writes are carried out and listed, as ``verb Kind/name``."""

    def __init__(self, *revisions):
        super().__init__([secret(one) for one in revisions])
        self.writes = []
        self.refuses = {}

    def there(self, kind, name, **metadata):
        self.put({"kind": kind, "metadata": {"name": name, "namespace": "ns", **metadata}})

    def patch(self, api_version, kind, name, namespace, body, content_type="", *, dry_run=False):
        if dry_run:
            if (kind, name) in self.refuses:
                raise ClassicError("no", code="refused", status=422, why=self.refuses[kind, name])
            return {**copy.deepcopy(self.objects[kind, namespace, name]), "spec": body.get("spec")}
        self.writes.append(f"patch {kind}/{name}")
        annotations = self.objects[kind, namespace, name]["metadata"].setdefault("annotations", {})
        for key, value in body["metadata"]["annotations"].items():
            annotations[key] = value
            if value is None:
                del annotations[key]
        return self.objects[kind, namespace, name]

    def request(self, method, path, *, query):
        assert (method, path) == ("GET", "/api/v1/namespaces/ns/events")
        return {"items": []}

    def delete(self, api_version, kind, name, namespace=None, *, dry_run=False):
        assert dry_run, "nothing but helm deletes"
        if ("delete", kind) in self.refuses:
            raise ClassicError("no", code="forbidden", status=403)

    def create(self, obj, *, dry_run=False):
        if not dry_run:
            self.writes.append(f"create {obj['kind']}/{obj['metadata']['name']}")
            self.put(copy.deepcopy(obj))


@pytest.fixture
def cluster():
    found = Cluster(revision(1, OLD, version="1.0.0"))
    found.there("Ingress", "web", annotations=dict(OURS))
    found.there("Service", "old")
    return found


class Helm:
    """Renders NEW; an upgrade deletes what it no longer renders, and the Ingress unless it is kept."""

    def __init__(self, monkeypatch):
        self.cluster, self.commands, self.fails, self.manifest, self.deletes = None, [], None, NEW, [("Service", "old")]
        made = helm_command.Helm("/bin/helm", (3, 22), [], {}, "/f")
        monkeypatch.setattr(helm_command, "helm_for", lambda *_of, **_options: made)
        monkeypatch.setattr(helm_command, "run", self.run)
        monkeypatch.setattr(chart_source, "fetch", lambda *_of: chart_source.Chart("/f/shop.tgz", "shop", "2.0.0"))
        monkeypatch.setattr(watch, "PAUSE_SECONDS", 0.01)

    def run(self, _helm, arguments, _seconds, _secrets=None):
        if "--dry-run=server" in arguments:
            return json.dumps(revision(self.next, self.manifest))
        self.commands.append(arguments)
        live = self.cluster.objects
        self.kept_meanwhile = dict(live["Ingress", "ns", "web"]["metadata"].get("annotations", {}))
        if self.fails:
            self.cluster.put(secret(revision(self.next, self.manifest, status=self.fails)))
            raise ClassicError("helm upgrade failed with status 1.", code="helm_failed", why="timed out")
        self.cluster.put(secret(revision(self.next, self.manifest)))
        self.cluster.there("Service", "new")
        for kind, name in self.deletes:
            live.pop((kind, "ns", name), None)
        if "helm.sh/resource-policy" not in self.kept_meanwhile:
            del live["Ingress", "ns", "web"]
        return "{}"

    @property
    def next(self):
        return 1 + max(int(name.rpartition("v")[2]) for kind, _ns, name in self.cluster.objects if kind == "Secret")


@pytest.fixture
def helm(monkeypatch, cluster):
    found = Helm(monkeypatch)
    found.cluster = cluster
    return found


def run(cluster, *, check_mode=False, **more):
    params = {
        "name": "shop", "namespace": "ns", "chart_ref": "shop", "values_files": [], "install": False, "atomic": True,
        "timeout": 60, "history_max": 10, "wait": True, "gitops_suspended": False, "helm_binary": "helm", **more,
    }  # fmt: skip
    return release_upgrade.run(cluster, params, check_mode, "/f")


def refused(cluster, **options):
    with pytest.raises(ClassicError) as caught:
        run(cluster, **options)
    return caught.value


def annotations(cluster):
    return cluster.objects["Ingress", "ns", "web"]["metadata"]["annotations"]


def test_what_helm_would_lose_is_protected_while_it_runs_and_only_then(cluster, helm):
    uid = cluster.objects["Ingress", "ns", "web"]["metadata"]["uid"]
    result = run(cluster)
    assert (result["changed"], result["protected"], result["put_back"]) == (True, ["Ingress/web"], [])
    assert helm.kept_meanwhile.keys() >= MARKED.keys() and annotations(cluster) == OURS
    assert cluster.objects["Ingress", "ns", "web"]["metadata"]["uid"] == uid
    assert cluster.writes == ["patch Ingress/web", "patch Ingress/web"]
    assert [(one["name"], one["change"]) for one in result["changes"]] == [("new", "created"), ("old", "removed")]
    assert {"--atomic", "--wait", "--reset-values"} <= set(helm.commands[0])
    assert not {"--force", "--reuse-values"} & set(helm.commands[0])


def test_a_second_run_starts_no_helm(cluster, helm):
    run(cluster)
    cluster.writes.clear()
    assert run(cluster)["changed"] is False
    assert (len(helm.commands), cluster.writes) == (1, [])


def test_a_check_run_says_all_and_writes_nothing(cluster, helm):
    result = run(cluster, check_mode=True)
    assert (result["changed"], result["protected"], helm.commands, cluster.writes) == (True, ["Ingress/web"], [], [])
    assert result["diff"] == {"before": "Service/old\n", "after": "Service/new\n"}


def test_what_is_gone_after_helm_has_ended_well_is_put_back_as_the_release_s(cluster, helm):
    helm.deletes.append(("Ingress", "web"))
    result = run(cluster)
    assert result["put_back"] == ["Ingress/web"] and "was put back" in result["said"][0]
    metadata = cluster.objects["Ingress", "ns", "web"]["metadata"]
    assert metadata["annotations"] == OURS and metadata["labels"]["app.kubernetes.io/managed-by"] == "Helm"


def test_what_somebody_deleted_is_put_back_without_an_upgrade(cluster, helm):
    run(cluster)
    del cluster.objects["Service", "ns", "new"]
    assert run(cluster, check_mode=True)["said"] == ["Service/new was missing, and would be put back."]
    assert ("Service", "ns", "new") not in cluster.objects
    result = run(cluster)
    assert (result["changed"], result["put_back"], len(helm.commands)) == (True, ["Service/new"], 1)


def test_the_protection_that_a_killed_run_left_is_taken_off(cluster, helm):
    run(cluster)
    annotations(cluster).update(MARKED)
    result = run(cluster)
    assert annotations(cluster) == OURS and len(helm.commands) == 1
    assert result["said"] == ["The protection that an earlier run left on Ingress/web was taken off."]


def test_somebody_s_own_keep_policy_is_left(cluster, helm):
    annotations(cluster)["helm.sh/resource-policy"] = "keep"
    run(cluster)
    assert annotations(cluster) == {**OURS, "helm.sh/resource-policy": "keep"} and cluster.writes == []


@pytest.mark.parametrize(
    ("status", "words"), [("failed", "revision 2 (2.0.0) is failed"), ("deployed", "helm rolled the release back")]
)
def test_a_failure_is_told_as_it_is_and_leaves_no_protection(cluster, helm, monkeypatch, status, words):
    helm.fails, helm.manifest = status, OLD.replace("extensions/v1beta1", "networking.k8s.io/v1")
    monkeypatch.setattr(watch.Watch, "begun", {"migrate of pod web-1": "running"}, raising=False)
    monkeypatch.setattr(watch, "begun", lambda _pods: {"migrate of pod web-1": "running"})
    error = refused(cluster)
    assert error.code == "upgrade_failed" and words in error.what and error.why == "timed out"
    assert "migrate of pod web-1 (running)" in error.untouched and "stays changed" in error.untouched
    assert ("schema not" in error.untouched) is (status == "deployed")
    assert annotations(cluster) == OURS and error.changed is True


def test_after_a_failed_revision_helm_still_compares_with_the_deployed_one(cluster, helm):
    cluster.put(secret(revision(2, NEW, status="failed")))
    assert run(cluster)["protected"] == ["Ingress/web"] and annotations(cluster) == OURS


def test_nothing_is_begun_that_cannot_end_well(cluster, helm):
    cluster.refuses["Ingress", "web"] = "field is immutable"
    assert "field is immutable" in refused(cluster).why
    cluster.refuses.clear()
    cluster.refuses["delete", "Service"] = ""
    assert refused(cluster).code == "forbidden"
    cluster.refuses.clear()
    cluster.there("Service", "new")
    error = refused(cluster)
    assert (error.code, error.why) == ("foreign_owner", "Service/new is of no release")
    del cluster.objects["Service", "ns", "new"]
    annotations(cluster)["argocd.argoproj.io/tracking-id"] = "shop"
    assert refused(cluster).code == "gitops"
    del annotations(cluster)["argocd.argoproj.io/tracking-id"]
    cluster.is_another = True
    assert refused(cluster).code == "cluster_mismatch"
    assert (helm.commands, cluster.writes) == ([], [])
