# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which of the rights that a step needs are missing. Private to this collection.

Rights are asked for by name wherever the name is known, so that a Role with resourceNames is enough.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm.keep import BINDINGS, ROLES
from ansible_collections.coder.classic.plugins.module_utils._helm.manifest import POLICY, Identity, identity
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import side_by_side
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster
from ansible_collections.coder.classic.plugins.module_utils._region.rights.rights import Right, placed


def missing(
    cluster: Cluster,
    step: str,
    namespace: str,
    release: str,
    objects: Collection[dict[str, Any]] = (),
    staying: Collection[Identity] = (),
) -> list[str]:
    """Texts like ``delete roles.rbac.authorization.k8s.io web in namespace coder`` of what the user may not do.

    The release's objects (of manifest.objects) count too where the step touches them; staying: those that must stay,
    which nobody needs to be able to delete.
    """
    names: dict[tuple[str, str, str, str | None], list[str | None]] = {}
    for right, place in placed(step, namespace, release, cluster.resource, objects, staying):
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

    def refused(obj: dict[str, Any]) -> str | None:
        try:
            keep = {"metadata": {"annotations": {POLICY: "keep"}}}
            cluster.patch(obj["api_version"], obj["kind"], obj["name"], obj["namespace"], keep, dry_run=True)
        except ClassicError as error:
            if error.code == "forbidden":
                verb = "escalate" if obj["kind"] in ROLES else "bind"
                place = f"in namespace {obj['namespace']}" if obj["namespace"] else "in the whole cluster"
                return f"change {obj['kind']} {obj['name']} {place} (hold all that it grants, or the verb {verb})"
        return None

    tried = [obj for obj in objects if obj["kind"] in (*ROLES, *BINDINGS)]
    return [text for text in side_by_side.each(refused, tried) if text]


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
