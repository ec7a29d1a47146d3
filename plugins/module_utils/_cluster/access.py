# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which rights each step needs, and which of them are missing. Private to this collection.

Rights are asked for by name wherever the name is known, so that a Role with resourceNames is enough. Those on the objects
of a release depend on its manifest.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from ansible_collections.coder.classic.plugins.module_utils._cluster.client import Cluster
from ansible_collections.coder.classic.plugins.module_utils._cluster.discovery import group_of
from ansible_collections.coder.classic.plugins.module_utils._cluster.keep import ACCESS, BINDINGS, ROLES
from ansible_collections.coder.classic.plugins.module_utils._cluster.manifest import POLICY, Identity, identity
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

RBAC = "rbac.authorization.k8s.io"
NETWORKING = "networking.k8s.io"
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
    "record": [*_each("create", "", "configmaps"), *_each("get patch", "", "configmaps", RECORD)],
    "seal": HELM_WRITES,
    "envproxy_off": _each("get patch", "apps", "deployments", ENVPROXY),
    "envproxy_on": [
        *_each("get", "apps", "deployments", ENVPROXY),
        *_each("patch", "apps", "deployments/scale", ENVPROXY),
    ],
    "retire": [*HELM_WRITES, *_each("delete", "", "secrets")],
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


def missing(
    cluster: Cluster,
    step: str,
    namespace: str,
    release: str,
    objects: Collection[dict[str, Any]] = (),
    staying: Collection[Identity] = (),
) -> list[str]:
    """Texts like ``delete roles.rbac.authorization.k8s.io web in namespace coder`` of what the user may not do.

    For sealing and retiring the release's objects (of manifest.objects) count too; staying: those that must stay, which
    nobody needs to be able to delete.
    """
    names: dict[tuple[str, str, str, str | None], list[str | None]] = {}
    for right, place in dict.fromkeys(
        [*_of_step(step, namespace, release), *_of_objects(cluster, step, objects, staying)]
    ):
        names.setdefault((right.verb, right.group, right.resource, place), []).append(right.name)
    verbs: dict[tuple[str, str, str | None, tuple[str | None, ...]], list[str]] = {}
    for (verb, group, resource, place), wanted in names.items():
        denied = _denied(cluster, Right(verb, group, resource), place, wanted)
        if denied:
            verbs.setdefault((group, resource, place, denied), []).append(verb)
    texts = [_text(", ".join(those), *of) for of, those in verbs.items()]
    if step == "seal" and not texts:
        texts = not_held(cluster, [obj for obj in objects if identity(obj) in staying and not obj["keep"]])
    return texts


def not_held(cluster: Cluster, objects: Collection[dict[str, Any]]) -> list[str]:
    """Roles and bindings among the objects that the user may patch, and yet not change: no access review tells that.

    Kubernetes lets only those change them who hold every right that they grant, or may escalate (bind). The API server
    is asked to try the keep annotation and to store nothing.
    """
    texts = []
    for obj in objects:
        if obj["kind"] not in (*ROLES, *BINDINGS):
            continue
        try:
            keep = {"metadata": {"annotations": {POLICY: "keep"}}}
            cluster.patch(obj["api_version"], obj["kind"], obj["name"], obj["namespace"], keep, dry_run=True)
        except ClassicError as error:
            if error.code == "forbidden":
                verb = "escalate" if obj["kind"] in ROLES else "bind"
                place = f"in namespace {obj['namespace']}" if obj["namespace"] else "in the whole cluster"
                texts.append(
                    f"change {obj['kind']} {obj['name']} {place} (hold all that it grants, or the verb {verb})"
                )
    return texts


def _of_step(step: str, namespace: str, release: str) -> list[Placed]:
    def named(right: Right) -> Right:
        return right._replace(name=right.name and right.name.format(release=release, namespace=namespace))

    return [(named(right), None if right.resource in CLUSTER_WIDE_RESOURCES else namespace) for right in STEPS[step]]


def _of_objects(
    cluster: Cluster, step: str, objects: Collection[dict[str, Any]], staying: Collection[Identity]
) -> list[Placed]:
    """What helm does to each object that the server still serves: patches it, or deletes what may go."""
    if step not in ("seal", "retire"):
        return []
    wanted: list[Placed] = []
    for obj in objects:
        resource = cluster.resource(obj["api_version"], obj["kind"])
        verbs = ["get", "patch"] if step == "seal" else ["get"] if identity(obj) in staying else ["get", "delete"]
        if resource:
            group = group_of(obj["api_version"])
            wanted += [(Right(verb, group, resource.plural, obj["name"]), obj["namespace"]) for verb in verbs]
    return wanted


def _denied(cluster: Cluster, right: Right, place: str | None, names: list[str | None]) -> tuple[str | None, ...]:
    """Those of the names for which the right is missing; one question is enough for who has it for all names."""
    resource, _slash, subresource = right.resource.partition("/")

    def allowed(name: str | None) -> bool:
        return cluster.allowed(right.verb, right.group, resource, place, name, subresource or None)

    if None in names:
        return () if allowed(None) else (None,)
    if len(names) > 1 and allowed(None):
        return ()
    return tuple(name for name in names if not allowed(name))


def _text(verbs: str, group: str, path: str, place: str | None, names: tuple[str | None, ...]) -> str:
    resource, slash, subresource = path.partition("/")
    kind = f"{resource}.{group}" if group else resource
    of = f" {', '.join(filter(None, names))}" if any(names) else ""
    return f"{verbs} {kind}{slash}{subresource}{of} " + (f"in namespace {place}" if place else "in the whole cluster")
