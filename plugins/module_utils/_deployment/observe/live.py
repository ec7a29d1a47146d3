# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Deployments and Services, live or of a manifest, without all that may hold a secret. Pure. Private to this collection."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._helm import gitops
from ansible_collections.coder.classic.plugins.module_utils._helm.drift import OWNER_NAME
from ansible_collections.coder.classic.plugins.module_utils._region.observe.satellite_pods import addresses


def deployment(obj: dict[str, Any]) -> dict[str, Any]:
    """observation.cluster's row; an environment may hold passwords in clear, so only images are taken of containers."""
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    template = spec.get("template") or {}
    containers = (template.get("spec") or {}).get("containers") or []
    return {
        **_common(obj),
        "labels": (template.get("metadata") or {}).get("labels") or {},
        "images": {row.get("name"): row.get("image") for row in containers},
        # Kubernetes' own default.
        "replicas": spec.get("replicas", 1),
        "updated": status.get("updatedReplicas", 0),
        "ready": status.get("readyReplicas", 0),
    }


def service(obj: dict[str, Any]) -> dict[str, Any]:
    spec = obj.get("spec") or {}
    return {
        **_common(obj),
        "type": spec.get("type", "ClusterIP"),
        "ports": [row.get("port") for row in spec.get("ports") or []],
        "selector": spec.get("selector") or {},
        "address": addresses(obj),
    }


def stored(objects: Iterable[dict[str, Any]], namespace: str) -> dict[str, list[Any]]:
    """``{deployments, services, stateful_sets}`` of manifest.objects in the release's namespace."""
    here = [obj for obj in objects if obj["namespace"] == namespace]
    documents = {kind: [obj["document"] for obj in here if obj["kind"] == kind] for kind in _KINDS}
    return {
        "deployments": [deployment(document) for document in documents["Deployment"]],
        "services": [service(document) for document in documents["Service"]],
        "stateful_sets": [document["metadata"]["name"] for document in documents["StatefulSet"]],
    }


_KINDS = ("Deployment", "Service", "StatefulSet")


def _common(obj: dict[str, Any]) -> dict[str, Any]:
    annotations = obj["metadata"].get("annotations") or {}
    return {"name": obj["metadata"]["name"], "owner": annotations.get(OWNER_NAME), "tools": gitops.tools(obj)}
