# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which rights each step needs. Pure; private to this collection.

What is asked of a cluster (missing_rights) and what is printed for whoever gives the rights (rights_manifest) comes from here,
so that the two cannot differ.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, NamedTuple

from ansible_collections.coder.classic.plugins.module_utils._coder.provider_roots import ACCESS
from ansible_collections.coder.classic.plugins.module_utils._helm.manifest import Identity, identity
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.discovery import group_of

RBAC = "rbac.authorization.k8s.io"
NETWORKING = "networking.k8s.io"
COORDINATION = "coordination.k8s.io"
#: The ConfigMap in the provider's namespace that keeps what nobody can see later (_region.record).
RECORD = "coder-classic-migration"
#: The ConfigMap beside the satellite that says that it was installed from here (role satellite).
MARK = "coder-classic-satellite"
ENVPROXY = "envproxy"


class Right(NamedTuple):
    """verb on a resource, ``resource/subresource`` for a subresource; name None: whatever its name."""

    verb: str
    group: str
    resource: str
    name: str | None = None


#: A right and the namespace that it is needed in; None: in the whole cluster.
Placed = tuple[Right, "str | None"]


def _each(verbs: str, group: str, resources: str, *names: str) -> list[Right]:
    return [
        Right(verb, group, resource, name)
        for resource in resources.split()
        for verb in verbs.split()
        for name in names or (None,)
    ]


# Helm keeps its records as Secrets: one more for each revision, the one before marked as superseded.
HELM_WRITES = _each("create get list update", "", "secrets")

SCALING = [*_each("get", "apps", "deployments", ENVPROXY), *_each("patch", "apps", "deployments/scale", ENVPROXY)]

#: ``{release}`` and ``{namespace}`` in a name stand for those of the release in question.
STEPS: dict[str, list[Right]] = {
    "observe": [
        # For the cluster's identity, and whether the provider's own is being deleted.
        *_each("get", "", "namespaces", "kube-system", "{namespace}"),
        *_each("get", "", "configmaps", RECORD),
        *_each("get", "", "serviceaccounts", ACCESS, "{release}-environments"),
        *_each("get list", "", "secrets"),
        *_each("list", "", "pods"),
        *_each("get", "apps", "deployments", ENVPROXY),
        *_each("get", RBAC, "roles rolebindings", ACCESS),
    ],
    # So that no two runs work on one region: where the main deployment is, or else beside the provider.
    "lock": _each("create get update delete", COORDINATION, "leases"),
    "record": [*_each("create", "", "configmaps"), *_each("get patch", "", "configmaps", RECORD)],
    "seal": HELM_WRITES,
    "envproxy_off": SCALING,
    "envproxy_on": SCALING,
    "retire": [*HELM_WRITES, *_each("delete", "", "secrets")],
    # Revisions beyond the tenth go.
    "update": [*HELM_WRITES, *_each("delete", "", "secrets")],
    "satellite": [
        *_each("get", "", "namespaces", "{namespace}"),
        *_each("create", "", "configmaps"),
        *_each("get patch delete", "", "configmaps", MARK),
        # Beside helm's records the chart has a Secret of its own.
        *_each("create get list update patch delete", "", "secrets"),
        *_each("create get patch delete", "", "services"),
        *_each("create get patch delete", "apps", "deployments"),
    ],
    "satellite_namespace": _each("create", "", "namespaces"),
    # coderd-ingress and web-ingress of the main chart; asked for only where an ingress is rendered.
    "satellite_ingress": _each("create get patch delete", NETWORKING, "ingresses"),
}
CLUSTER_WIDE_RESOURCES = {"namespaces"}
#: From API version and kind to how a server serves it; None: not at all.
Served = Callable[[str, str], Any]


def placed(
    step: str,
    namespace: str,
    release: str,
    served: Served,
    objects: Collection[dict[str, Any]] = (),
    staying: Collection[Identity] = (),
) -> list[Placed]:
    """Each right of a step once, in order; objects are those of the release (manifest.objects), staying must stay."""

    def named(right: Right) -> Right:
        return right._replace(name=right.name and right.name.format(release=release, namespace=namespace))

    own = [(named(right), None if right.resource in CLUSTER_WIDE_RESOURCES else namespace) for right in STEPS[step]]
    return list(dict.fromkeys([*own, *_of_objects(step, served, objects, staying)]))


def _of_objects(
    step: str, served: Served, objects: Collection[dict[str, Any]], staying: Collection[Identity]
) -> list[Placed]:
    """What is done to each object that the server still serves: helm patches it, or deletes what may go."""
    found: list[Placed] = []
    for obj in objects:
        stays = identity(obj) in staying
        verbs = {
            "observe": "get" if stays else "",
            "seal": "get patch",
            "update": "get patch",
            "retire": "get" if stays else "get delete",
        }.get(step, "")
        resource = served(obj["api_version"], obj["kind"]) if verbs else None
        if resource:
            group = group_of(obj["api_version"])
            found += [(Right(verb, group, resource.plural, obj["name"]), obj["namespace"]) for verb in verbs.split()]
    return found
