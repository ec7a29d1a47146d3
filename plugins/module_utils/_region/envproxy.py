# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The old way in: Deployment envproxy of the provider's chart and its pods. Private to this collection."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._cluster.client import Cluster
from ansible_collections.coder.classic.plugins.module_utils._cluster.keep import ENDED
from ansible_collections.coder.classic.plugins.module_utils._coder import times
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._region import gitops
from ansible_collections.coder.classic.plugins.module_utils._region.pods import pods_of

NAME = "envproxy"
PAUSE_SECONDS = 2.0


def look(cluster: Cluster, namespace: str, stored: list[dict[str, Any]]) -> dict[str, Any]:
    """observation.cluster's ``envproxy``; stored are the objects of the release's manifest."""
    live = cluster.get("apps/v1", "Deployment", NAME, namespace)
    document = next((o["document"] for o in stored if (o["kind"], o["name"]) == ("Deployment", NAME)), None)
    spec, status = (live or {}).get("spec") or {}, (live or {}).get("status") or {}
    pods = _pods(cluster, namespace, live or document)
    return {
        "exists": live is not None,
        "replicas": spec.get("replicas", 1) if live else 0,
        "ready": status.get("readyReplicas") or 0,
        "manifest_replicas": (document.get("spec") or {}).get("replicas", 1) if document else None,
        "tools": gitops.tools(live),
        "pods": len(pods),
        "terminating": [
            {"name": pod["metadata"]["name"], "since": _asked_to_end(pod["metadata"])}
            for pod in pods
            if pod["metadata"].get("deletionTimestamp")
        ],
    }


def wait_until_gone(
    cluster: Cluster,
    namespace: str,
    seconds: float,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Waits until no pod of envproxy is left, the ones with open sessions included (up to 4 hours, chart fact).

    Raises ClassicError ``timeout`` with the names of those that are left.
    """
    deadline = clock() + seconds
    while True:
        live = cluster.get("apps/v1", "Deployment", NAME, namespace)
        left = [pod["metadata"]["name"] for pod in _pods(cluster, namespace, live)]
        if not left:
            return
        if clock() + PAUSE_SECONDS > deadline:
            raise ClassicError(
                f"Pods of envproxy are left after {seconds:g} seconds: {', '.join(left)}",
                code="timeout",
                where=f"namespace {namespace}, {cluster.where}",
                why="open sessions keep them for up to four hours, or the Deployment is not at 0 replicas",
                untouched="everything: this only waited",
                next_step="ask their users to reconnect, or wait longer (coder_envproxy_drain_timeout), and run again",
            )
        sleep(PAUSE_SECONDS)


def _pods(cluster: Cluster, namespace: str, deployment: dict[str, Any] | None) -> list[dict[str, Any]]:
    pods = pods_of(cluster, namespace, deployment)
    return [pod for pod in pods if (pod.get("status") or {}).get("phase") not in ENDED]


def _asked_to_end(metadata: dict[str, Any]) -> datetime | None:
    # deletionTimestamp is when the grace period is over.
    end = times.parse(metadata["deletionTimestamp"])
    return end and end - timedelta(seconds=metadata.get("deletionGracePeriodSeconds") or 0)
