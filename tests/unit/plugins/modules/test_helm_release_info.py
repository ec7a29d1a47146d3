# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from unit.plugins.module_utils._kubernetes.fake_cluster import FakeCluster, record, secret

from ansible_collections.coder.classic.plugins.module_utils._coder.provider_roots import roots
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import helm_command
from ansible_collections.coder.classic.plugins.modules import helm_release_info

TEXT = """---
kind: ServiceAccount
metadata: {name: coder, annotations: {helm.sh/resource-policy: keep}}
---
kind: Role
metadata: {name: coder}
---
apiVersion: extensions/v1beta1
kind: Ingress
metadata: {name: web}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: envproxy}
"""
VALUES = {"coderd": {"image": "r/coder:1.21.3"}, "envproxy": {"token": "very-secret", "image": ""}}
PARAMS = {
    "name": "provider",
    "namespace": "coder",
    "chart_name": None,
    "candidate_chart": None,
    "roots": [{"kind": of[0], "name": of[2]} for of, _reason in roots("provider", "coder")],
    "helm_binary": "helm",
    "timeout": 60,
}


@pytest.fixture
def cluster() -> FakeCluster:
    owned = {"meta.helm.sh/release-name": "provider"}
    return FakeCluster(
        [
            secret(record(TEXT, revision=1, status="superseded")),
            secret(record(TEXT, revision=2, config=VALUES)),
            {"kind": "ServiceAccount", "metadata": {"name": "coder", "namespace": "coder", "annotations": owned}},
            {"kind": "Ingress", "metadata": {"name": "web", "namespace": "coder"}},
        ],
        removed=[("extensions/v1beta1", "Ingress")],
    )


def run(cluster, tmp_path, **params) -> dict:
    return helm_release_info.run(cluster, {**PARAMS, **params}, str(tmp_path))


def test_the_release_as_recorded_and_as_live(cluster, tmp_path) -> None:
    result = run(cluster, tmp_path)
    release = result["release"]
    assert result["exists"] and (release["revision"], release["status"]) == (2, "deployed")
    assert [(line["revision"], line["status"]) for line in release["history"]] == [(1, "superseded"), (2, "deployed")]
    assert release["pinned_images"] == {"coderd.image": "r/coder:1.21.3"}
    assert release["user_values"]["envproxy"]["token"] == "********"
    assert release["removed_apis"] == [{"kind": "Ingress", "name": "web", "api_version": "extensions/v1beta1"}]
    states = {f"{o['kind']}/{o['name']}": (o["kept"], o["live"], o["uid"], o["owner"]) for o in release["objects"]}
    assert states == {
        "ServiceAccount/coder": (True, True, "uid-serviceaccount-coder", "provider"),
        "Role/coder": (False, False, None, None),
        # served under another API version today
        "Ingress/web": (False, True, "uid-ingress-web", None),
        "Deployment/envproxy": (False, False, None, None),
    }
    assert [(e["kind"], e["name"], e["kept"]) for e in release["must_stay"]] == [
        ("ServiceAccount", "coder", True),
        ("Role", "coder", False),
    ]
    assert "candidate" not in release and "very-secret" not in json.dumps(result)


def test_candidates_for_a_name_that_is_not_there(cluster, tmp_path) -> None:
    cluster.put(secret(record("", name="old-provider", namespace="elsewhere")))
    chart = {**record("")["chart"], "metadata": {"name": "unrelated", "version": "1"}}
    cluster.put(secret(record("", name="unrelated", namespace="elsewhere", chart=chart)))
    result = run(cluster, tmp_path, name="nope", chart_name="workspace-provider")
    assert not result["exists"] and "release" not in result
    names = [(entry["namespace"], entry["name"]) for entry in result["candidates"]]
    assert names == [("coder", "provider"), ("elsewhere", "old-provider")]


def test_other_namespaces_that_may_not_be_read_are_left_out(cluster, tmp_path, monkeypatch) -> None:
    read = cluster.list

    def only_own(api_version, kind, namespace=None, *arguments, **more):
        if namespace is None:
            raise ClassicError("no", code="forbidden", status=403)
        return read(api_version, kind, namespace, *arguments, **more)

    monkeypatch.setattr(cluster, "list", only_own)
    result = run(cluster, tmp_path, name="nope", chart_name="workspace-provider")
    assert [entry["name"] for entry in result["candidates"]] == ["provider"]


