# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Small writes that create or patch one object. Private to this collection."""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import client, discovery
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster

LABELS = {"app.kubernetes.io/managed-by": "coder.classic"}


def put_config_map(cluster: Cluster, name: str, namespace: str, data: dict[str, str | None]) -> None:
    """Sets these keys of a ConfigMap and leaves its others; None removes a key. Made where it does not exist."""
    try:
        cluster.patch("v1", "ConfigMap", name, namespace, {"data": data})
    except ClassicError as error:
        if error.status != 404:
            raise
        metadata = {"name": name, "namespace": namespace, "labels": LABELS}
        kept = {key: value for key, value in data.items() if value is not None}
        cluster.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": kept})


def scale(cluster: Cluster, deployment: str, namespace: str, replicas: int) -> dict[str, Any]:
    """By the subresource, so that nobody needs the right to change more of a Deployment than that."""
    resource = discovery.Resource("deployments", True)
    path = discovery.path("apps/v1", resource, namespace, deployment) + "/scale"
    body = {"spec": {"replicas": replicas}}
    return cluster.request("PATCH", path, body=body, content_type=client.MERGE_PATCH)
