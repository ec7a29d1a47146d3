# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A satellite's Deployment, its Service's address, and what its pods wait for. Private to this collection."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._helm import gitops
from ansible_collections.coder.classic.plugins.module_utils._helm.keep import ENDED
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster, unless_forbidden
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.pods import pods_of

# The chart's Deployment, and its Service, which is named alike: the second one where the values still have the key
# cemanager.
NAMES = ("coderd", "cemanager")
#: Of the main deployment's and the provider's charts: a satellite beside them would share its Services.
FOREIGN = ("ingress-nginx", "envproxy")


def look(cluster: Cluster, namespace: str) -> dict[str, Any]:
    """``ready``, ``tools``, ``address`` and ``waiting`` of observation.satellite."""
    deployments = named(cluster, "apps/v1", "Deployment", namespace, NAMES)
    deployment = _first(deployments)
    ready = is_ready(deployment)
    return {
        "ready": ready,
        "tools": gitops.tools(deployment),
        # Help for people: nothing depends on these two.
        "address": unless_forbidden(lambda: addresses(_first(named(cluster, "v1", "Service", namespace, NAMES)))),
        "waiting": None if ready else unless_forbidden(lambda: _waiting(cluster, namespace, deployment)),
    }


def is_ready(deployment: dict[str, Any] | None) -> bool:
    """Whether the newest state of the Deployment is available. Pure."""
    status = (deployment or {}).get("status") or {}
    conditions = {entry["type"]: entry["status"] for entry in status.get("conditions") or []}
    is_current = bool(deployment) and status.get("observedGeneration", 0) >= deployment["metadata"].get("generation", 0)
    return is_current and conditions.get("Available") == "True" and status.get("availableReplicas", 0) > 0


def addresses(service: dict[str, Any] | None) -> list[str]:
    """The ips and hostnames that the load balancer gave a Service; none yet, or no load balancer: empty. Pure."""
    found = (((service or {}).get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
    return [entry.get("ip") or entry.get("hostname") for entry in found if entry.get("ip") or entry.get("hostname")]


def why_waiting(pod: dict[str, Any]) -> list[str]:
    """``pod: reason: message`` of each thing that keeps a pod from being ready, in Kubernetes' own words. Pure."""
    status, name = pod.get("status") or {}, pod["metadata"]["name"]
    conditions = {entry["type"]: entry for entry in status.get("conditions") or []}
    if status.get("phase") in ENDED or (conditions.get("Ready") or {}).get("status") == "True":
        return []
    containers = [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
    held = [row["state"]["waiting"] for row in containers if (row.get("state") or {}).get("waiting")]
    # A container that waits for the one before it says nothing of its own.
    told = [row for row in held if row.get("reason") != "PodInitializing"]
    if not told:
        told = [conditions[kind] for kind in ("PodScheduled", "Ready") if _is_false(conditions.get(kind))][:1]
    texts = [": ".join(filter(None, (row.get("reason"), row.get("message")))) for row in told]
    return list(dict.fromkeys(f"{name}: {text or 'not ready'}" for text in texts or [""]))


def _is_false(condition: dict[str, Any] | None) -> bool:
    return condition is not None and condition.get("status") == "False"


def named(cluster: Cluster, api_version: str, kind: str, namespace: str, names: Iterable[str]) -> dict[str, Any]:
    """Those of the objects that exist, by name: in one list, or one by one where that may not be had."""
    listed = unless_forbidden(lambda: cluster.list(api_version, kind, namespace))
    if listed is None:
        listed = [found for name in names if (found := cluster.get(api_version, kind, name, namespace))]
    return {one["metadata"]["name"]: one for one in listed if one["metadata"]["name"] in names}


def _first(found: dict[str, Any]) -> dict[str, Any] | None:
    return next((found[name] for name in NAMES if name in found), None)


def foreign(cluster: Cluster, namespace: str) -> list[str]:
    """What only another chart installs, as ``Kind/name``."""
    return [
        f"{kind}/{name}"
        for api_version, kind in (("v1", "Service"), ("apps/v1", "Deployment"))
        for name in named(cluster, api_version, kind, namespace, FOREIGN)
    ]


def _waiting(cluster: Cluster, namespace: str, deployment: dict[str, Any] | None) -> list[str]:
    pods = pods_of(cluster, namespace, deployment)
    return [text for pod in pods if not pod["metadata"].get("deletionTimestamp") for text in why_waiting(pod)]
