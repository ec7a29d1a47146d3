# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The old way in: Deployment envproxy of the provider's chart and its pods. Private to this collection."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import times
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import gitops, helm_record, manifest
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_record import Release
from ansible_collections.coder.classic.plugins.module_utils._helm.keep import ENDED
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster

NAME = "envproxy"
# What the product's charts write on its pods, whichever version made them.
LABEL = ("coder.deployment", NAME)


def look(cluster: Cluster, namespace: str, release: Release | None, stored: list[dict[str, Any]]) -> dict[str, Any]:
    """observation.cluster's ``envproxy``; stored are the objects of the release's manifest."""
    live = _live(cluster, namespace)
    document = _document(stored)
    spec, status = (live or {}).get("spec") or {}, (live or {}).get("status") or {}
    pods = running(cluster, namespace, selectors(cluster, release, live, document))
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


def left(cluster: Cluster, namespace: str, release: str) -> Callable[[], list[str]]:
    """What answers, each time it is called, the names of the pods of envproxy that are left.

    Those with open sessions end slowly, up to 4 hours (chart fact).
    """
    # Once: these are heavy, and what envproxy was does not change while its end is waited for.
    current = helm_record.current(cluster, namespace, release)
    stored = manifest.objects(current.manifest, current.namespace) if current else []
    known = selectors(cluster, current, _live(cluster, namespace), _document(stored))
    return lambda: [pod["metadata"]["name"] for pod in running(cluster, namespace, known)]


def ready(cluster: Cluster, namespace: str) -> int:
    """How many of its pods are ready."""
    return ((_live(cluster, namespace) or {}).get("status") or {}).get("readyReplicas") or 0


def is_rolled_out(cluster: Cluster, namespace: str) -> bool:
    """Whether as many pods of the newest template as are wanted are there and ready."""
    live = _live(cluster, namespace) or {}
    spec, status = live.get("spec") or {}, live.get("status") or {}
    wanted, generation = spec.get("replicas", 1), (live.get("metadata") or {}).get("generation") or 0
    counts = [status.get(key) or 0 for key in ("updatedReplicas", "availableReplicas")]
    return bool(live) and (status.get("observedGeneration") or 0) >= generation and min(counts) >= wanted


def selectors(
    cluster: Cluster, release: Release | None, live: dict[str, Any] | None, document: dict[str, Any] | None
) -> list[dict[str, str]]:
    """The labels by which the Deployment envproxy finds its pods: as it is live, and as the manifest has it (document).

    A chart without it leaves pods behind that end for hours. Without either, the newest revision of the release that
    had one tells; a history weighs up to a megabyte a revision, so it is read only then.
    """
    known = [live, document]
    if not live and not document and release is not None and release.revision > 1:
        history = _history(cluster, release)
        older = (_document(manifest.objects(one.manifest, one.namespace)) for one in reversed(history))
        known = [next(filter(None, older), None)]
    found = [((it.get("spec") or {}).get("selector") or {}).get("matchLabels") for it in known if it]
    # One without labels would match every pod.
    return [labels for labels in found if labels]


def running(cluster: Cluster, namespace: str, known: list[dict[str, str]]) -> list[dict[str, Any]]:
    """The pods of envproxy that have not ended, terminating ones included; known: see selectors."""
    # One list for all ways to know them.
    return [
        pod
        for pod in cluster.list("v1", "Pod", namespace)
        if (pod.get("status") or {}).get("phase") not in ENDED and is_envproxy(pod, known)
    ]


def is_envproxy(pod: dict[str, Any], known: list[dict[str, str]]) -> bool:
    """Whether a pod is one of envproxy: by selector, by the published label, or by its owner. Pure."""
    labels = (pod["metadata"].get("labels") or {}).items()
    # A Deployment's ReplicaSet is its name, a dash and a hash without one, also when both are gone already.
    owners = [
        owner["name"].rpartition("-")[0]
        for owner in pod["metadata"].get("ownerReferences") or []
        if owner.get("kind") == "ReplicaSet"
    ]
    return LABEL in labels or NAME in owners or any(wanted.items() <= labels for wanted in known)


def _history(cluster: Cluster, release: Release) -> list[Release]:
    try:
        return helm_record.history(cluster, release.namespace, release.name)
    except ClassicError as error:
        # An old revision that nobody can read any more: label and owner tell without it.
        if error.code != "invalid":
            raise
        return []


def _live(cluster: Cluster, namespace: str) -> dict[str, Any] | None:
    return cluster.get("apps/v1", "Deployment", NAME, namespace)


def _document(stored: list[dict[str, Any]]) -> dict[str, Any] | None:
    return next((obj["document"] for obj in stored if (obj["kind"], obj["name"]) == ("Deployment", NAME)), None)


def _asked_to_end(metadata: dict[str, Any]) -> datetime | None:
    # deletionTimestamp is when the grace period is over.
    end = times.parse(metadata["deletionTimestamp"])
    return end and end - timedelta(seconds=metadata.get("deletionGracePeriodSeconds") or 0)
