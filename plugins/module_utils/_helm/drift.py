# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an upgrade with an unchanged manifest would change all the same, since helm puts every field of the manifest
back that was changed by hand. Private to this collection.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_record import Release
from ansible_collections.coder.classic.plugins.module_utils._helm.manifest import POLICY_PATH, leaves_that_differ
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import side_by_side
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import (
    MERGE_PATCH,
    STRATEGIC_PATCH,
    Cluster,
)
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.masks import HIDDEN, masked, server_words

OWNER_NAME = "meta.helm.sh/release-name"
OWNER_NAMESPACE = "meta.helm.sh/release-namespace"
MANAGED_BY = "app.kubernetes.io/managed-by"

#: What the API server writes itself.
BOOKKEEPING = (
    ("status",),
    ("metadata", "managedFields"),
    ("metadata", "resourceVersion"),
    ("metadata", "generation"),
)
#: And the annotation that is being added.
NOT_DRIFT = (*BOOKKEEPING, POLICY_PATH)


def resets(cluster: Cluster, release: Release, objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """``{kind, name, change, fields: [{path, live, manifest}]}`` of each object that is not as its manifest says.

    change: ``created`` (it is gone), ``changed``, or ``unknown`` (the server cannot try it out, ``why``). Of what may be a
    secret only that it differs is told: live and manifest are masks.HIDDEN. objects are those of manifest.objects. The API
    server itself computes the result (a patch as a dry run), so that defaults and number forms are no difference.
    """
    return [found for found in side_by_side.each(lambda obj: _reset(cluster, release, obj), objects) if found]


def _reset(cluster: Cluster, release: Release, obj: dict[str, Any]) -> dict[str, Any] | None:
    of = {"kind": obj["kind"], "name": obj["name"], "fields": []}
    live = cluster.get(obj["api_version"], obj["kind"], obj["name"], obj["namespace"])
    if live is None:
        return {**of, "change": "created"}
    try:
        sent = as_helm_sends_it(obj["document"], release)
        after = tried(cluster, obj, sent, sent)
    except ClassicError as error:
        if error.code != "refused":
            raise
        why = None if obj["kind"] == "Secret" else server_words(error.why, obj["document"], live)
        return {**of, "change": "unknown", "why": why}
    fields = fields_that_differ(obj["kind"], live, after, NOT_DRIFT)
    return {**of, "change": "changed", "fields": fields} if fields else None


def fields_that_differ(
    kind: str, live: dict[str, Any], after: dict[str, Any], ignored: tuple[tuple[str, ...], ...] = BOOKKEEPING
) -> list[dict[str, Any]]:
    """``{path, live, manifest}`` of each; of what may be a secret only that it differs. Pure."""
    paths = [leaf["path"] for leaf in leaves_that_differ(live, after) if not _is_below(leaf["path"], ignored)]
    shown = (HIDDEN, HIDDEN) if kind == "Secret" else (masked(live), masked(after))
    return [_field(path, *shown) for path in paths]


def as_helm_sends_it(document: dict[str, Any], release: Release) -> dict[str, Any]:
    """The document with the marks that helm adds to everything that it applies (action.setMetadataVisitor)."""
    metadata = document["metadata"]
    owner = {OWNER_NAME: release.name, OWNER_NAMESPACE: release.namespace}
    labels = {**(metadata.get("labels") or {}), MANAGED_BY: "Helm"}
    annotations = {**(metadata.get("annotations") or {}), **owner}
    return {**document, "metadata": {**metadata, "labels": labels, "annotations": annotations}}


def tried(cluster: Cluster, obj: dict[str, Any], strategic: dict[str, Any], plain: dict[str, Any]) -> dict[str, Any]:
    """The object after a patch that is only tried; obj: an entry of manifest.objects. plain: the same for custom resources, which
    know only the plain merge, as helm does with them.
    """
    target = (obj["api_version"], obj["kind"], obj["name"], obj["namespace"])
    try:
        return cluster.patch(*target, strategic, STRATEGIC_PATCH, dry_run=True)
    except ClassicError as error:
        if error.status != 415:
            raise
        return cluster.patch(*target, plain, MERGE_PATCH, dry_run=True)


def _is_below(path: tuple[Any, ...], prefixes: tuple[tuple[str, ...], ...]) -> bool:
    return any(path[: len(prefix)] == prefix for prefix in prefixes)


def _field(path: tuple[Any, ...], live: Any, after: Any) -> dict[str, Any]:
    """live and after: the whole objects, masked."""
    values = [_at(live, path), _at(after, path)]
    # What differs only in a part that is hidden looks alike.
    if HIDDEN in values or repr(values[0]) == repr(values[1]):
        values = [HIDDEN, HIDDEN]
    return {"path": ".".join(map(str, path)), "live": values[0], "manifest": values[1]}


def _at(value: Any, path: tuple[Any, ...]) -> Any:
    """What stands at the path; HIDDEN where something above it is hidden as a whole."""
    for key in path:
        if value in (None, HIDDEN):
            break
        value = value.get(key) if isinstance(value, dict) else value[key]
    return value
