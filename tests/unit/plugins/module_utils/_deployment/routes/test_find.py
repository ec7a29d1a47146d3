# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from unit.plugins.module_utils._deployment.routes.api_server import (
    EXTENSIONS,
    GATEWAY,
    V1,
    V1BETA1,
    ApiServer,
    ingress,
    of_release,
    route,
    service,
)

from ansible_collections.coder.classic.plugins.module_utils._deployment.routes import find
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError


def look(server):
    return find.look(server.cluster(), "coder", "coder")


def names(found):
    return [f"{obj['apiVersion']} {obj['kind']}/{obj['metadata']['name']}" for obj in found.routes]


@pytest.mark.parametrize(
    ("versions", "read", "asked"),
    [
        ([V1, V1BETA1, EXTENSIONS], V1, [V1]),
        ([V1BETA1, EXTENSIONS], V1BETA1, [V1BETA1]),
        ([EXTENSIONS], EXTENSIONS, [EXTENSIONS]),
    ],
)
def test_each_ingress_is_seen_once_under_the_best_version(versions, read, asked) -> None:
    server = ApiServer(ingress("web", ("cemanager", 8080)), versions=versions)
    assert names(look(server)) == [f"{read} Ingress/web"]
    assert sorted(server.requests) == sorted(
        [
            "GET /apis",
            *[f"GET /apis/{version}" for version in asked],
            f"GET /apis/{read}/ingresses",
            "GET /api/v1/services",
        ]
    )


def test_a_version_that_has_other_kinds_only_is_not_it(monkeypatch) -> None:
    """networking.k8s.io/v1 had NetworkPolicy long before it had Ingress."""
    server = ApiServer(ingress("web", ("cemanager", 8080), version=V1BETA1), versions=[V1, V1BETA1])
    answer = server._resources
    monkeypatch.setattr(
        server, "_resources", lambda version: (200, {"resources": []}) if version == V1 else answer(version)
    )
    assert names(look(server)) == [f"{V1BETA1} Ingress/web"]


@pytest.mark.parametrize("version", ["v1", "v1beta1", "v1alpha2"])
def test_http_routes_in_the_version_that_is_served(version) -> None:
    gateway = f"gateway.networking.k8s.io/{version}"
    server = ApiServer(route("gate", {"name": "cemanager", "port": 8080}), versions=[V1, gateway])
    assert names(look(server)) == [f"{gateway} HTTPRoute/gate"]
    assert len(server.requests) == 6


def test_what_the_release_has_itself_is_no_route_of_the_site() -> None:
    server = ApiServer(
        ingress("web-ingress", ("cemanager", 8080), **of_release("coder")),
        ingress("of-another", ("cemanager", 8080), **of_release("site")),
        ingress("same-name-elsewhere", ("cemanager", 8080), **of_release("coder", "other")),
    )
    assert names(look(server)) == [f"{V1} Ingress/of-another", f"{V1} Ingress/same-name-elsewhere"]


def test_without_the_right_to_list_everywhere_the_own_namespace_is_looked_at_and_that_is_said() -> None:
    objects = [ingress("web", ("cemanager", 8080)), ingress("other", ("x", 1), namespace="other"), service("cemanager")]
    server = ApiServer(*objects, forbidden=[("list", "ingresses", None), ("list", "services", None)])
    found = look(server)
    assert names(found) == [f"{V1} Ingress/web"] and list(found.services) == ["cemanager"]
    assert [problem["message"] for problem in found.problems] == [
        "Objects of kind Ingress were looked for in namespace coder alone.",
        "Objects of kind Service were looked for in namespace coder alone.",
    ]
    assert {(problem["code"], problem["status"]) for problem in found.problems} == {("forbidden", 403)}
    assert 'User "jane" cannot list ingresses' in found.problems[0]["why"]
    assert len(server.requests) == 6


def test_what_may_not_be_listed_at_all_is_not_seen() -> None:
    nowhere = [("list", plural, where) for plural in ("ingresses", "services") for where in (None, "coder")]
    server = ApiServer(ingress("web", ("cemanager", 8080)), forbidden=nowhere)
    found = look(server)
    assert (found.routes, found.services, found.aliases, len(found.problems)) == (None, None, [], 2)
    # One kind that can be read is better than none.
    server = ApiServer(route("gate", {"name": "cemanager"}), versions=[V1, GATEWAY], forbidden=nowhere)
    assert names(look(server)) == [f"{GATEWAY} HTTPRoute/gate"]


def test_a_server_that_does_not_answer_is_no_problem_of_rights(monkeypatch) -> None:
    server = ApiServer()
    monkeypatch.setattr(server, "_answer", lambda *_of: (500, {"message": "down"}))
    with pytest.raises(ClassicError, match="status 500"):
        look(server)


@pytest.mark.parametrize(
    ("whence", "forbidden", "grants", "problems"),
    [("coder", (), None, 0), ("edge", (), ["allow"], 0), ("edge", [("list", "referencegrants", "coder")], None, 1)],
)
def test_grants_are_asked_for_when_a_route_of_another_namespace_needs_one(whence, forbidden, grants, problems) -> None:
    grant = {"kind": "ReferenceGrant", "metadata": {"name": "allow", "namespace": "coder"}, "spec": {}}
    gate = route("gate", {"name": "cemanager", "namespace": "coder", "port": 8080}, namespace=whence)
    server = ApiServer(gate, grant, versions=[V1, GATEWAY], forbidden=forbidden)
    found = look(server)
    assert (found.grants and [one["metadata"]["name"] for one in found.grants], len(found.problems)) == (
        grants,
        problems,
    )
    assert any("referencegrants" in line for line in server.requests) == (whence == "edge")
