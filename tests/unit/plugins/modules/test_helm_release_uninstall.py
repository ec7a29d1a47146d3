# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

import pytest
from ansible.module_utils.testing import patch_module_args
from unit.plugins.module_utils._kubernetes.fake_cluster import FakeCluster, record, secret

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import helm_command, uninstall
from ansible_collections.coder.classic.plugins.modules import helm_release_uninstall

TEXT = """kind: ServiceAccount
metadata: {name: coder, annotations: {helm.sh/resource-policy: keep}}
---
kind: Role
metadata: {name: coder, annotations: {helm.sh/resource-policy: keep}}
---
kind: Secret
metadata: {name: envproxy-token}
---
kind: Service
metadata: {name: never-made}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: envproxy}
"""
KEEP = [{"kind": "ServiceAccount", "name": "coder"}, {"kind": "Role", "name": "coder"}]
PARAMS = {"name": "provider", "namespace": "coder", "chart": None, "keep": KEEP, "timeout": 900, "helm_binary": "helm"}
THERE = ["ServiceAccount/coder", "Role/coder", "Secret/envproxy-token", "Deployment/envproxy"]


@pytest.fixture
def cluster() -> FakeCluster:
    found = FakeCluster([secret(record(TEXT))])
    for kind, name in (label.split("/") for label in THERE):
        found.put({"kind": kind, "metadata": {"name": name, "namespace": "coder"}, "data": {"token": "very-secret"}})
    return found


class FakeHelm:
    """In place of the helm program: ``uninstall`` deletes these and the record."""

    def __init__(self, cluster: FakeCluster, monkeypatch) -> None:
        self.cluster, self.commands = cluster, []
        self.deletes = ["Secret/envproxy-token", "Deployment/envproxy", "Secret/sh.helm.release.v1.provider.v1"]
        made = helm_command.Helm("/bin/helm", (3, 22), [], {}, "")
        monkeypatch.setattr(helm_command, "helm_for", lambda access, binary, folder: made._replace(folder=folder))
        monkeypatch.setattr(helm_command, "run", self.run)

    def run(self, helm, arguments, seconds, secrets=None) -> str:
        self.commands.append(arguments)
        for kind, name in (label.split("/") for label in self.deletes):
            self.cluster.objects.pop((kind, "coder", name))
        return ""


@pytest.fixture
def helm(cluster, monkeypatch) -> FakeHelm:
    return FakeHelm(cluster, monkeypatch)


def run(cluster, check_mode=False, **params) -> dict:
    return helm_release_uninstall.run(cluster, {**PARAMS, **params}, check_mode, "/f")


def labels(found: list[dict]) -> list[str]:
    return [f"{entry['kind']}/{entry['name']}" for entry in found]


def test_a_release_of_another_chart_is_refused(cluster, helm) -> None:
    with pytest.raises(ClassicError) as refused:
        run(cluster, chart="coder")
    assert (refused.value.code, helm.commands) == ("refused", [])
    assert "not of coder" in refused.value.what


def test_what_must_stay_stays_and_the_rest_goes(cluster, helm) -> None:
    result = run(cluster)
    assert result["changed"] and len(helm.commands) == 1
    assert result["kept"] == [
        {"kind": "ServiceAccount", "namespace": "coder", "name": "coder", "uid": "uid-serviceaccount-coder"},
        {"kind": "Role", "namespace": "coder", "name": "coder", "uid": "uid-role-coder"},
    ]
    # Not the Service, which was never there.
    assert labels(result["removed"]) == ["Secret/envproxy-token", "Deployment/envproxy"]
    after = "Role/coder\nServiceAccount/coder\n"
    before = "Deployment/envproxy\nRole/coder\nSecret/envproxy-token\nServiceAccount/coder\n"
    assert result["diff"] == {"before": before, "after": after}
    assert "very-secret" not in json.dumps(result)
    assert sorted(f"{kind}/{name}" for kind, _namespace, name in cluster.objects) == after.split()


def test_a_second_run_changes_nothing_and_needs_no_helm(cluster, helm, monkeypatch) -> None:
    run(cluster)
    monkeypatch.setattr(helm_command, "helm_for", None)
    assert run(cluster) == {"changed": False} and len(helm.commands) == 1


def test_check_mode_says_the_same_and_does_nothing(cluster, helm) -> None:
    checked = run(cluster, check_mode=True)
    assert helm.commands == [] and len(cluster.objects) == 5
    assert run(cluster) == checked


@pytest.mark.parametrize("check_mode", [True, False])
def test_what_is_not_sealed_is_refused(cluster, helm, check_mode: bool) -> None:
    cluster.put(secret(record(TEXT.replace("keep", "other", 1))))
    with pytest.raises(ClassicError) as caught:
        run(cluster, check_mode)
    assert caught.value.code == "verify_failed" and "ServiceAccount/coder" in caught.value.what
    assert helm.commands == [] and len(cluster.objects) == 5


def test_an_object_that_was_replaced_is_an_error(cluster, helm, monkeypatch) -> None:
    def replace(*arguments) -> str:
        cluster.objects[("Role", "coder", "coder")]["metadata"]["uid"] = "other"
        return helm.run(*arguments)

    monkeypatch.setattr(helm_command, "run", replace)
    with pytest.raises(ClassicError) as caught:
        run(cluster)
    assert caught.value.code == "verify_failed" and "Role/coder" in caught.value.what


def test_a_record_that_helm_kept_is_a_release_that_is_gone(cluster, helm) -> None:
    cluster.put(secret(record(TEXT, revision=2, status="uninstalled")))
    assert run(cluster) == {"changed": False} and helm.commands == []


def test_an_interrupted_uninstall_goes_on(cluster, helm) -> None:
    cluster.put(secret(record(TEXT, status="uninstalling")))
    del cluster.objects[("Deployment", "coder", "envproxy")]
    helm.deletes.remove("Deployment/envproxy")
    result = run(cluster)
    assert result["changed"] and labels(result["removed"]) == ["Secret/envproxy-token"]


@pytest.mark.parametrize("check_mode", [True, False])
def test_a_missing_helm_is_found_before_anything_else(cluster, check_mode: bool, tmp_path) -> None:
    with pytest.raises(ClassicError, match="no-such-helm was not found"):
        run(cluster, check_mode, helm_binary="no-such-helm")
    assert len(cluster.objects) == 5


def test_what_is_left_at_the_deadline_fails_the_task_and_the_folder_is_gone(
    cluster, helm, tmp_path, monkeypatch, capsys
) -> None:
    helm.deletes.remove("Deployment/envproxy")
    cluster.objects[("Deployment", "coder", "envproxy")]["metadata"].update(deletionTimestamp="x", finalizers=["slow"])
    monkeypatch.setattr(helm_release_uninstall, "cluster_from_params", lambda params: cluster)
    monkeypatch.setattr(uninstall, "PAUSE", 0.01)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folders = []
    monkeypatch.setattr(helm_command, "helm_for", lambda access, binary, folder: folders.append(folder))
    with patch_module_args({**PARAMS, "timeout": 0, "_ansible_remote_tmp": str(tmp_path)}), pytest.raises(SystemExit):
        helm_release_uninstall.main()
    printed = capsys.readouterr().out
    failure = json.loads(printed)["failure"]
    assert failure["code"] == "timeout" and "Deployment/envproxy (finalizers: slow; since" in failure["message"]
    assert "ServiceAccount/coder, Role/coder" in failure["untouched"] and failure["where"] and failure["next"]
    assert "very-secret" not in printed
    assert len(folders) == 1 and not os.path.exists(folders[0]) and Path(folders[0]).is_relative_to(tmp_path)
