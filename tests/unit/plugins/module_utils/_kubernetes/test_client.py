# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
from unit.plugins.live_server import http
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import connection, kubeconfig
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster, cluster_from_params

#: What has to be discovered: not every server has it.
JOBS = {"resources": [{"name": "jobs", "kind": "Job", "namespaced": True}, {"name": "jobs/status", "kind": "X"}]}


class Wire:
    """urllib3: answers in order, and notes each (method, path, body, headers, timeout)."""

    def __init__(self, *answers) -> None:
        self.answers = list(answers)
        self.requests: list[tuple] = []

    def request(self, method, url, *, body, headers, timeout, **_unused):
        sent = None if body is None else json.loads(body)
        seconds = (timeout.connect_timeout, timeout.read_timeout)
        self.requests.append((method, url.removeprefix("https://c.test"), sent, headers, seconds))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        status, content = answer
        text = content if isinstance(content, str) else json.dumps(content)
        return SimpleNamespace(status=status, data=text.encode())

    def cluster(self, expected_uid=None) -> Cluster:
        access = kubeconfig.resolve({"host": "https://c.test", "api_key": "top-secret"}, {})
        connected = connection.connect(access)._replace(pools=self)
        return Cluster(connected, replace(access, context="sydney-1"), expected_uid)

    @property
    def paths(self) -> list[str]:
        return [f"{method} {path}" for method, path, *_unused in self.requests]


def test_get_discovers_once_and_sends_token_and_timeout() -> None:
    wire = Wire((200, JOBS), (200, {"data": {"a": "b"}}), (404, {"message": "gone"}))
    cluster = wire.cluster()
    assert cluster.get("batch/v1", "Job", "a b", "ns") == {"data": {"a": "b"}}
    assert cluster.get("batch/v1", "Job", "c", "ns") is None
    assert wire.paths == [
        "GET /apis/batch/v1",
        "GET /apis/batch/v1/namespaces/ns/jobs/a%20b",
        "GET /apis/batch/v1/namespaces/ns/jobs/c",
    ]
    assert all(
        headers["authorization"] == "Bearer top-secret" for _unused, _unused, _unused, headers, _unused in wire.requests
    )
    assert all(timeout == (10, 30) for *_unused, timeout in wire.requests)


def test_what_the_server_does_not_serve_is_absent_and_cannot_be_written() -> None:
    cluster = Wire((404, {}), (200, JOBS)).cluster()
    assert cluster.get("extensions/v1beta1", "Ingress", "x", "ns") is None
    assert cluster.list("extensions/v1beta1", "Ingress") == []
    assert cluster.get("batch/v1", "X", "x") is None
    with pytest.raises(ClassicError, match="does not serve Ingress in extensions/v1beta1"):
        cluster.create({"apiVersion": "extensions/v1beta1", "kind": "Ingress", "metadata": {"name": "x"}})


def test_list_follows_pages_with_selector_and_metadata_only() -> None:
    wire = Wire((200, {"items": [1], "metadata": {"continue": "n&1"}}), (200, {"items": [2], "metadata": {}}))
    assert wire.cluster().list("v1", "ConfigMap", "ns", "a=b,c=d", metadata_only=True) == [1, 2]
    assert wire.paths == [
        "GET /api/v1/namespaces/ns/configmaps?limit=250&labelSelector=a%3Db%2Cc%3Dd",
        "GET /api/v1/namespaces/ns/configmaps?limit=250&labelSelector=a%3Db%2Cc%3Dd&continue=n%261",
    ]
    assert "as=PartialObjectMetadataList" in wire.requests[0][3]["Accept"]


def test_a_list_that_expired_between_two_pages_is_read_again_in_one_piece() -> None:
    first = (200, {"items": [1], "metadata": {"continue": "n"}})
    wire = Wire(first, (410, {"message": "expired"}), (200, {"items": [1, 2], "metadata": {}}))
    assert wire.cluster().list("v1", "ConfigMap", "ns") == [1, 2]
    assert wire.paths[-1] == "GET /api/v1/namespaces/ns/configmaps?limit=0"
    with pytest.raises(ClassicError) as caught:
        Wire(first, (410, {}), (410, {})).cluster().list("v1", "ConfigMap", "ns")
    assert caught.value.status == 410


