# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which objects of a release serve an account or a role that stays, although that does not name them. Pure.

Private to this collection.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._helm.manifest import Identity, label

BINDINGS = ("RoleBinding", "ClusterRoleBinding")
# A ClusterRole with this label and the name of another one adds its rules to that one, built-in or not.
AGGREGATE_TO = "rbac.authorization.k8s.io/aggregate-to-"


def serves(obj: dict[str, Any], kept: Identity) -> Iterator[str]:
    """Why an object (of manifest.objects) is needed by kept, which need not be part of the release itself."""
    kind, namespace, name = kept
    document = obj["document"]
    metadata = document.get("metadata") or {}
    added = (metadata.get("labels") or {}).get(AGGREGATE_TO + name) in ("true", True)
    if kind == obj["kind"] == "ClusterRole" and added:
        yield f"adds rights to {label(kept)}"
    if kind != "ServiceAccount":
        return
    if obj["kind"] in BINDINGS and _binds(document, obj["namespace"], kept):
        yield f"gives rights to {label(kept)}"
    if (
        obj["kind"] == "Secret"
        and obj["namespace"] == namespace
        and document.get("type") == "kubernetes.io/service-account-token"
        and (metadata.get("annotations") or {}).get("kubernetes.io/service-account.name") == name
    ):
        yield f"holds a token of {label(kept)}"


def aggregated(document: dict[str, Any], release_objects: list[dict[str, Any]]) -> Iterator[Identity]:
    """The ClusterRoles of the release out of which a kept ClusterRole is made up (aggregationRule)."""
    rule = document.get("aggregationRule") or {}
    selectors = [selector.get("matchLabels") or {} for selector in rule.get("clusterRoleSelectors") or []]
    for obj in release_objects:
        labels = (obj["document"].get("metadata") or {}).get("labels") or {}
        if obj["kind"] == "ClusterRole" and any(wanted and wanted.items() <= labels.items() for wanted in selectors):
            yield ("ClusterRole", None, obj["name"])


def _binds(document: dict[str, Any], binding_namespace: str | None, account: Identity) -> bool:
    return any(_means(subject, account, binding_namespace) for subject in document.get("subjects") or [])


def _means(subject: dict[str, Any], account: Identity, binding_namespace: str | None) -> bool:
    """Whether a binding's subject is the ServiceAccount, its user name, or a group to which every such account belongs."""
    _kind, namespace, name = account
    if subject.get("kind") == "Group":
        groups = ("system:authenticated", "system:serviceaccounts", f"system:serviceaccounts:{namespace}")
        return subject.get("name") in groups
    if subject.get("kind") == "User":
        return subject.get("name") == f"system:serviceaccount:{namespace}:{name}"
    subject_namespace = subject.get("namespace") or binding_namespace
    return (subject.get("kind"), subject.get("name"), subject_namespace) == ("ServiceAccount", name, namespace)
