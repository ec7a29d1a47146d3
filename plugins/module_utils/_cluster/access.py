# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which rights each step needs, and which of them are missing. Private to this collection.

A right is ``(verb, group, resource)``; ``resource/subresource`` for a subresource. Rights on the objects of a release
depend on its manifest: object_rights.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._cluster.client import Cluster
from ansible_collections.coder.classic.plugins.module_utils._cluster.discovery import group_of

Right = tuple[str, str, str]

RBAC = "rbac.authorization.k8s.io"
NETWORKING = "networking.k8s.io"
CLUSTER_WIDE_RESOURCES = {"namespaces"}


def _each(verbs: str, group: str, *resources: str) -> list[Right]:
    return [(verb, group, resource) for resource in resources for verb in verbs.split()]


# Helm keeps its records as Secrets: one more for each revision, the one before marked as superseded.
HELM_WRITES = _each("create get list update", "", "secrets")

STEPS: dict[str, list[Right]] = {
    "observe": [
        *_each("get", "", "namespaces", "configmaps", "serviceaccounts", "services"),
        *_each("get list", "", "secrets", "pods"),
        *_each("get", "apps", "deployments"),
        *_each("get", RBAC, "roles", "rolebindings"),
    ],
    "record": _each("create get patch", "", "configmaps"),
    "seal": HELM_WRITES,
    "idle": [*_each("get patch update", "apps", "deployments/scale"), *_each("get patch", "apps", "deployments")],
    "retire": [*HELM_WRITES, *_each("delete", "", "secrets")],
    "satellite": [
        *HELM_WRITES,
        *_each("delete", "", "secrets"),
        *_each("create get list patch update delete", "", "services"),
        *_each("create get list patch update delete", "apps", "deployments"),
        *_each("get list", "apps", "replicasets"),
        *_each("get list", "", "pods"),
        *_each("create get", "", "namespaces"),
    ],
    # coderd-ingress and web-ingress of the main chart; asked for only where an ingress is rendered.
    "satellite_ingress": _each("create get list patch update delete", NETWORKING, "ingresses"),
}

# What helm does to each object of a manifest in a step.
OBJECT_VERBS = {"seal": ("get", "patch"), "retire": ("get", "delete")}


def object_rights(cluster: Cluster, objects: list[dict[str, Any]], verbs: tuple[str, ...]) -> list[Right]:
    """The rights to do this to every kind among the objects (of manifest.objects) that the server still serves."""
    rights: dict[Right, None] = {}
    for obj in objects:
        resource = cluster.resource(obj["api_version"], obj["kind"])
        if resource:
            rights.update(dict.fromkeys((verb, group_of(obj["api_version"]), resource.plural) for verb in verbs))
    return list(rights)


def missing(
    cluster: Cluster, step: str, namespace: str, release_objects: list[dict[str, Any]] | None = None
) -> list[str]:
    """Texts like ``delete roles.rbac.authorization.k8s.io in namespace coder`` of what the user may not do.

    For the steps of OBJECT_VERBS the objects of the release's manifest count too, each in its own namespace, or in the
    whole cluster.
    """
    verbs = OBJECT_VERBS.get(step, ())
    by_scope: dict[str | None, list[dict[str, Any]]] = {}
    for obj in release_objects or []:
        by_scope.setdefault(obj["namespace"], []).append(obj)
    wanted = [(right, None if right[2] in CLUSTER_WIDE_RESOURCES else namespace) for right in STEPS[step]]
    for scope, objects in sorted(by_scope.items(), key=lambda item: item[0] or ""):
        wanted += [(right, scope) for right in object_rights(cluster, objects, verbs)]
    return [_text(right, scope) for right, scope in dict.fromkeys(wanted) if not _allowed(cluster, right, scope)]


def _allowed(cluster: Cluster, right: Right, namespace: str | None) -> bool:
    verb, group, path = right
    resource, _slash, subresource = path.partition("/")
    # Namespaces are read for the cluster's identity only, so the right to that one is enough.
    name = "kube-system" if (verb, resource) == ("get", "namespaces") else None
    return cluster.allowed(verb, group, resource, namespace, name, subresource or None)


def _text(right: Right, namespace: str | None) -> str:
    verb, group, resource = right
    name = f"{resource}.{group}" if group else resource
    return f"{verb} {name} " + (f"in namespace {namespace}" if namespace else "in the whole cluster")
