# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The requests that lease makes: each write goes to the very object that was read. Private to this collection.

Without asking which kinds the server serves: every one since Kubernetes 1.14 has Leases. All raise ClassicError with the
codes of transport.request; a missing right is named, status 404 and 409 mean that the object is gone or has changed.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import quote

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster
from ansible_collections.coder.classic.plugins.module_utils._lock import lease_refusal, lease_state


def place(cluster: Cluster, namespace: str, name: str) -> str:
    return f"{f'Lease {name}' if name else 'Leases'} in namespace {namespace}, {cluster.where}"


def server_now(cluster: Cluster, namespace: str) -> datetime | None:
    """The API server's clock: it stamps what it is asked to create, and with dryRun it stores nothing."""
    body = {
        "apiVersion": lease_state.API_VERSION,
        "kind": lease_state.KIND,
        "metadata": {"generateName": "coder-classic-clock-", "namespace": namespace},
    }
    try:
        answer = cluster.request("POST", _path(namespace), body=body, query={"dryRun": "All"})
    except ClassicError:
        return None
    return lease_state.moment(answer.get("metadata", {}).get("creationTimestamp"))


def read(cluster: Cluster, namespace: str, name: str) -> dict[str, Any] | None:
    try:
        return _ask(cluster, "GET", namespace, name)
    except ClassicError as error:
        if error.status == 404:
            return None
        raise


def create(cluster: Cluster, lease: dict[str, Any]) -> dict[str, Any]:
    return _ask(cluster, "POST", lease["metadata"]["namespace"], body=lease)


def renew(cluster: Cluster, lease: dict[str, Any], seconds: int, now: datetime) -> dict[str, Any]:
    metadata = lease["metadata"]
    body = lease_state.renewed(lease, seconds=seconds, now=now)
    return _ask(cluster, "PUT", metadata["namespace"], metadata["name"], body=body)


def delete(cluster: Cluster, lease: dict[str, Any]) -> None:
    metadata = lease["metadata"]
    preconditions = {key: metadata[key] for key in ("uid", "resourceVersion")}
    body = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": preconditions}
    _ask(cluster, "DELETE", metadata["namespace"], metadata["name"], body=body)


def _ask(cluster: Cluster, method: str, namespace: str, name: str = "", **arguments: Any) -> dict[str, Any]:
    try:
        return cluster.request(method, _path(namespace, name), **arguments)
    except ClassicError as error:
        where = place(cluster, namespace, name)
        if method == "POST" and error.status == 404:
            raise lease_refusal.without_namespace(where) from error
        if error.code == "forbidden":
            raise lease_refusal.forbidden(error, namespace, where) from error
        raise


def _path(namespace: str, name: str = "") -> str:
    below = f"/{quote(name, safe='')}" if name else ""
    return f"/apis/{lease_state.API_VERSION}/namespaces/{quote(namespace, safe='')}/leases{below}"
