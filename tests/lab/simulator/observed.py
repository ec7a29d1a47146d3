# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the clusters show about Coder's own programs, remembered for a moment so that many questions cost one call."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

from . import entry
from .kube import Cluster, KubeError


class Memory:
    """Remembers answers for ``seconds()``; simultaneous questions share one call."""

    def __init__(self, seconds: Callable[[], float]):
        self._seconds = seconds
        self._answers: dict[Any, tuple[float, asyncio.Future]] = {}

    async def ask(self, key: Any, load: Callable[[], Awaitable[Any]]) -> Any:
        known = self._answers.get(key)
        if known is None or time.monotonic() - known[0] > self._seconds():
            known = (time.monotonic(), asyncio.ensure_future(load()))
            self._answers[key] = known
        # Whoever asks may be cancelled; the others still want the answer.
        return await asyncio.shield(known[1])

    def forget(self, key: Any = None) -> None:
        if key is None:
            self._answers.clear()
        else:
            self._answers.pop(key, None)


def ready_image_tag(deployment: dict | None) -> str | None:
    """The image tag of a Deployment's first container, None while no pod is ready."""
    if not deployment or not deployment.get("status", {}).get("readyReplicas"):
        return None
    return image_tag(deployment["spec"]["template"]["spec"])


def image_tag(pod_spec: dict) -> str | None:
    """That of the first container."""
    return pod_spec["containers"][0]["image"].rpartition("/")[2].partition(":")[2] or None


def environment(deployment: dict) -> dict[str, dict]:
    """Name → env entry of the first container."""
    return {entry["name"]: entry for entry in deployment["spec"]["template"]["spec"]["containers"][0].get("env", [])}


async def deployment(cluster: Cluster, namespace: str, name: str) -> dict | None:
    return await cluster.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}")


class Main(NamedTuple):
    """``version``: that of the pods which are ready, whatever their Deployment says by now; None when none is, or the cluster
    does not answer. ``entered``: whether the users' address leads to them."""

    version: str | None
    entered: bool


async def main(cluster: Cluster, namespace: str, who: str) -> Main:
    """``who`` serves users: see entry.py."""

    async def listed(group: str, kind: str) -> list[dict]:
        return (await cluster.call("GET", f"/{group}/namespaces/{namespace}/{kind}"))["items"]

    try:
        deployments, pods, services = await asyncio.gather(
            listed("apis/apps/v1", "deployments"), listed("api/v1", "pods"), listed("api/v1", "services")
        )
        running = entry.main_pods(deployments, pods)
        if not running:
            return Main(None, False)
        entered = who == entry.RELEASE and entry.leads_directly(services, running)
        if not entered:
            ingresses = await listed("apis/networking.k8s.io/v1", "ingresses")
            entered = entry.leads_by_ingress(ingresses, services, pods, running, who)
    except KubeError:
        return Main(None, False)
    return Main(image_tag(running[0]["spec"]), entered)


async def ready_satellite(clusters: list[Cluster], url: str) -> dict | None:
    """{"version", "private_key", "primary_url"} of the ready Deployment that serves ``url`` in one of the clusters."""
    found = await asyncio.gather(*(_ready_satellite_of(cluster, url) for cluster in clusters))
    return next((satellite for satellite in found if satellite), None)


async def _ready_satellite_of(cluster: Cluster, url: str) -> dict | None:
    try:
        items = (await cluster.call("GET", "/apis/apps/v1/deployments"))["items"]
        for item in items:
            names, version = environment(item), ready_image_tag(item)
            access = names.get("CODER_SATELLITE_ACCESS_URL", {}).get("value", "")
            if access.rstrip("/") != url.rstrip("/") or not version:
                continue
            namespace = item["metadata"]["namespace"]
            secret = await cluster.get(f"/api/v1/namespaces/{namespace}/secrets/coder-replica-private-key")
            if secret:
                return {
                    "version": version,
                    "private_key": base64.b64decode(secret["data"]["privateKey"]).decode(),
                    "primary_url": names.get("CODER_PRIMARY_ACCESS_URL", {}).get("value", ""),
                }
    except KubeError:
        return None
    return None
