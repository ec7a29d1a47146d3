# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import hashlib
import json
import os
import signal
import stat
from pathlib import Path

import pytest
from ansible.module_utils.testing import patch_module_args
from unit.plugins.module_utils._kubernetes.fake_cluster import FakeCluster, record, secret

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import backup
from ansible_collections.coder.classic.plugins.modules import helm_release_backup

TEXT = """kind: ServiceAccount
metadata: {name: coder}
---
kind: Secret
metadata: {name: envproxy-token}
---
apiVersion: extensions/v1beta1
kind: Ingress
metadata: {name: web}
---
kind: ConfigMap
metadata: {name: gone}
---
kind: List
items:
- {kind: Role, metadata: {name: coder, namespace: other}}
"""
SET_BY_SERVER = {
    "uid": "u",
    "resourceVersion": "7",
    "generation": 2,
    "creationTimestamp": "2026-11-22T03:00:00Z",
    "deletionTimestamp": "2026-11-22T04:00:00Z",
    "deletionGracePeriodSeconds": 0,
    "managedFields": [{"manager": "helm"}],
}


def live(kind: str, name: str, namespace: str = "coder", **more) -> dict:
    return {
        "apiVersion": "v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace, **SET_BY_SERVER},
        **more,
    }


@pytest.fixture
def cluster() -> FakeCluster:
    found = FakeCluster(
        [
            live("ServiceAccount", "coder"),
            live("Secret", "envproxy-token", data={"token": "dmVyeS1zZWNyZXQ="}),
            live("Ingress", "web", status={"loadBalancer": {"ingress": [{"ip": "10.0.0.1"}]}}),
            live("Role", "coder", "other"),
            live("Role", "not-of-the-release"),
            secret(record(TEXT, revision=9, status="superseded")),
            secret(record(TEXT, revision=10)),
            secret(record(TEXT, name="other")),
        ],
        removed=[("extensions/v1beta1", "Ingress")],
    )
    for of, obj in found.objects.items():
        if of[2].startswith("sh.helm"):
            obj["metadata"].update(copy.deepcopy(SET_BY_SERVER))
    return found


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "backups" / "sydney"


def run(cluster, folder, check_mode=False, **params) -> dict:
    wanted = {"name": "provider", "namespace": "coder", "directory": str(folder), **params}
    return helm_release_backup.run(cluster, wanted, check_mode)


def items(result: dict) -> list[dict]:
    return json.loads(Path(result["path"]).read_text())["items"]


def names(result: dict) -> list[str]:
    return [f"{item['kind']}/{item['metadata']['name']}" for item in items(result)]


def test_every_object_and_every_record_is_in_it(cluster, folder) -> None:
    result = run(cluster, folder)
    assert result["path"] == str(folder / "provider.v10.json") and result["changed"]
    assert names(result) == [
        "ServiceAccount/coder",
        "Secret/envproxy-token",
        # served under another API version than the manifest's
        "Ingress/web",
        # in another namespace, and an item of a List
        "Role/coder",
        "Secret/sh.helm.release.v1.provider.v9",
        "Secret/sh.helm.release.v1.provider.v10",
    ]
    assert (result["objects"], result["absent"], result["left_alone"]) == (4, ["ConfigMap/gone"], False)
    assert result["sha256"] == hashlib.sha256(Path(result["path"]).read_bytes()).hexdigest()
    stored = {item["metadata"]["name"]: item for item in items(result)}
    assert stored["envproxy-token"]["data"] == {"token": "dmVyeS1zZWNyZXQ="}
    assert stored["sh.helm.release.v1.provider.v10"]["data"]["release"]


def test_nothing_that_only_the_server_sets_is_in_it(cluster, folder) -> None:
    for item in items(run(cluster, folder)):
        assert set(item["metadata"]) <= {"name", "namespace", "labels"} and "status" not in item
        assert item["apiVersion"] == "v1"


def test_nobody_else_can_read_it_and_the_result_has_no_secret(cluster, folder) -> None:
    before = os.umask(0)
    try:
        result = run(cluster, folder)
    finally:
        os.umask(before)
    assert stat.S_IMODE(Path(result["path"]).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert os.listdir(folder) == ["provider.v10.json"]
    shown = json.dumps(result)
    assert "dmVyeS1zZWNyZXQ" not in shown and "very-secret" not in shown


def test_a_second_run_changes_nothing_even_when_only_the_server_wrote(cluster, folder) -> None:
    first = run(cluster, folder)
    cluster.objects[("Ingress", "coder", "web")]["status"] = {}
    cluster.objects[("ServiceAccount", "coder", "coder")]["metadata"]["resourceVersion"] = "8"
    assert run(cluster, folder) == {**first, "changed": False}


def test_a_change_is_written(cluster, folder) -> None:
    first = run(cluster, folder)
    cluster.objects[("Secret", "coder", "envproxy-token")]["data"] = {"token": "bmV3"}
    again = run(cluster, folder)
    assert again["changed"] and again["sha256"] != first["sha256"] and "bmV3" in Path(again["path"]).read_text()


def test_a_file_that_others_can_read_is_made_private(cluster, folder) -> None:
    path = Path(run(cluster, folder)["path"])
    path.chmod(0o644)
    assert run(cluster, folder)["changed"] and stat.S_IMODE(path.stat().st_mode) == 0o600


def test_check_mode_finds_a_place_that_is_no_folder(cluster, folder) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "file").write_text("")
    with pytest.raises(OSError, match="Not a directory|not a folder"):
        run(cluster, folder / "file" / "below", check_mode=True)


