# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy

import pytest
from unit.plugins.module_utils._deployment.routes.api_server import (
    EXTENSIONS,
    V1,
    V1BETA1,
    ingress,
    of_release,
    route,
    service,
)

from ansible_collections.coder.classic.plugins.module_utils._deployment.routes import judge, rewrite, rows
from ansible_collections.coder.classic.plugins.module_utils._deployment.routes.find import Found

NEXT = judge.Target("coder", "coder", "coderd", 80, 443)
OLD_NAMES = judge.Target("coder", "coder", "cemanager", 8080, 8443)
RENAMED_ONLY = judge.Target("coder", "coder", "coderd", 8080, 8443)
SERVICES = (
    service("cemanager", ("tcp-cemanager", 8080), ("tls", 8443), **of_release("coder")),
    service("dashboard", ("tcp-dashboard", 3000)),
    service("envproxy", ("tcp-envproxy", 8080), ("tcp-ssh", 2222)),
)
NGINX = "nginx.ingress.kubernetes.io/"


def judged(*objects, target=NEXT, services=SERVICES, aliases=(), grants=None):
    by_name = None if services is None else {one["metadata"]["name"]: one for one in services}
    return judge.routes(Found(list(objects), by_name, list(aliases), grants, []), target)


def told(*objects, **more):
    """(service, port, service then, port then) of each backend."""
    found = [row for one in judged(*objects, **more) for row in rows.of(one, more.get("target", NEXT))]
    return [(row["service"], row["port"], row["to_service"], row["to_port"]) for row in found]


@pytest.mark.parametrize("version", [V1, V1BETA1, EXTENSIONS])
@pytest.mark.parametrize(
    ("target", "before", "after"),
    [
        (NEXT, ("cemanager", 8080), ("coderd", 80)),
        (NEXT, ("cemanager", 8443), ("coderd", 443)),
        (NEXT, ("cemanager", 80), ("coderd", 80)),
        (NEXT, ("coderd", 8080), ("coderd", 80)),
        (NEXT, ("coderd", 8443), ("coderd", 443)),
        (NEXT, ("dashboard", 3000), ("coderd", 80)),
        (NEXT, ("envproxy", 8080), ("coderd", 80)),
        (NEXT, ("cemanager", "tcp-cemanager"), ("coderd", 80)),
        (NEXT, ("cemanager", "tls"), ("coderd", 443)),
        (NEXT, ("dashboard", "tcp-dashboard"), ("coderd", 80)),
        # 1.21 with the key coderd, without serviceNext
        (RENAMED_ONLY, ("cemanager", 8080), ("coderd", 8080)),
        (RENAMED_ONLY, ("dashboard", 3000), ("coderd", 8080)),
        # the way back
        (OLD_NAMES, ("coderd", 443), ("cemanager", 8443)),
        # a port that nobody knows, a name that no Service has
        (NEXT, ("envproxy", 2222), ("coderd", None)),
        (NEXT, ("envproxy", "tcp-ssh"), ("coderd", None)),
        (NEXT, ("cemanager", "gone"), ("coderd", None)),
    ],
)
def test_what_each_backend_becomes(version, target, before, after) -> None:
    assert told(ingress("web", before, version=version), target=target) == [(*before, *after)]
    assert told(ingress("web", default=before, version=version), target=target) == [(*before, *after)]


@pytest.mark.parametrize(
    ("target", "backend"),
    [
        (NEXT, ("coderd", 80)),
        (NEXT, ("coderd", 443)),
        (NEXT, ("coderd", 5000)),
        (NEXT, ("shop", 8080)),
        (RENAMED_ONLY, ("coderd", 8080)),
        (OLD_NAMES, ("cemanager", "tcp-cemanager")),
        (OLD_NAMES, ("cemanager", 8443)),
    ],
)
def test_what_is_right_already_or_of_others_is_not_told(target, backend) -> None:
    assert told(ingress("web", backend, version=V1), target=target) == []


def test_an_ingress_leads_only_to_services_of_its_own_namespace() -> None:
    assert told(ingress("web", ("cemanager", 8080), namespace="other")) == []


def test_backends_that_are_no_services_are_ignored() -> None:
    bucket = {"resource": {"apiGroup": "storage.x", "kind": "Bucket", "name": "cemanager"}}
    obj = ingress("web", ("cemanager", 8080))
    obj["spec"]["defaultBackend"] = bucket
    obj["spec"]["rules"] += [{"host": "a"}, {"http": {"paths": [{"backend": bucket}]}}]
    assert told(obj) == [("cemanager", 8080, "coderd", 80)]
    empty = ingress("web")
    del empty["spec"]
    assert told(empty) == []


