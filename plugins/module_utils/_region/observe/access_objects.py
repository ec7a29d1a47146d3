# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The objects through which Coder rules a provider's cluster, as they are live. Private to this collection."""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import provider_roots
from ansible_collections.coder.classic.plugins.module_utils._helm.drift import OWNER_NAME
from ansible_collections.coder.classic.plugins.module_utils._helm.manifest import CLUSTER_WIDE
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import side_by_side
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster

RBAC = "rbac.authorization.k8s.io/v1"
# The kinds that keep.must_stay can name.
API_VERSIONS = {
    **dict.fromkeys(("ServiceAccount", "Secret", "ConfigMap", "PersistentVolumeClaim"), "v1"),
    **dict.fromkeys(("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"), RBAC),
    "PodSecurityPolicy": "policy/v1beta1",
    "PriorityClass": "scheduling.k8s.io/v1",
    "RuntimeClass": "node.k8s.io/v1",
}


def roots(cluster: Cluster, release: str, namespace: str) -> list[dict[str, Any]]:
    """``{kind, name, live, uid, owner}`` of each of provider_roots.access_roots; owner is the release that the live object names."""

    def seen(wanted: tuple[str, str]) -> dict[str, Any]:
        kind, name = wanted
        live = cluster.get(API_VERSIONS[kind], kind, name, namespace)
        metadata = live["metadata"] if live else {}
        owner = (metadata.get("annotations") or {}).get(OWNER_NAME)
        return {"kind": kind, "name": name, "live": bool(live), "uid": metadata.get("uid"), "owner": owner}

    roots = provider_roots.access_roots(release, namespace)
    return side_by_side.each(seen, [(kind, name) for (kind, _namespace, name), _reason in roots])


def recorded(cluster: Cluster, namespace: str, kept_uids: dict[str, str]) -> dict[str, str | None]:
    """UID now (None: gone) by "Kind/name" of what the record says was kept, as far as the server serves the kind."""

    def is_served(key: str) -> bool:
        kind = key.partition("/")[0]
        return kind in API_VERSIONS and cluster.serves(API_VERSIONS[kind], kind)

    def uid(key: str) -> str | None:
        kind, _slash, name = key.partition("/")
        live = cluster.get(API_VERSIONS[kind], kind, name, None if kind in CLUSTER_WIDE else namespace)
        return live["metadata"]["uid"] if live else None

    known = [key for key in kept_uids if is_served(key)]
    return dict(zip(known, side_by_side.each(uid, known), strict=True))


def has_token_secret(cluster: Cluster, namespace: str) -> bool:
    """Whether a long-lived token of Coder's ServiceAccount exists (none is made by itself from Kubernetes 1.24 on)."""
    # The annotation stands on token Secrets only, so their contents need not be read.
    return any(
        (secret["metadata"].get("annotations") or {}).get("kubernetes.io/service-account.name") == provider_roots.ACCESS
        for secret in cluster.list("v1", "Secret", namespace, metadata_only=True)
    )
