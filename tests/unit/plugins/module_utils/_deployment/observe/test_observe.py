# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read of the main deployment, what a look costs, and that what cannot be seen is a problem and no exception."""

from __future__ import annotations

import json
import threading
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
from unit.plugins.fake_coder import TOKEN, Call, FakeSession, coder
from unit.plugins.module_utils._deployment import looks
from unit.plugins.module_utils._deployment.scene import ADMIN, STAGES, WANTED, builtin, calls, live, release_record

from ansible_collections.coder.classic.plugins.module_utils._deployment.observe import observe, observe_coder
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import connection, kubeconfig
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster

MOST_OF_CLUSTER, MOST_OF_CODER = 15, 5
SERVED = {
    "extensions/v1beta1": [("Ingress", "ingresses", True)],
    "networking.k8s.io/v1": [("Ingress", "ingresses", True)],
    "rbac.authorization.k8s.io/v1beta1": [("ClusterRole", "clusterroles", False)],
}


class ApiServer:
    """urllib3's pool manager in front of the objects of a scene; each request is noted."""

    def __init__(self, objects, served=None) -> None:
        self.objects, self.served = objects, SERVED if served is None else served
        self.requests: list[str] = []
        self._lock = threading.Lock()

    def request(self, method, url, *, body, headers, timeout, **_unused):
        path = urlsplit(url).path
        with self._lock:
            self.requests.append(f"{method} {url.removeprefix('https://c.test')}")
        answer = self._answer(path, parse_qs(urlsplit(url).query))
        status = 404 if answer is None else 200
        return SimpleNamespace(status=status, data=json.dumps(answer or {"message": "not found"}).encode(), headers={})

    def _answer(self, path, _query):
        if path == "/version":
            return {"gitVersion": "v1.21.14"}
        if path == "/api/v1/namespaces/kube-system":
            return {"metadata": {"uid": "uid-primary"}}
        kinds = {"secrets": "Secret", "services": "Service", "deployments": "Deployment"}
        *_prefix, last = path.split("/")
        if last in kinds:
            return {"items": [obj for obj in self.objects if obj["kind"] == kinds[last]], "metadata": {}}
        if "/secrets/" in path:
            return next((obj for obj in self.objects if obj["metadata"]["name"] == last), None)
        rows = self.served.get(path.removeprefix("/apis/"))
        return rows and {"resources": [{"kind": k, "name": n, "namespaced": s} for k, n, s in rows]}

    def cluster(self) -> Cluster:
        access = kubeconfig.resolve({"host": "https://c.test", "api_key": "top-secret"}, {})
        return Cluster(connection.connect(access)._replace(pools=self), access, None)


@pytest.mark.parametrize(
    ("stage", "of_cluster", "of_coder"), [("1.20", 8, 4), ("1.21 old layout", 7, 5), ("1.22", 7, 5)]
)
def test_a_look_is_few_requests(stage, of_cluster, of_coder) -> None:
    server = ApiServer(live(STAGES[stage]))
    session = FakeSession(*calls(STAGES[stage].version, [builtin()]), in_order=False)
    seen = observe.look(coder(session), WANTED, connect=lambda _access: server.cluster())
    session.finish()
    assert seen["coder"]["problems"] == seen["cluster"]["problems"] == []
    assert seen["cluster"]["release"]["removed_apis"] == []
    assert (len(server.requests), len(session.seen)) == (of_cluster, of_coder), server.requests
    assert of_cluster <= MOST_OF_CLUSTER and of_coder <= MOST_OF_CODER
    assert all(request.startswith("GET ") for request in server.requests)
    assert len(set(server.requests)) == len(server.requests)


def test_api_versions_that_the_server_does_not_serve_any_more() -> None:
    server = ApiServer(live(STAGES["1.20"]), served={})
    session = FakeSession(*calls("1.20.3", []), in_order=False)
    seen = observe.look(coder(session), WANTED, connect=lambda _access: server.cluster())
    assert [(row["kind"], row["api_version"]) for row in seen["cluster"]["release"]["removed_apis"]] == [
        ("Ingress", "extensions/v1beta1"),
        ("ClusterRole", "rbac.authorization.k8s.io/v1beta1"),
    ]
    assert len(server.requests) <= MOST_OF_CLUSTER