def test_services_of_these_names_that_are_not_the_charts_are_left_alone() -> None:
    obj = ingress("web", ("dashboard", 3000))
    foreign = service("dashboard", ("http", 3000), selector={"app": "grafana"})
    assert told(obj, services=[foreign]) == []
    # Gone, or not to be read: then the name alone counts.
    for services in ([], None):
        assert told(obj, services=services) == [("dashboard", 3000, "coderd", 80)]


def test_the_rows_of_one_object() -> None:
    obj = ingress("web", ("cemanager", 8080), ("shop", 1), ("envproxy", 8080), default=("cemanager", 8443))
    (found,) = judged(obj)
    seen = [(row["host"], row["path"], row["service"], row["to_port"]) for row in rows.of(found, NEXT)]
    assert seen == [
        (None, None, "cemanager", 443),
        ("coder.example.com", "/0", "cemanager", 80),
        ("coder.example.com", "/2", "envproxy", 80),
    ]
    assert rows.of(found, NEXT)[1] == {
        "kind": "Ingress", "api_version": V1, "namespace": "coder", "name": "web", "host": "coder.example.com", "path": "/0",
        "service": "cemanager", "port": 8080, "to_service": "coderd", "to_port": 80, "managed_by": None, "by_hand": [],
    }  # fmt: skip


def test_http_routes_with_every_kind_of_reference() -> None:
    to_us = {"name": "cemanager", "namespace": "coder", "port": 8080}
    mirror = {"type": "RequestMirror", "requestMirror": {"backendRef": {"name": "envproxy", "port": 8080}}}
    refs = [
        {"name": "cemanager", "port": 8443, "weight": 9, "filters": [copy.deepcopy(mirror)]},
        {"group": "", "kind": "Service", "name": "dashboard", "port": 3000},
        {"group": "multicluster.x-k8s.io", "kind": "ServiceImport", "name": "cemanager", "port": 8080},
        {"name": "cemanager", "namespace": "other", "port": 8080},
    ]
    obj = route("gate", *refs)
    obj["spec"]["rules"].append({"filters": [copy.deepcopy(mirror)]})
    assert told(obj) == [
        ("cemanager", 8443, "coderd", 443),
        ("envproxy", 8080, "coderd", 80),
        ("dashboard", 3000, "coderd", 80),
        ("envproxy", 8080, "coderd", 80),
    ]
    assert told(route("gate", to_us, namespace="edge")) == [("cemanager", 8080, "coderd", 80)]
    assert told(route("gate", {"name": "cemanager", "port": 8080}, namespace="edge")) == []
    (row, *_others) = rows.of(judged(obj)[0], NEXT)
    assert (row["host"], row["path"]) == ("coder.example.com, *.dev.example.com", "/")


