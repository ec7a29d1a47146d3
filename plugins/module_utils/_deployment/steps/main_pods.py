# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Coder itself stopped and started, by the replicas of its main Deployment. Private to this collection."""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._deployment.observe.observation import MAIN
from ansible_collections.coder.classic.plugins.module_utils._deployment.steps.here import Here
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.pods import pods_of

#: How many there were, for whoever starts them again.
REPLICAS = "coder.classic/replicas"
#: The chart gives builds 300 s to end (coder-charts.md, "Timings in the charts").
SECONDS_TO_END = 360
POLL_SECONDS = 2.0

Object = dict[str, Any]


def deployments(here: Here) -> list[Object]:
    """The main Deployment, under whichever name: in the middle of an update there may be two."""
    found = [here.cluster.get("apps/v1", "Deployment", name, here.wanted["namespace"]) for name in MAIN]
    return [one for one in found if one is not None]


def stop(here: Here) -> bool:
    """Whether there was something to stop; afterwards none of its pods is left. Raises ClassicError ``timeout``."""
    changed = False
    for live in deployments(here):
        replicas = live["spec"].get("replicas", 1)
        if replicas:
            here.demand_lock()
            patch = {"metadata": {"annotations": {REPLICAS: str(replicas)}}, "spec": {"replicas": 0}}
            here.cluster.patch("apps/v1", "Deployment", live["metadata"]["name"], here.wanted["namespace"], patch)
            changed = True
    waiting = "waiting for the pods of Coder to end"
    if not here.until(lambda: not pods(here), SECONDS_TO_END, POLL_SECONDS, lambda: waiting):
        raise ClassicError(
            f"Pods of Coder did not end within {SECONDS_TO_END} s: {', '.join(pods(here))}.",
            code="timeout",
            where=f"namespace {here.wanted['namespace']}, {here.cluster.where}",
            why="They may still write into the database.",
            untouched="The database as it is.",
            next_step=f"See kubectl -n {here.wanted['namespace']} describe pod; then run again.",
        )
    return changed


def start(here: Here) -> bool:
    """As many as there were before stop; whether there was something to start."""
    changed = False
    for live in deployments(here):
        before = (live["metadata"].get("annotations") or {}).get(REPLICAS)
        if before is None:
            continue
        here.demand_lock()
        patch: Object = {"metadata": {"annotations": {REPLICAS: None}}}
        if not live["spec"].get("replicas", 1) and before.isdigit():
            patch["spec"] = {"replicas": int(before)}
        here.cluster.patch("apps/v1", "Deployment", live["metadata"]["name"], here.wanted["namespace"], patch)
        changed = True
    return changed


def pods(here: Here) -> list[str]:
    """Names of the main Deployments' pods, those that end included."""
    namespace = here.wanted["namespace"]
    found = [pod for live in deployments(here) for pod in pods_of(here.cluster, namespace, live)]
    return sorted({pod["metadata"]["name"] for pod in found})
