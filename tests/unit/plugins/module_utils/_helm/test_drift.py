# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import copy
import json

import pytest
from unit.plugins.module_utils._kubernetes.fake_cluster import FakeCluster, record, secret

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import drift, helm_record, manifest

TEXT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: envproxy, annotations: {helm.sh/resource-policy: keep}}
spec: {replicas: 1}
"""
RELEASE = helm_record.decode(secret(record(TEXT)))
OBJECTS = manifest.objects(TEXT, "coder")
LIVE = {
    "kind": "Deployment",
    "metadata": {"name": "envproxy", "namespace": "coder", "resourceVersion": "5", "generation": 2},
    "spec": {"replicas": 0},
    "status": {"replicas": 0},
}


def after_patch(cluster: FakeCluster, **changes) -> None:
    answer = copy.deepcopy(LIVE)
    answer["metadata"].update(resourceVersion="6", generation=3, managedFields=[1])
    answer["metadata"]["annotations"] = {"helm.sh/resource-policy": "keep"}
    answer.update(changes)
    cluster.after_patch[("Deployment", "envproxy")] = answer


def test_bookkeeping_and_the_new_annotation_are_no_drift() -> None:
    cluster = FakeCluster([LIVE])
    after_patch(cluster, status={"replicas": 7})
    assert drift.resets(cluster, RELEASE, OBJECTS) == []
    assert cluster.patches == [("Deployment", "envproxy", "application/strategic-merge-patch+json")]


def test_a_field_that_helm_would_put_back() -> None:
    cluster = FakeCluster([LIVE])
    after_patch(cluster, spec={"replicas": 1})
    fields = [{"path": "spec.replicas", "live": 0, "manifest": 1}]
    assert drift.resets(cluster, RELEASE, OBJECTS) == [
        {"kind": "Deployment", "name": "envproxy", "fields": fields, "change": "changed"}
    ]


def test_an_object_that_helm_would_create() -> None:
    found = drift.resets(FakeCluster(), RELEASE, OBJECTS)
    assert [(entry["name"], entry["change"]) for entry in found] == [("envproxy", "created")]


def test_secrets_are_not_shown() -> None:
    text = "kind: Secret\nmetadata: {name: s}\nstringData: {token: x}\n"
    live = {"kind": "Secret", "metadata": {"name": "s", "namespace": "coder"}, "data": {"token": "b3RoZXI="}}
    cluster = FakeCluster([live])
    cluster.after_patch[("Secret", "s")] = {**live, "data": {"token": "eA=="}}
    (found,) = drift.resets(cluster, RELEASE, manifest.objects(text, "coder"))
    assert found["fields"] == [{"path": "data.token", "live": "********", "manifest": "********"}]


def test_what_programs_are_given_is_not_shown() -> None:
    cluster = FakeCluster([LIVE])
    container = {
        "name": "envproxy",
        "image": "r/e:1",
        "env": [{"name": "TOKEN", "value": "hunter2"}],
        "args": ["hunter2"],
    }
    after_patch(cluster, spec={"replicas": 0, "containers": [container]})
    (found,) = drift.resets(cluster, RELEASE, OBJECTS)
    shown = {
        "name": "envproxy",
        "image": "r/e:1",
        "env": [{"name": "TOKEN", "value": "********"}],
        "args": ["********"],
    }
    assert found["fields"] == [{"path": "spec.containers", "live": None, "manifest": [shown]}]
    cluster.put(
        {**LIVE, "spec": {"replicas": 0, "containers": [{**container, "env": [{"name": "TOKEN", "value": "2"}]}]}}
    )
    (found,) = drift.resets(cluster, RELEASE, OBJECTS)
    hidden = {"path": "spec.containers.0.env.0.value", "live": "********", "manifest": "********"}
    assert found["fields"] == [hidden]


def test_a_custom_resource_is_merged_plainly(monkeypatch) -> None:
    cluster = FakeCluster([LIVE])
    after_patch(cluster)
    patch, types = cluster.patch, []

    def only_merge(*arguments, dry_run):
        types.append(arguments[-1])
        if "strategic" in arguments[-1]:
            raise ClassicError("x", code="refused", status=415)
        return patch(*arguments, dry_run=dry_run)

    monkeypatch.setattr(cluster, "patch", only_merge)
    assert drift.resets(cluster, RELEASE, OBJECTS) == []
    assert types == ["application/strategic-merge-patch+json", "application/merge-patch+json"]


def test_what_cannot_be_tried_out_is_unknown_and_a_missing_right_is_an_error() -> None:
    cluster = FakeCluster([LIVE])
    cluster.after_patch[("Deployment", "envproxy")] = ClassicError("x", code="refused", status=400, why="webhook")
    (found,) = drift.resets(cluster, RELEASE, OBJECTS)
    assert (found["change"], found["why"]) == ("unknown", "webhook")
    cluster.after_patch[("Deployment", "envproxy")] = ClassicError("x", code="forbidden", status=403)
    with pytest.raises(ClassicError):
        drift.resets(cluster, RELEASE, OBJECTS)


def test_helms_own_marks_are_part_of_what_it_sends() -> None:
    sent = drift.as_helm_sends_it({"metadata": {"name": "x", "annotations": None, "labels": {"a": "b"}}}, RELEASE)
    assert sent["metadata"] == {
        "name": "x",
        "labels": {"a": "b", "app.kubernetes.io/managed-by": "Helm"},
        "annotations": {"meta.helm.sh/release-name": "provider", "meta.helm.sh/release-namespace": "coder"},
    }


TOKEN = "a1b2c3d4-published-token"
HIDDEN_PLACES = {
    "the environment": {
        "spec": {"containers": [{"name": "envproxy", "env": [{"name": "CEMANAGER_TOKEN", "value": TOKEN}]}]}
    },
    "an environment as a mapping": {"spec": {"env": {"LEVEL": TOKEN}}},
    "an environment from elsewhere": {"spec": {"containers": [{"envFrom": [{"prefix": TOKEN}]}]}},
    "arguments": {"spec": {"containers": [{"args": ["--token", TOKEN], "command": [TOKEN]}]}},
    "a probe": {"spec": {"readinessProbe": {"httpGet": {"httpHeaders": [{"name": "Authorization", "value": TOKEN}]}}}},
    "contents": {"data": {"username": TOKEN, "key": TOKEN}, "stringData": {"a": TOKEN}, "binaryData": {"b": TOKEN}},
    "what kubectl applied": {
        "metadata": {
            "name": "envproxy",
            "namespace": "coder",
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": f'{{"value":"{TOKEN}"}}'},
        }
    },
    "a field that says so": {"spec": {"authToken": TOKEN}},
    "a parameter that says so": {"spec": {"parameters": [{"name": "apiKey", "value": TOKEN}]}},
    "a URL": {"spec": {"database": f"postgres://coder:{TOKEN}@db/coder"}},
}


@pytest.mark.parametrize("kind", ["Deployment", "Secret", "ConfigMap", "Widget"])
@pytest.mark.parametrize("place", HIDDEN_PLACES)
@pytest.mark.parametrize("there", ["live", "manifest", "both", "inside"])
def test_no_secret_of_an_object_is_shown_wherever_it_stands(kind, place, there) -> None:
    def version(token: str) -> dict:
        text = json.dumps({**LIVE, "kind": kind, **HIDDEN_PLACES[place]})
        return json.loads(text.replace(TOKEN, token))

    with_it, without = version(TOKEN), {**LIVE, "kind": kind}
    if there == "inside":
        without = version("another")
    pairs = {"live": (with_it, without), "manifest": (without, with_it), "inside": (without, with_it)}
    live, after = pairs.get(there, (with_it, version(f"{TOKEN}-2")))
    cluster = FakeCluster([copy.deepcopy(live)])
    cluster.after_patch[(kind, "envproxy")] = after
    found = drift.resets(cluster, RELEASE, manifest.objects(json.dumps({**LIVE, "kind": kind}), "coder"))
    assert found[0]["fields"], "that it differs is told"
    assert TOKEN not in json.dumps(found)


@pytest.mark.parametrize(
    "said",
    [
        'spec.containers[0].env[0].value: Invalid value: "{token}": must be short',
        'cannot unmarshal number into Go struct field EnvVar.value, error found in #10 byte of ...|,"value":"{part}|...',
        "{encoded} is no base64",
    ],
)
def test_an_api_server_that_quotes_what_it_was_sent_is_not_quoted(said) -> None:
    words = said.format(token=TOKEN, part=TOKEN[:12], encoded=base64.b64encode(TOKEN.encode()).decode())
    document = {**LIVE, **HIDDEN_PLACES["the environment"]}
    cluster = FakeCluster([LIVE])
    cluster.after_patch[("Deployment", "envproxy")] = ClassicError("x", code="refused", status=422, why=words)
    (found,) = drift.resets(cluster, RELEASE, manifest.objects(json.dumps(document), "coder"))
    assert found["change"] == "unknown" and found["why"]
    assert TOKEN[:12] not in found["why"] and base64.b64encode(TOKEN.encode()).decode() not in found["why"]