@pytest.mark.parametrize(
    ("target", "lacks"), [({"kind": "Service", "name": "cemanager"}, True), ({"kind": "Service"}, False), (None, True)]
)
def test_a_route_of_another_namespace_needs_a_grant_for_the_new_service(target, lacks) -> None:
    gate = route("gate", {"name": "cemanager", "namespace": "coder", "port": 8080}, namespace="edge")
    whence = [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": "edge"}]
    grants = [{"spec": {"from": whence, "to": [target]}}] if target else []
    (found,) = judged(gate, grants=grants)
    assert bool(found.by_hand) == lacks and all("Service coderd" in line for line in found.by_hand)
    # It is told also where the route is right and only the grant is not.
    gate["spec"]["rules"][0]["backendRefs"][0].update(name="coderd", port=80)
    assert [bool(one.by_hand) for one in judged(gate, grants=grants)] == ([True] if lacks else [])


@pytest.mark.parametrize(
    ("key", "text", "named"),
    [
        (f"{NGINX}configuration-snippet", "proxy_pass http://cemanager:8080;", "cemanager, 8080"),
        (f"{NGINX}auth-url", "https://cemanager.coder.svc.cluster.local/x", "cemanager"),
        (f"{NGINX}default-backend", "dashboard", "dashboard"),
        ("traefik.ingress.kubernetes.io/x", "coder-envproxy-8080@kubernetes", "envproxy, 8080"),
        ("alb.ingress.kubernetes.io/healthcheck-port", "8443", "8443"),
        (f"{NGINX}configuration-snippet", "my-cemanager; cemanager-old; x.8080; 18080; password=hunter2", None),
        ("kubectl.kubernetes.io/last-applied-configuration", '{"cemanager": 8080}', None),
        ("argocd.argoproj.io/sync-options", "cemanager", None),
    ],
)
def test_annotations_are_told_by_name_and_never_shown(key, text, named) -> None:
    (found,) = judged(ingress("web", ("cemanager", 8080), annotations={key: text}))
    assert found.by_hand == ([f"annotation {key} names {named}"] if named else [])
    assert len(found.moves) == 1 and "hunter2" not in str(rows.of(found, NEXT))


@pytest.mark.parametrize(
    ("namespace", "text", "is_told"),
    [
        ("coder", "http://cemanager/", True),
        ("coder", "listens on 8080", False),
        ("other", "Our dashboard", False),
        ("other", "http://cemanager.coder:8080/", True),
        ("other", "coder/envproxy", True),
        ("other", "http://cemanager.coder-2/", False),
    ],
)
def test_objects_whose_annotations_alone_lead_here(namespace, text, is_told) -> None:
    found = judged(ingress("web", ("shop", 80), namespace=namespace, annotations={"x/y": text}))
    assert [one.moves for one in found] == ([[]] if is_told else [])
    if is_told:
        (row,) = rows.of(found[0], NEXT)
        assert (row["service"], row["port"], row["to_service"], row["to_port"]) == (None, None, "coderd", None)


@pytest.mark.parametrize(("text", "is_told"), [("true", True), ("false", False)])
def test_tls_that_is_passed_through_is_told_while_the_route_moves(text, is_told) -> None:
    annotations = {f"{NGINX}ssl-passthrough": text}
    (found,) = judged(ingress("web", ("cemanager", 8443), annotations=annotations))
    assert [line for line in found.by_hand if "certificate" in line] == found.by_hand
    assert bool(found.by_hand) == is_told
    assert judged(ingress("web", ("coderd", 443), annotations=annotations)) == []


@pytest.mark.parametrize(
    ("host", "is_told"),
    [
        ("cemanager.coder.svc.cluster.local", True),
        ("envproxy.coder", True),
        ("coderd.coder.svc", False),
        ("cemanager.coder-2.svc", False),
        ("dashboard.coder.example.com", False),
    ],
)
def test_a_service_in_another_namespace_that_stands_for_one_of_ours(host, is_told) -> None:
    alias = {"apiVersion": "v1", **service("coder", namespace="edge")}
    alias["spec"] = {"type": "ExternalName", "externalName": host}
    found = judged(aliases=[alias])
    assert [rows.of(one, NEXT)[0]["service"] for one in found] == ([host.partition(".")[0]] if is_told else [])


@pytest.mark.parametrize(
    ("metadata", "by"),
    [
        ({}, None),
        ({"annotations": {"argocd.argoproj.io/tracking-id": "x"}}, "Argo CD"),
        ({"labels": {"kustomize.toolkit.fluxcd.io/name": "x"}}, "Flux"),
        (of_release("site", "infra"), "Helm release site in namespace infra"),
        (
            {"ownerReferences": [{"kind": "Site", "name": "a", "controller": True}, {"kind": "B", "name": "b"}]},
            "Site a",
        ),
    ],
)
def test_who_would_undo_a_change(metadata, by) -> None:
    (found,) = judged(ingress("web", ("cemanager", 8080), **metadata))
    assert found.managed_by == by


@pytest.mark.parametrize(
    ("obj", "changes"),
    [
        (
            ingress("web", ("shop", 1), ("cemanager", "tcp-cemanager")),
            {"service/name": ("cemanager", "coderd"), "service/port": ("tcp-cemanager", 80)},
        ),
        (ingress("web", ("shop", 1), ("coderd", 8080)), {"service/port": (8080, 80)}),
        (ingress("web", ("shop", 1), ("cemanager", 80)), {"service/name": ("cemanager", "coderd")}),
        (
            ingress("web", ("shop", 1), ("cemanager", 8443), version=EXTENSIONS),
            {"serviceName": ("cemanager", "coderd"), "servicePort": (8443, 443)},
        ),
    ],
)
def test_a_patch_names_only_the_fields_that_differ(obj, changes) -> None:
    before = copy.deepcopy(obj)
    obj["metadata"]["resourceVersion"] = "7"
    (found,) = judged(obj)
    made = rewrite.edit(found, NEXT)
    version, *steps = made.patch
    assert version == {"op": "replace", "path": "/metadata/resourceVersion", "value": "7"}
    place = "/spec/rules/0/http/paths/1/backend/"
    wanted = {
        place + key: {"number": after} if key == "service/port" else after for key, (_b, after) in changes.items()
    }
    assert {step["path"]: step["value"] for step in steps} == wanted
    assert [(row["before"], row["after"]) for row in made.changes] == list(changes.values())
    lines = rewrite.diff([made])["after"].splitlines()
    assert lines[0].startswith("Ingress coder/web spec.rules.0.http.paths.1.backend.") and len(lines) == len(changes)
    del obj["metadata"]["resourceVersion"]
    assert obj == before, "what was found is not changed"


def test_a_pointer_is_escaped() -> None:
    assert rewrite.pointer(("a/b", 0, "c~d")) == "/a~1b/0/c~0d"
