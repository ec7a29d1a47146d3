# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pods: those of a Deployment, and whether one is ready. Private to this collection."""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster


def pods_of(cluster: Cluster, namespace: str, deployment: dict[str, Any] | None) -> list[dict[str, Any]]:
    """By its selector; none for a Deployment without labels to match, or without a Deployment."""
    labels = (((deployment or {}).get("spec") or {}).get("selector") or {}).get("matchLabels")
    if not labels:
        return []
    return cluster.list("v1", "Pod", namespace, ",".join(f"{key}={value}" for key, value in labels.items()))


def is_ready(pod: dict[str, Any]) -> bool:
    """Pure."""
    conditions = (pod.get("status") or {}).get("conditions") or []
    return any(one.get("type") == "Ready" and one.get("status") == "True" for one in conditions)
