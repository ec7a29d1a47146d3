# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every object of a cluster that may lead to the main deployment; nothing is written. Private to this collection."""

from __future__ import annotations

from typing import Any, NamedTuple

from ansible_collections.coder.classic.plugins.module_utils._deployment.routes import backends
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade import plan
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import side_by_side
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster

Object = dict[str, Any]

#: The same Ingresses are served under each of these that a server has: only the first counts.
INGRESS = ("networking.k8s.io/v1", "networking.k8s.io/v1beta1", "extensions/v1beta1")
GATEWAY = "gateway.networking.k8s.io/"


class Found(NamedTuple):
    """Objects have apiVersion and kind. routes: Ingresses and HTTPRoutes that are not the release's own, None where none could
    be read. services: those of the deployment's namespace by name, None where they could not be read. aliases: Services of type
    ExternalName. grants: ReferenceGrants of the deployment's namespace, None where nobody needed or read them. problems:
    ClassicError.failure of what could not be seen.
    """

    routes: list[Object] | None
    services: dict[str, Object] | None
    aliases: list[Object]
    grants: list[Object] | None
    problems: list[dict[str, Any]]


def look(cluster: Cluster, namespace: str, release: str) -> Found:
    """All namespaces where they may be read, else that of the deployment, which is then among the problems.

    Raises ClassicError for a server that does not answer. Three round trips, four with routes from other namespaces.
    """
    problems: list[dict[str, Any]] = []
    versions = cluster.api_versions()
    kinds = _route_kinds(cluster, versions)
    read = side_by_side.each(lambda kind: _everywhere(cluster, *kind, namespace), [*kinds, ("v1", "Service")])
    for _objects, problem in read:
        problems += problem
    *of_kinds, services = [objects for objects, _problem in read]
    routes = None
    if not kinds or any(objects is not None for objects in of_kinds):
        own = (namespace, release)
        routes = [obj for objects in of_kinds for obj in objects or [] if plan.owner(obj) != own]
    return Found(
        routes,
        None
        if services is None
        else {obj["metadata"]["name"]: obj for obj in services if obj["metadata"]["namespace"] == namespace},
        [obj for obj in services or [] if (obj.get("spec") or {}).get("type") == "ExternalName"],
        _grants(cluster, versions, namespace, routes or [], problems),
        problems,
    )


def _route_kinds(cluster: Cluster, versions: list[str]) -> list[tuple[str, str]]:
    """(API version, kind) of what the server serves, of each kind once."""
    gateway = [version for version in versions if version.startswith(GATEWAY)]
    candidates = {"Ingress": [version for version in INGRESS if version in versions], "HTTPRoute": gateway}
    found = side_by_side.each(lambda kind: _served(cluster, candidates[kind], kind), candidates)
    return [(version, kind) for version, kind in zip(found, candidates, strict=True) if version]


def _served(cluster: Cluster, versions: list[str], kind: str) -> str | None:
    return next((version for version in versions if cluster.serves(version, kind)), None)


def _everywhere(
    cluster: Cluster, api_version: str, kind: str, namespace: str
) -> tuple[list[Object] | None, list[dict[str, Any]]]:
    """The objects, None where they may not be read at all, and what is a problem about that."""
    try:
        return _listed(cluster, api_version, kind, None), []
    except ClassicError as error:
        if error.code != "forbidden":
            raise
        everywhere = error
    try:
        return _listed(cluster, api_version, kind, namespace), [_only_here(everywhere, kind, namespace).failure]
    except ClassicError as error:
        if error.code != "forbidden":
            raise
        return None, [error.failure]


def _listed(cluster: Cluster, api_version: str, kind: str, namespace: str | None) -> list[Object]:
    # The items of a list do not say what they are.
    return [{**obj, "apiVersion": api_version, "kind": kind} for obj in cluster.list(api_version, kind, namespace)]


def _only_here(error: ClassicError, kind: str, namespace: str) -> ClassicError:
    return ClassicError(
        f"Objects of kind {kind} were looked for in namespace {namespace} alone.",
        code="forbidden",
        where=error.where,
        why=error.why,
        untouched=error.untouched,
        next_step=f"Ask for the right to list them in all namespaces, or look there yourself for what leads to {namespace}.",
        status=error.status,
    )


def _grants(
    cluster: Cluster, versions: list[str], namespace: str, routes: list[Object], problems: list[dict[str, Any]]
) -> list[Object] | None:
    """Asked for only where an HTTPRoute of another namespace leads here, which needs one."""
    if not any(
        obj["metadata"]["namespace"] != namespace and any(found.namespace == namespace for found in backends.of(obj))
        for obj in routes
    ):
        return None
    version = _served(cluster, [version for version in versions if version.startswith(GATEWAY)], "ReferenceGrant")
    try:
        return _listed(cluster, version, "ReferenceGrant", namespace) if version else None
    except ClassicError as error:
        if error.code != "forbidden":
            raise
        problems.append(error.failure)
        return None
