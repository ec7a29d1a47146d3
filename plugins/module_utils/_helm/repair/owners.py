# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose an object is that a release needs and does not own, and whether that owner lives. Private to this collection."""

from __future__ import annotations

from typing import Any, NamedTuple

from ansible_collections.coder.classic.plugins.module_utils._helm import gitops, helm_record
from ansible_collections.coder.classic.plugins.module_utils._helm.drift import MANAGED_BY, OWNER_NAME, OWNER_NAMESPACE
from ansible_collections.coder.classic.plugins.module_utils._helm.manifest import Identity, label
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster, unless_forbidden


class Foreign(NamedTuple):
    """An object of somebody else. owner: in words; living: whether it must not be taken away; marks: what it has of those that
    make an object a release's.
    """

    of: Identity
    api_version: str
    uid: str
    resource_version: str
    owner: str
    living: bool
    marks: tuple[tuple[str, str | None], ...] = ()

    @property
    def label(self) -> str:
        return label(self.of)


def named(live: dict[str, Any], namespace: str) -> tuple[str, str] | None:
    """(namespace, release) that its annotations name, whatever its label says: half a mark is one too. Pure."""
    annotations = live["metadata"].get("annotations") or {}
    name = annotations.get(OWNER_NAME)
    return (str(annotations.get(OWNER_NAMESPACE) or namespace), str(name)) if name else None


def marks(live: dict[str, Any]) -> tuple[tuple[str, str | None], ...]:
    """The label and the two annotations, as they are. Pure."""
    labels, annotations = (live["metadata"].get(part) or {} for part in ("labels", "annotations"))
    names = ((MANAGED_BY, labels), (OWNER_NAME, annotations), (OWNER_NAMESPACE, annotations))
    return tuple((name, found.get(name)) for name, found in names)


def other_owner(live: dict[str, Any]) -> str | None:
    """Who has it besides a release of helm: a controller, a GitOps tool, another manager; None where nobody. Pure."""
    metadata = live["metadata"]
    controllers = [f"{one.get('kind')}/{one.get('name')}" for one in metadata.get("ownerReferences") or []]
    tools = gitops.tools(live)
    manager = (metadata.get("labels") or {}).get(MANAGED_BY)
    if controllers:
        return f"belongs to {', '.join(controllers)}"
    if tools:
        return f"belongs to {', '.join(tools)}"
    return f"is managed by {manager}" if manager not in (None, "", "Helm") else None


def judge(of: Identity, live: dict[str, Any], owner: tuple[str, str] | None, *, has_record: bool | None) -> Foreign:
    """owner: another release than the one that needs it. has_record: whether that has one; None where that may not be read. Pure."""
    metadata = live["metadata"]
    other = other_owner(live)
    if owner is None:
        words, living = "is of no release", False
    else:
        words = f"is of release {owner[1]} in namespace {owner[0]}"
        tail = {True: "", False: ", which has no record any more", None: ", whose records may not be read"}
        words, living = words + tail[has_record], has_record is not False
    if other:
        words, living = other if owner is None else f"{words}, and {other}", True
    if metadata.get("deletionTimestamp"):
        words, living = f"{words}, and is being deleted", True
    version = metadata.get("resourceVersion") or ""
    return Foreign(of, live.get("apiVersion") or "v1", metadata["uid"], version, words, living, marks(live))


def look(cluster: Cluster, of: Identity, live: dict[str, Any], release: tuple[str, str]) -> Foreign:
    """release: (namespace, name) of the one that needs it."""
    owner = named(live, of[1] or release[0])
    # With half of its own marks it is nobody else's.
    owner = None if owner == release else owner
    return judge(of, live, owner, has_record=owner and has_record(cluster, *owner))


def has_record(cluster: Cluster, namespace: str, name: str) -> bool | None:
    """Of whatever status, and wherever helm keeps it; None where that may not be read."""
    selector = f"{helm_record.OWNED_BY_HELM},name={name}"

    def read() -> bool:
        return any(
            cluster.list("v1", kind, namespace, selector, metadata_only=True) for kind in ("Secret", "ConfigMap")
        )

    return unless_forbidden(read)
