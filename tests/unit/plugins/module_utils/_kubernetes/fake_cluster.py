# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster in memory with the methods of _kubernetes.client.Cluster, and release records as helm writes them."""

from __future__ import annotations

import base64
import copy
import gzip
import json
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import discovery, kubeconfig

PLURALS = {"Ingress": "ingresses"}


class FakeCluster:
    """removed: (api_version, kind) that the server does not serve. denied: what allowed() answers no to."""

    where = "context test (https://cluster.test)"
    url = "https://cluster.test"
    source = "kubeconfig /k (inventory), context test"
    access = kubeconfig.resolve({"host": "https://cluster.test", "api_key": "key-of-the-test"}, {})

    def __init__(self, objects=(), *, removed=(), denied=()) -> None:
        self.objects: dict[tuple, dict[str, Any]] = {}
        self.removed, self.denied = set(removed), set(denied)
        self.asked: list[tuple] = []
        self.patches: list[tuple] = []
        self.is_another = False
        self.after_patch: dict[tuple[str, str], dict[str, Any]] = {}
        for obj in objects:
            self.put(obj)

    def at_one_time(self, run_folder=None):
        return self

    def uid(self) -> str:
        return "uid-of-the-test"

    def prove_identity(self):
        if self.is_another:
            raise ClassicError("another cluster", code="cluster_mismatch")

    def put(self, obj: dict[str, Any]) -> None:
        metadata = obj["metadata"]
        metadata.setdefault("uid", f"uid-{obj['kind']}-{metadata['name']}".lower())
        self.objects[(obj["kind"], metadata.get("namespace"), metadata["name"])] = obj

    def get(self, api_version, kind, name, namespace=None):
        if not self.serves(api_version, kind):
            return None
        return copy.deepcopy(self.objects.get((kind, namespace, name)))

    def list(self, api_version, kind, namespace=None, label_selector=None, *, metadata_only=False):
        wanted = dict(part.split("=") for part in label_selector.split(",")) if label_selector else {}
        return [
            {"metadata": obj["metadata"]} if metadata_only else copy.deepcopy(obj)
            for (of_kind, of_namespace, _name), obj in self.objects.items()
            if of_kind == kind
            and namespace in (None, of_namespace)
            and wanted.items() <= obj["metadata"].get("labels", {}).items()
        ]

    def patch(self, api_version, kind, name, namespace, body, content_type="", *, dry_run=False):
        assert dry_run, "nothing but helm writes"
        self.patches.append((kind, name, content_type))
        answer = self.after_patch.get((kind, name), self.objects[(kind, namespace, name)])
        if isinstance(answer, ClassicError):
            raise answer
        return answer

    def serves(self, api_version, kind):
        return (api_version, kind) not in self.removed

    def equivalent(self, api_version, kind):
        return api_version if self.serves(api_version, kind) else "networking.k8s.io/v1"

    def resource(self, api_version, kind):
        return (
            discovery.Resource(PLURALS.get(kind, kind.lower() + "s"), True) if self.serves(api_version, kind) else None
        )

    def allowed(self, verb, group, resource, namespace=None, name=None, subresource=None):
        self.asked.append((verb, group, resource, namespace, name, subresource))
        return (verb, resource) not in self.denied

    def user(self):
        return "jane"

    def server_version(self):
        return "v1.21.14"

    def api_versions(self):
        return ["v1", "apps/v1"]


def record(
    manifest: str, *, name="provider", namespace="coder", revision=1, status="deployed", **more
) -> dict[str, Any]:
    """The JSON inside a release record."""
    chart = {
        "metadata": {"name": "workspace-provider", "version": "1.21.3", "appVersion": "1.21.3", "apiVersion": "v2"},
        "lock": None,
        "templates": [{"name": "templates/a.yaml", "data": base64.b64encode(b"a: b\n").decode()}],
        "values": {"replicas": 1},
        "schema": None,
        "files": [],
    }
    return {
        "name": name,
        "namespace": namespace,
        "version": revision,
        "info": {"status": status, "last_deployed": "2026-11-22T03:00:00Z", "description": "Install complete"},
        "chart": chart,
        "config": {"envproxy": {"token": "very-secret"}},
        "manifest": manifest,
        "hooks": [],
        **more,
    }


def secret(content: dict[str, Any], *, packed=True) -> dict[str, Any]:
    """The Secret that holds a record, as the API server returns it."""
    text = json.dumps(content).encode()
    inner = base64.b64encode(gzip.compress(text) if packed else text)
    labels = {"owner": "helm", "name": content["name"], "version": str(content["version"])}
    return {
        "kind": "Secret",
        "metadata": {
            "name": f"sh.helm.release.v1.{content['name']}.v{content['version']}",
            "namespace": content["namespace"],
            "labels": labels,
        },
        "data": {"release": base64.b64encode(inner).decode()},
    }
