# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""An API server in memory, below the real client: what it is asked is counted, and patches are carried out as it does."""

from __future__ import annotations

import copy
import json
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

from ansible_collections.coder.classic.plugins.module_utils._kubernetes import connection, kubeconfig
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster

V1, V1BETA1, EXTENSIONS = "networking.k8s.io/v1", "networking.k8s.io/v1beta1", "extensions/v1beta1"
GATEWAY = "gateway.networking.k8s.io/v1"
INGRESSES, ROUTES = {"Ingress": "ingresses"}, {"HTTPRoute": "httproutes", "ReferenceGrant": "referencegrants"}
OF_HELM = {"app.kubernetes.io/managed-by": "Helm"}


class ApiServer:
    """versions: what it serves beside the core. forbidden: ``(verb, plural, namespace or None)``. before: plural → what happens
    right before a patch is carried out."""

    def __init__(self, *objects, versions=(V1,), forbidden=()):
        self.objects = {}
        self.versions, self.forbidden = versions, set(forbidden)
        self.requests, self.patches, self.before_patch, self.refuses = [], [], [], {}
        for obj in objects:
            self.put(obj)

    def put(self, obj):
        obj["metadata"].setdefault("resourceVersion", "1")
        self.objects[obj["kind"], obj["metadata"]["namespace"], obj["metadata"]["name"]] = obj

    def of(self, kind, name, namespace="coder"):
        return self.objects[kind, namespace, name]

    def cluster(self, uid=None) -> Cluster:
        access = kubeconfig.resolve({"host": "https://c.test", "api_key": "top-secret"}, {})
        return Cluster(connection.connect(access)._replace(pools=self), access, uid)

    @property
    def writes(self):
        return [line for line in self.requests if line.startswith("PATCH") and "dryRun" not in line]

    def request(self, method, url, *, body, headers, **_unused):
        parts = urlsplit(url)
        self.requests.append(f"{method} {parts.path}" + ("?dryRun" if "dryRun" in parts.query else ""))
        status, answer = self._answer(method, parts, body and json.loads(body), headers)
        return SimpleNamespace(status=status, data=json.dumps(answer).encode())

    def _answer(self, method, parts, body, headers):
        steps = parts.path.strip("/").split("/")
        if steps == ["apis"]:
            return 200, {"groups": self._groups()}
        if parts.path == "/api/v1/namespaces/kube-system":
            return 200, {"metadata": {"uid": "uid-1"}}
        version, rest = (steps[1], steps[2:]) if steps[0] == "api" else ("/".join(steps[1:3]), steps[3:])
        if not rest:
            return self._resources(version)
        namespace = rest[1] if rest[0] == "namespaces" else None
        plural, *name = rest[2:] if namespace else rest
        verb = {"PATCH": "patch"}.get(method, "get" if name else "list")
        if (verb, plural, namespace) in self.forbidden:
            return 403, {"message": f'User "jane" cannot {verb} {plural}'}
        kind = {"services": "Service", **{plural: kind for kind, plural in (INGRESSES | ROUTES).items()}}[plural]
        if not name:
            return 200, {"items": [self._item(obj) for obj in self._all(kind, namespace)]}
        if method == "PATCH":
            assert headers["Content-Type"] == "application/json-patch+json"
            return self._patch((kind, namespace, name[0]), body, "dryRun" in parse_qs(parts.query))
        found = self.objects.get((kind, namespace, name[0]))
        return (200, found) if found else (404, {"message": "not found"})

    def _groups(self):
        groups = {}
        for version in self.versions:
            groups.setdefault(version.partition("/")[0], []).append({"groupVersion": version})
        return [{"name": name, "versions": versions} for name, versions in groups.items()]

    def _resources(self, version):
        if version not in self.versions:
            return 404, {}
        kinds = ROUTES if version.startswith("gateway") else INGRESSES
        return 200, {
            "resources": [{"name": plural, "kind": kind, "namespaced": True} for kind, plural in kinds.items()]
        }

    def _all(self, kind, namespace):
        return [obj for (of, where, _name), obj in self.objects.items() if of == kind and namespace in (None, where)]

    def _item(self, obj):
        """Items of a list say neither their version nor their kind."""
        return {key: value for key, value in copy.deepcopy(obj).items() if key not in ("apiVersion", "kind")}

    def _patch(self, of, patch, dry_run):
        if not dry_run:
            for happens in self.before_patch:
                happens(of)
        if of not in self.objects:
            return 404, {"message": "gone"}
        if of in self.refuses and (dry_run or self.refuses[of][0] >= 500):
            return self.refuses[of]
        before = self.objects[of]
        after = copy.deepcopy(before)
        for step in patch:
            assert step["op"] == "replace"
            *path, last = step["path"].split("/")[1:]
            place = after
            for key in path:
                place = place[int(key) if isinstance(place, list) else key]
            assert last in place, step
            place[last] = step["value"]
        if after["metadata"]["resourceVersion"] != before["metadata"]["resourceVersion"]:
            return 409, {"message": "the object has been modified"}
        after["metadata"]["resourceVersion"] += "1"
        if not dry_run:
            self.objects[of] = after
            self.patches.append((of, patch))
        return 200, after


def ingress(name="web", *backends, namespace="coder", version=V1, default=None, **metadata):
    """backends: (service, port), the port by number or name."""
    made = [backend(version, *one) for one in backends]
    rules = [
        {"host": "coder.example.com", "http": {"paths": [{"path": f"/{n}", "backend": b} for n, b in enumerate(made)]}}
    ]
    spec = {"ingressClassName": "own", "rules": rules if made else []}
    if default:
        spec["defaultBackend" if version == V1 else "backend"] = backend(version, *default)
    return {
        "apiVersion": version,
        "kind": "Ingress",
        "metadata": {"name": name, "namespace": namespace, **metadata},
        "spec": spec,
        "status": {"loadBalancer": {"ingress": [{"ip": "10.0.0.1"}]}},
    }


def backend(version, service, port):
    if version == V1:
        return {"service": {"name": service, "port": {"number" if isinstance(port, int) else "name": port}}}
    return {"serviceName": service, "servicePort": port}


def route(name="gate", *refs, namespace="coder", version=GATEWAY, **metadata):
    return {
        "apiVersion": version,
        "kind": "HTTPRoute",
        "metadata": {"name": name, "namespace": namespace, **metadata},
        "spec": {
            "parentRefs": [{"name": "site"}],
            "hostnames": ["coder.example.com", "*.dev.example.com"],
            "rules": [{"matches": [{"path": {"type": "PathPrefix", "value": "/"}}], "backendRefs": list(refs)}],
        },
    }


def service(name, *ports, namespace="coder", selector=None, **metadata):
    """ports: (name, number)."""
    return {
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace, **metadata},
        "spec": {
            "selector": {"coder.deployment": name} if selector is None else selector,
            "ports": [{"name": of, "port": number} for of, number in ports],
        },
    }


def of_release(name, namespace="coder"):
    """Metadata as helm makes it."""
    annotations = {"meta.helm.sh/release-name": name, "meta.helm.sh/release-namespace": namespace}
    return {"labels": dict(OF_HELM), "annotations": annotations}
