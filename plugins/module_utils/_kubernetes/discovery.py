# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""From API versions and kinds to the paths of a Kubernetes API server. Pure; private to this collection."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import quote


class Resource(NamedTuple):
    """plural name in paths, and whether its objects live in a namespace"""

    plural: str
    namespaced: bool


def _kinds(namespaced: bool, kinds: dict[str, str]) -> dict[str, Resource]:
    return {kind: Resource(plural, namespaced) for kind, plural in kinds.items()}


#: What every Kubernetes of the last years serves, so that nobody has to ask: stable since 1.9, leases since 1.14.
ALWAYS_SERVED: dict[str, dict[str, Resource]] = {
    "v1": {
        **_kinds(False, {"Namespace": "namespaces"}),
        **_kinds(
            True,
            {
                "ConfigMap": "configmaps",
                "Event": "events",
                "PersistentVolumeClaim": "persistentvolumeclaims",
                "Pod": "pods",
                "Secret": "secrets",
                "Service": "services",
                "ServiceAccount": "serviceaccounts",
            },
        ),
    },
    "apps/v1": _kinds(
        True,
        {
            "DaemonSet": "daemonsets",
            "Deployment": "deployments",
            "ReplicaSet": "replicasets",
            "StatefulSet": "statefulsets",
        },
    ),
    "coordination.k8s.io/v1": _kinds(True, {"Lease": "leases"}),
    "rbac.authorization.k8s.io/v1": {
        **_kinds(False, {"ClusterRole": "clusterroles", "ClusterRoleBinding": "clusterrolebindings"}),
        **_kinds(True, {"Role": "roles", "RoleBinding": "rolebindings"}),
    },
}

# Kinds that left the group extensions, and where they went (Kubernetes deprecation guide, 1.16 and 1.22).
MOVED_FROM_EXTENSIONS = {
    "DaemonSet": "apps",
    "Deployment": "apps",
    "Ingress": "networking.k8s.io",
    "NetworkPolicy": "networking.k8s.io",
    "PodSecurityPolicy": "policy",
    "ReplicaSet": "apps",
}


def group_of(api_version: str) -> str:
    """``apps`` of ``apps/v1``; an empty text for the core group."""
    return api_version.rpartition("/")[0]


def group_path(api_version: str) -> str:
    return f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"


def path(api_version: str, resource: Resource, namespace: str | None, name: str | None = None) -> str:
    """Path of one object, or without name of the collection; a namespace is left out for cluster-wide kinds."""
    parts = [group_path(api_version)]
    if namespace and resource.namespaced:
        parts += ["namespaces", quote(namespace, safe="")]
    parts.append(resource.plural)
    if name:
        parts.append(quote(name, safe=""))
    return "/".join(parts)


def resources(answer: dict[str, Any]) -> dict[str, Resource]:
    """Kind → Resource out of an APIResourceList; subresources (``pods/exec``) are no kinds of their own."""
    return {
        entry["kind"]: Resource(entry["name"], entry["namespaced"])
        for entry in answer.get("resources") or []
        if "/" not in entry["name"]
    }


def successors(api_version: str, kind: str, groups: list[dict[str, Any]]) -> list[str]:
    """API versions that may serve the kind today, most likely first, out of the ``groups`` of an APIGroupList."""
    group = group_of(api_version)
    moved_to = MOVED_FROM_EXTENSIONS.get(kind) if group == "extensions" else None
    wanted = [group, moved_to] if moved_to else [group]
    return [
        version["groupVersion"]
        for name in wanted
        for entry in groups
        if entry["name"] == name
        for version in entry["versions"]
    ]