def test_writes() -> None:
    wire = Wire((200, {"x": 1}), (200, {"x": 2}), (200, {"x": 3}), (200, {}), (404, {}))
    cluster = wire.cluster()
    obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "ns"}}
    assert cluster.create(obj) == {"x": 1}
    assert cluster.patch("v1", "ConfigMap", "a", "ns", {"data": {}}) == {"x": 2}
    assert cluster.patch("v1", "ConfigMap", "a", "ns", {}, "application/strategic-merge-patch+json", dry_run=True)
    assert cluster.delete("v1", "ConfigMap", "a", "ns", uid="u1") is True
    assert cluster.delete("v1", "ConfigMap", "a", "ns") is False
    assert [tuple(request[:3]) for request in wire.requests[:3]] == [
        ("POST", "/api/v1/namespaces/ns/configmaps", obj),
        ("PATCH", "/api/v1/namespaces/ns/configmaps/a", {"data": {}}),
        ("PATCH", "/api/v1/namespaces/ns/configmaps/a?dryRun=All", {}),
    ]
    content_types = [headers["Content-Type"] for _unused, _unused, _unused, headers, _unused in wire.requests[1:3]]
    assert content_types == ["application/merge-patch+json", "application/strategic-merge-patch+json"]
    assert wire.requests[3][2]["preconditions"] == {"uid": "u1"}


def test_a_deletion_that_is_only_tried_says_so_in_its_body_where_alone_it_counts() -> None:
    wire = Wire((200, {}))
    assert wire.cluster().delete("v1", "ConfigMap", "a", "ns", dry_run=True) is True
    ((_method, path, sent, *_rest),) = wire.requests
    assert sent["dryRun"] == ["All"] and path.endswith("?dryRun=All")


def test_allowed_asks_only_for_what_is_meant_and_no_rule_grants() -> None:
    rules = {"status": {"resourceRules": [{"verbs": ["get"], "apiGroups": ["apps"], "resources": ["deployments"]}]}}
    wire = Wire((201, rules), (201, {"status": {"allowed": False}}))
    cluster = wire.cluster().at_one_time()
    assert cluster.allowed("patch", "apps", "deployments", "ns", subresource="scale") is False
    assert wire.requests[0][2]["spec"] == {"namespace": "ns"}
    spec = wire.requests[1][2]["spec"]["resourceAttributes"]
    assert spec == {
        "verb": "patch",
        "group": "apps",
        "resource": "deployments",
        "namespace": "ns",
        "subresource": "scale",
    }
    assert cluster.allowed("get", "apps", "deployments", "ns", "one") is True
    assert len(wire.requests) == 2


def test_a_right_in_the_whole_cluster_is_asked_for_by_itself() -> None:
    wire = Wire((201, {"status": {"allowed": False}}), (201, {"status": {"allowed": True}}))
    assert wire.cluster().allowed("get", "", "namespaces", None, "kube-system") is True
    asked = [request[2]["spec"]["resourceAttributes"] for request in wire.requests]
    assert asked[1] == {"verb": "get", "resource": "namespaces", "name": "kube-system"}


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, "unauthorized"),
        (403, "forbidden"),
        (409, "refused"),
        (415, "refused"),
        (429, "server_error"),
        (500, "server_error"),
    ],
)
def test_a_refusal_has_the_servers_words_and_never_the_token(status: int, code: str) -> None:
    with pytest.raises(ClassicError) as caught:
        Wire((status, {"message": "user x may not"})).cluster().server_version()
    error = caught.value
    assert (error.code, error.status, error.why) == (code, status, "user x may not")
    assert "GET /version" in error.what and "sydney-1 (https://c.test)" in error.where
    assert "top-secret" not in str(error) + str(error.failure)


REVIEWS = {"resources": [{"name": "selfsubjectreviews", "kind": "SelfSubjectReview", "namespaced": False}]}
REFUSAL = {"message": 'forbidden: User "jane" cannot get path "/who-am-i"'}


@pytest.mark.parametrize(
    ("answers", "user"),
    [
        ([(200, REVIEWS), (201, {"status": {"userInfo": {"username": "jane"}}})], "jane"),
        ([(404, {}), (403, REFUSAL)], "jane"),
        ([(404, {}), (403, {"message": "no"})], None),
        ([(404, {}), (404, {"message": "the server could not find the requested resource"})], None),
    ],
)
def test_the_user_is_told_by_the_server_or_by_its_refusal(answers, user) -> None:
    assert Wire(*answers).cluster().user() == user


