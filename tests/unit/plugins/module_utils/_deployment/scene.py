# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A main deployment at each stage of its way: what its chart renders, as far as a look goes by it, and what is then live.

The shapes are those of the fixture charts (tests/lab/charts/coder).
"""

from __future__ import annotations

import copy
from typing import Any, NamedTuple

import yaml
from unit.plugins.fake_coder import Call
from unit.plugins.module_utils._kubernetes.fake_cluster import record, secret

REGISTRY = "registry.example.com/coderenvs"
ADMIN = {"id": "u", "username": "ops", "roles": ["site-manager"]}
TLS = {"hostSecretName": "coder-tls", "devurlsHostSecretName": "devurls-tls"}

WANTED: dict[str, Any] = {
    "release": "coder",
    "namespace": "coder",
    "version": None,
    "regions": None,
    "cluster_uid": "uid-primary",
}


class Stage(NamedTuple):
    """main: the main Deployment's name; layout: what its chart renders; legacy: its API versions are those of 1.20."""

    version: str
    main: str
    layout: str
    values: dict[str, Any]
    legacy: bool = False
    database: bool = True


STAGES = {
    "1.20": Stage("1.20.3", "cemanager", "old", {"ingress": {"useDefault": True, "tls": TLS}}, legacy=True),
    "1.21 old layout": Stage("1.21.7", "coderd", "old", {"coderd": {"tls": TLS}}),
    "1.21 custom ingress": Stage(
        "1.21.7", "coderd", "custom_ingress", {"ingress": {"useDefault": False}, "coderd": {"tls": TLS}}
    ),
    "1.21 service_next": Stage("1.21.7", "coderd", "service_next", {"coderd": {"serviceNext": True, "tls": TLS}}),
    "1.22": Stage("1.22.3", "coderd", "service_next", {"coderd": {"serviceNext": True, "tls": TLS}}),
}


def manifest(stage: Stage) -> list[dict[str, Any]]:
    """The objects that the stage's chart renders; an environment in clear, as charts have it."""
    image = f"{REGISTRY}/coder-service:{stage.version}"
    next_layout = stage.layout == "service_next"
    ports = [80, 443] if next_layout else [8080] if stage.legacy else [8080, 8443]
    name = "ingress-nginx" if next_layout else stage.main
    found = [
        _deployment(stage.main, image, env=[{"name": "DB_PASSWORD", "value": "very-secret"}]),
        _service(name, stage.main, ports, "LoadBalancer" if next_layout else "ClusterIP"),
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "coder"}},
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "coder"}},
    ]
    if not next_layout:
        found += [_deployment("envproxy", image), _service("envproxy", "envproxy", [8080], "ClusterIP")]
    if stage.layout == "old":
        group = "extensions/v1beta1" if stage.legacy else "networking.k8s.io/v1"
        cluster_role = "rbac.authorization.k8s.io/v1beta1" if stage.legacy else "rbac.authorization.k8s.io/v1"
        found += [
            _deployment("ingress-nginx", "quay.io/kubernetes-ingress-controller/nginx-ingress-controller:0.33.0"),
            _service("ingress-nginx", "ingress-nginx", [80, 443, 22], "LoadBalancer"),
            {"apiVersion": group, "kind": "Ingress", "metadata": {"name": "web-ingress"}},
            {
                "apiVersion": cluster_role,
                "kind": "ClusterRole",
                "metadata": {"name": "nginx-ingress-clusterrole-coder"},
            },
        ]
    if stage.legacy:
        found += [_deployment("dashboard", image), _service("dashboard", "dashboard", [3000], "ClusterIP")]
    if stage.version.startswith("1.22"):
        ingress = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "coderd-ingress"}}
        found.append(ingress)
    if stage.database:
        found.append({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "timescale"}})
    return found


def release_record(stage: Stage, **more: Any) -> dict[str, Any]:
    """The Secret of the stage's release; values hold a secret that must show nowhere."""
    text = "---\n".join(yaml.safe_dump(obj) for obj in manifest(stage))
    chart = {
        "metadata": {"name": "coder", "version": stage.version, "appVersion": stage.version, "apiVersion": "v1"},
        "templates": [],
        "values": {"postgres": {"host": "", "sslMode": "require"}, "ingress": {"useDefault": True}},
    }
    values = {**stage.values, "license": {"token": "very-secret"}}
    return secret(record(text, name="coder", chart=chart, config=values, **more))


def live(stage: Stage, **more: Any) -> list[dict[str, Any]]:
    """All that is in the cluster: the objects as helm installed them, the record, the TLS Secrets."""
    objects = [_installed(copy.deepcopy(obj)) for obj in manifest(stage)]
    secrets = [
        {"kind": "Secret", "metadata": {"name": name, "namespace": "coder"}, "data": {"tls.key": "very-secret"}}
        for name in TLS.values()
    ]
    return [*objects, *secrets, release_record(stage, **more)]


def provider(name: str = "sydney-1", **values: Any) -> dict[str, Any]:
    return {
        "id": f"id-{name}",
        "name": name,
        "status": "ready",
        "built_in": False,
        "envproxy_token": "very-secret",
        **values,
    }


def builtin(**values: Any) -> dict[str, Any]:
    return provider("built-in", built_in=True, **values)


def calls(version: str, providers: list[dict[str, Any]], satellites: list[dict[str, Any]] | None = None) -> list[Call]:
    """What a look asks of Coder; the built-in provider has two workspaces."""
    workspaces = [
        {"id": "w1", "resource_pool_id": "id-built-in", "latest_stat": {"container_status": "ON"}},
        {"id": "w2", "resource_pool_id": "id-built-in", "latest_stat": {"container_status": "OFF"}},
    ]
    asked = [
        Call("GET", "/api/v0/users/me", ADMIN),
        Call("GET", "/api", {}, headers={"coder-version": version}),
        Call("GET", "/api/private/resource-pools", {"kubernetes": providers}),
        Call("GET", "/api/v0/workspaces", workspaces),
    ]
    if not version.startswith("1.20"):
        asked.append(Call("GET", "/api/private/satellites", {"data": satellites or []}))
    return asked


def _deployment(name: str, image: str, env: list[dict[str, str]] | None = None) -> dict[str, Any]:
    container = {"name": name, "image": image, "env": env or []}
    template = {
        "metadata": {"labels": {"app": name, "com.coder.resource": "true"}},
        "spec": {"containers": [container]},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {"replicas": 2, "selector": {"matchLabels": {"app": name}}, "template": template},
    }


def _service(name: str, app: str, ports: list[int], kind: str) -> dict[str, Any]:
    spec = {"type": kind, "selector": {"app": app}, "ports": [{"port": port} for port in ports]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def _installed(obj: dict[str, Any]) -> dict[str, Any]:
    obj["metadata"] |= {"namespace": "coder", "annotations": {"meta.helm.sh/release-name": "coder"}}
    if obj["kind"] == "Deployment":
        obj["status"] = {"updatedReplicas": 2, "readyReplicas": 2}
    if obj.get("spec", {}).get("type") == "LoadBalancer":
        obj["status"] = {"loadBalancer": {"ingress": [{"ip": "192.0.2.10"}]}}
    return obj