def test_a_candidate_chart_is_compared_with_the_stored_manifest(cluster, tmp_path, monkeypatch) -> None:
    rendered = (
        "---\nkind: ServiceAccount\nmetadata: {name: coder}\n"
        "---\nkind: Role\nmetadata: {name: coder, annotations: {helm.sh/resource-policy: keep}}\n"
        "---\nkind: ConfigMap\nmetadata: {name: new}\n"
    )
    commands, inputs, given = [], [], []

    def fake_run(helm, arguments, seconds, secrets=None, stdin=None):
        commands.append(arguments)
        inputs.append(stdin)
        return "name: workspace-provider\nversion: 1.21.4\n" if arguments[0] == "show" else rendered

    made = helm_command.Helm("/bin/helm", (3, 22), [], {}, str(tmp_path))
    monkeypatch.setattr(helm_command, "helm_for", lambda *arguments: given.append(arguments) or made)
    monkeypatch.setattr(helm_command, "run", fake_run)
    access = {"host": "https://c.test", "api_key": "top-secret"}
    candidate = run(cluster, tmp_path, candidate_chart="/charts/new", **access)["release"]["candidate"]
    assert candidate == {
        "chart": "workspace-provider",
        "version": "1.21.4",
        "drops": [{"kind": "Ingress", "name": "web"}, {"kind": "Deployment", "name": "envproxy"}],
        "keeps": [{"kind": "Role", "name": "coder"}],
        "unkept": [{"kind": "ServiceAccount", "name": "coder"}],
    }
    assert commands[1] == [
        *["template", "provider", "/charts/new", "--namespace", "coder", "--values", "-", "--is-upgrade", "--no-hooks"],
        *["--kube-version", "v1.21.14", "--api-versions=v1", "--api-versions=apps/v1"],
    ]
    # Neither the values nor the access to the cluster get into a file.
    assert (
        json.loads(inputs[1]) == VALUES and list(tmp_path.iterdir()) == [] and given == [(None, "helm", str(tmp_path))]
    )


def test_a_candidate_that_helm_cannot_render_says_which(cluster, tmp_path) -> None:
    helm = tmp_path / "helm"
    helm.write_text('#!/bin/sh\n[ "$1" = version ] && echo v3.22.0 && exit\ncat; echo "no such chart" >&2; exit 1\n')
    helm.chmod(0o755)
    with pytest.raises(ClassicError) as caught:
        run(cluster, tmp_path, candidate_chart="/charts/new", helm_binary=str(helm))
    error = caught.value
    assert error.code == "helm_failed" and "chart /charts/new" in error.where and "candidate_chart" in error.next_step


def test_images_are_shown_without_their_credentials(cluster, tmp_path) -> None:
    image = {"repository": "r/coder", "pullPassword": "very-secret"}
    cluster.put(secret(record(TEXT, revision=3, config={"coderd": {"image": image}})))
    result = run(cluster, tmp_path)
    assert result["release"]["pinned_images"]["coderd.image"]["repository"] == "r/coder"
    assert "very-secret" not in json.dumps(result)


def test_a_release_that_helm_keeps_in_config_maps_is_not_taken_for_missing(cluster, tmp_path) -> None:
    kept_elsewhere = {**secret(record(TEXT, name="other")), "kind": "ConfigMap"}
    cluster.put(kept_elsewhere)
    with pytest.raises(ClassicError) as caught:
        run(cluster, tmp_path, name="other")
    assert caught.value.code == "refused" and "HELM_DRIVER=configmap" in caught.value.why


def test_the_token_of_the_published_chart_is_in_nothing_that_is_told(cluster, tmp_path) -> None:
    token = "a1b2c3d4-published-token"
    env = f"spec: {{template: {{spec: {{containers: [{{env: [{{name: CEMANAGER_TOKEN, value: {token}}}]}}]}}}}}}\n"
    words = f'Upgrade "provider" failed: env[0].value: Invalid value: "{token}"'
    info = {"status": "failed", "description": words}
    cluster.put(secret(record(TEXT + env, revision=3, info=info, config={"envproxy": {"env": {"A": token}}})))
    result = run(cluster, tmp_path)
    assert result["release"]["history"][-1]["description"].startswith('Upgrade "provider" failed')
    assert token not in json.dumps(result)