def test_no_answer_names_the_cause_and_what_is_known() -> None:
    cause = ConnectTimeoutError("timed out")
    cluster = Wire(MaxRetryError(None, "/version", cause), MaxRetryError(None, "/x", cause)).cluster()
    with pytest.raises(ClassicError) as caught:
        cluster.server_version()
    assert (caught.value.code, caught.value.why) == ("cluster_unreachable", "No connection in time.")
    assert caught.value.untouched == "This request changed nothing."
    with pytest.raises(ClassicError) as caught:
        cluster.allowed("get", "", "pods")
    assert "may have been carried out" in caught.value.untouched


@pytest.mark.parametrize(
    ("status", "untouched"),
    [(409, "This request changed nothing."), (500, "Unknown: the request may have been carried out.")],
)
def test_a_write_that_failed_says_what_is_known_and_is_not_repeated(status: int, untouched: str) -> None:
    wire = Wire((status, {"message": "m"}))
    with pytest.raises(ClassicError) as caught:
        wire.cluster().patch("v1", "ConfigMap", "a", "ns", {})
    assert caught.value.untouched == untouched and len(wire.requests) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_asked_again_and_does_not_say_how_long_to_wait(serve, status: int) -> None:
    answers = [http(status, '{"message": "busy"}', **{"Retry-After": "3600"}), http(200, '{"gitVersion": "v1.21.14"}')]
    server = serve(lambda head: answers.pop(0))
    assert cluster_from_params({"host": f"http://127.0.0.1:{server.port}"}).server_version() == "v1.21.14"
    assert len(server.heads) == 2


def test_a_server_that_stays_busy_is_quoted_and_a_write_is_sent_once(serve) -> None:
    server = serve(lambda head: http(429, '{"message": "too many requests"}', **{"Retry-After": "1"}))
    cluster = cluster_from_params({"host": f"http://127.0.0.1:{server.port}"})
    with pytest.raises(ClassicError) as caught:
        cluster.server_version()
    assert (caught.value.status, caught.value.why) == (429, "too many requests") and len(server.heads) == 3
    with pytest.raises(ClassicError):
        cluster.allowed("get", "", "pods")
    assert [head.split()[0] for head in server.heads[3:]] == ["POST"]


def test_a_login_page_is_not_an_answer() -> None:
    with pytest.raises(ClassicError) as caught:
        Wire((200, "<html>log in</html>")).cluster().server_version()
    assert caught.value.code == "not_json"


def test_equivalent_follows_a_kind_to_its_new_group() -> None:
    groups = {
        "groups": [
            {"name": "extensions", "versions": []},
            {"name": "networking.k8s.io", "versions": [{"groupVersion": "networking.k8s.io/v1"}]},
        ]
    }
    networking = {"resources": [{"name": "ingresses", "kind": "Ingress", "namespaced": True}]}
    wire = Wire((404, {}), (200, groups), (200, networking))
    assert wire.cluster().equivalent("extensions/v1beta1", "Ingress") == "networking.k8s.io/v1"


def test_what_every_server_has_is_not_asked_for() -> None:
    wire = Wire((200, {}), (200, {}))
    wire.cluster().get("v1", "Secret", "a", "ns")
    wire.cluster().get("rbac.authorization.k8s.io/v1", "ClusterRole", "a")
    assert wire.paths == [
        "GET /api/v1/namespaces/ns/secrets/a",
        "GET /apis/rbac.authorization.k8s.io/v1/clusterroles/a",
    ]


def test_who_may_do_everything_is_asked_once_for_rights_in_the_whole_cluster() -> None:
    wire = Wire((201, {"status": {"allowed": True}}))
    cluster = wire.cluster().at_one_time()
    assert cluster.allowed("create", "", "namespaces") and cluster.allowed("get", "rbac", "clusterroles", None, "a")
    assert [request[2]["spec"]["resourceAttributes"] for request in wire.requests] == [
        {"verb": "*", "group": "*", "resource": "*"}
    ]


def test_at_one_time_each_read_is_asked_once_and_a_write_never_remembered() -> None:
    wire = Wire((200, {"a": 1}), (404, {}), (200, {}), (200, {}), (200, {"a": 2}))
    cluster = wire.cluster()
    look = cluster.at_one_time()
    assert look.get("v1", "Secret", "a", "ns") == look.get("v1", "Secret", "a", "ns") == {"a": 1}
    assert look.get("v1", "Secret", "b", "ns") is None and look.get("v1", "Secret", "b", "ns") is None
    for _again in range(2):
        look.patch("v1", "Secret", "a", "ns", {}, dry_run=True)
    assert cluster.get("v1", "Secret", "a", "ns") == {"a": 2}
    assert not wire.answers