@pytest.mark.parametrize("stage", STAGES)
def test_no_secret_is_in_what_was_seen(stage) -> None:
    text = json.dumps(looks.look(stage), default=str)
    assert [word for word in ("very-secret", TOKEN, "tls.key") if word in text] == []


def test_another_cluster_is_not_looked_at() -> None:
    seen = looks.look(cluster_uid="uid-of-another")["cluster"]
    assert (seen["uid"], seen["version"], seen["release_seen"], seen["deployments"]) == (
        "uid-primary",
        None,
        False,
        None,
    )


def test_unusable_access_data_are_a_problem() -> None:
    def connect(_access):
        raise ClassicError("no such context", code="invalid", where="/k", why="it has none of that name")

    seen = observe.look(coder(FakeSession(*calls("1.22.3", []), in_order=False)), WANTED, connect=connect)["cluster"]
    assert (seen["where"], [problem["code"] for problem in seen["problems"]]) == ("/k", ["invalid"])


def test_what_is_refused_is_a_problem_and_the_rest_is_seen() -> None:
    class Denied(type(looks.cluster_of([]))):
        def list(self, api_version, kind, namespace=None, label_selector=None, *, metadata_only=False):
            if kind == "Deployment":
                raise ClassicError("may not list", code="forbidden", where="GET deployments")
            return super().list(api_version, kind, namespace, label_selector, metadata_only=metadata_only)

    seen = looks.look(cluster=Denied(live(STAGES["1.22"]), uid="uid-primary"))["cluster"]
    assert [problem["code"] for problem in seen["problems"]] == ["forbidden"]
    assert seen["deployments"] is None and seen["services"] and seen["release"]["chart"] == "coder"


@pytest.mark.parametrize("status", ["uninstalled", None])
def test_without_a_release_those_that_may_be_meant_are_named(status) -> None:
    other = release_record(STAGES["1.22"])
    objects = [obj for obj in live(STAGES["1.22"]) if obj["kind"] != "Secret"] + [other]
    if status:
        info = {"status": status, "last_deployed": None, "description": None}
        objects = [release_record(STAGES["1.22"], info=info)]
    seen = looks.look(cluster=looks.cluster_of(objects), release="coder" if status else "main")["cluster"]
    assert seen["release_seen"] and seen["release"] is None
    assert [row["name"] for row in seen["candidates"]] == ["coder"]


def test_an_expired_token_ends_the_look_at_coder_with_one_request() -> None:
    session = FakeSession(Call("GET", "/api/v0/users/me", {"error": {"msg": "expired"}}, status=401))
    seen = observe_coder.look(coder(session))
    session.finish()
    assert [problem["code"] for problem in seen["problems"]] == ["unauthorized"]
    assert seen["user"] is None and seen["providers"] is None


def test_whoever_is_no_administrator_is_not_asked_for_more() -> None:
    session = FakeSession(
        Call("GET", "/api/v0/users/me", {**ADMIN, "roles": ["site-member"]}, headers={"coder-version": "1.21.7"})
    )
    seen = observe_coder.look(coder(session))
    session.finish()
    assert seen["version"] == "1.21.7" and seen["problems"] == [] and seen["providers"] is None


def test_one_list_that_fails_leaves_the_others() -> None:
    rows = calls("1.22.3", [builtin()])
    rows[3] = Call("GET", "/api/v0/workspaces", "strange")
    seen = observe_coder.look(coder(FakeSession(*rows, in_order=False)))
    assert [problem["code"] for problem in seen["problems"]] == ["not_json"]
    assert seen["workspaces"] is None and seen["providers"] and seen["satellites"] == []


def test_an_unknown_version_has_no_satellites_asked_for() -> None:
    rows = [call for call in calls("devel", [builtin()]) if "satellites" not in call.path]
    session = FakeSession(*rows, in_order=False)
    assert observe_coder.look(coder(session))["satellites"] is None
    session.finish()