def test_check_mode_writes_nothing(cluster, folder) -> None:
    result = run(cluster, folder, check_mode=True)
    assert result["changed"] and not folder.parent.exists()
    assert result["sha256"] == run(cluster, folder)["sha256"]
    assert not run(cluster, folder, check_mode=True)["changed"]


def test_after_half_an_uninstall_the_whole_backup_stays(cluster, folder) -> None:
    whole = run(cluster, folder)
    del cluster.objects[("Secret", "coder", "envproxy-token")]
    cluster.put(secret(record(TEXT, revision=10, status="uninstalling")))
    again = run(cluster, folder)
    assert (again["changed"], again["left_alone"], again["sha256"]) == (False, True, whole["sha256"])
    assert "Secret/envproxy-token" in again["absent"] and "Secret/envproxy-token" in names(again)


@pytest.mark.parametrize(
    "broken",
    ["", '{"items": [', "[]", '{"items": [{"kind": "Secret"}]}', '{"items": [{"kind": "Secret", "metadata": null}]}'],
)
def test_a_file_that_is_no_backup_is_replaced(cluster, folder, broken: str) -> None:
    folder.mkdir(parents=True)
    (folder / "provider.v10.json").write_text(broken)
    assert run(cluster, folder)["changed"] and len(items(run(cluster, folder))) == 6


@pytest.mark.parametrize("at", ["fsync", "replace"])
def test_an_interrupted_write_leaves_what_was_there(cluster, folder, monkeypatch, at: str) -> None:
    before = Path(run(cluster, folder)["path"]).read_bytes()
    cluster.objects[("Secret", "coder", "envproxy-token")]["data"] = {"token": "bmV3"}
    monkeypatch.setattr(os, at, lambda *arguments: os.kill(os.getpid(), signal.SIGTERM))
    with pytest.raises(SystemExit):
        run(cluster, folder)
    assert os.listdir(folder) == ["provider.v10.json"] and (folder / "provider.v10.json").read_bytes() == before


def test_a_read_that_fails_leaves_no_file(cluster, folder, monkeypatch) -> None:
    def denied(*arguments):
        raise ClassicError("no", code="forbidden", status=403)

    monkeypatch.setattr(cluster, "get", denied)
    with pytest.raises(ClassicError):
        run(cluster, folder)
    assert not folder.exists()


def test_an_unknown_release_is_refused_with_the_known_ones(cluster, folder) -> None:
    with pytest.raises(ClassicError) as caught:
        run(cluster, folder, name="nope")
    error = caught.value
    assert error.code == "release_not_found" and error.why == "Releases here: other, provider." and error.next_step


def test_a_folder_that_cannot_be_written_is_named(cluster, tmp_path, monkeypatch, capsys) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(helm_release_backup, "cluster_from_params", lambda params: cluster)
    options = {"name": "provider", "namespace": "coder", "directory": str(tmp_path / "file" / "below")}
    with patch_module_args(options), pytest.raises(SystemExit):
        helm_release_backup.main()
    printed = capsys.readouterr().out
    failure = json.loads(printed)["failure"]
    assert (failure["code"], failure["where"]) == ("invalid", options["directory"]) and failure["next"]
    assert "very-secret" not in printed


def test_a_backup_that_is_left_alone_is_said(cluster, folder, monkeypatch, capsys) -> None:
    run(cluster, folder)
    del cluster.objects[("Role", "other", "coder")]
    monkeypatch.setattr(helm_release_backup, "cluster_from_params", lambda params: cluster)
    options = {"name": "provider", "namespace": "coder", "directory": str(folder)}
    with patch_module_args(options), pytest.raises(SystemExit):
        helm_release_backup.main()
    assert json.loads(capsys.readouterr().out)["left_alone"] is True


def test_of_kind_namespace_and_name_an_object_is_known(tmp_path) -> None:
    item = {"kind": "Role", "metadata": {"name": "a", "namespace": "b"}}
    backup.write(tmp_path / "x.json", json.dumps({"items": [item]}))
    assert not backup.holds_more(tmp_path / "x.json", [{**item, "apiVersion": "other"}])
    assert backup.holds_more(tmp_path / "x.json", [{"kind": "Role", "metadata": {"name": "a", "namespace": "c"}}])
