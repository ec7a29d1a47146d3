# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A pod with PostgreSQL's programs, for a database that answers only inside of its cluster. Private to this collection."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Callable, Iterator
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.pods import is_ready

LABEL = "coder.classic/database-client"
NAME = "coder-classic-database"
CONTAINER = "client"
#: It ends by itself, also when nobody comes to remove it.
SECONDS_BEYOND = 600
POLL_SECONDS = 1.0


@contextlib.contextmanager
def running(
    cluster: Cluster,
    namespace: str,
    image: str,
    *,
    lifetime: float,
    ready_seconds: float = 180,
    demand: Callable[[], None] = lambda: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[str]:
    """Its name, once it runs; gone at the end. lifetime: how long it may be needed, in seconds. What a killed run left is removed.

    Raises ClassicError ``pod_not_ready`` with what the pod waits for, and those of the client.
    """
    demand()
    for left in cluster.list("v1", "Pod", namespace, f"{LABEL}=true", metadata_only=True):
        cluster.delete("v1", "Pod", left["metadata"]["name"], namespace, uid=left["metadata"]["uid"])
    made = cluster.create(pod(namespace, image, int(lifetime) + SECONDS_BEYOND))
    name = made["metadata"]["name"]
    try:
        _wait(cluster, namespace, name, ready_seconds, sleep)
        yield name
    finally:
        with contextlib.suppress(ClassicError):
            cluster.delete("v1", "Pod", name, namespace, uid=made["metadata"]["uid"])


def pod(namespace: str, image: str, seconds: int) -> dict[str, Any]:
    """It holds no secret and no token of the cluster; a password reaches it by exec alone. Pure but for its name."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"{NAME}-{secrets.token_hex(3)}",
            "namespace": namespace,
            "labels": {LABEL: "true"},
        },
        "spec": {
            "restartPolicy": "Never",
            "activeDeadlineSeconds": seconds,
            "terminationGracePeriodSeconds": 1,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "containers": [
                {
                    "name": CONTAINER,
                    "image": image,
                    "command": ["sleep", str(seconds)],
                    "securityContext": {"allowPrivilegeEscalation": False},
                }
            ],
        },
    }


def _wait(cluster: Cluster, namespace: str, name: str, seconds: float, sleep: Callable[[float], None]) -> None:
    until = time.monotonic() + seconds
    while True:
        live = cluster.get("v1", "Pod", name, namespace) or {}
        if is_ready(live):
            return
        if time.monotonic() > until:
            raise ClassicError(
                f"The pod with PostgreSQL's programs did not run within {seconds:g} s.",
                code="pod_not_ready",
                where=f"pod {namespace}/{name}, {cluster.where}",
                why=why_not(live),
                untouched="The database and the deployment; the pod was removed.",
                next_step="Check coder_database_image, and what the namespace allows, then run again.",
            )
        sleep(POLL_SECONDS)


def why_not(live: dict[str, Any]) -> str:
    """Pure."""
    status = live.get("status") or {}
    waiting = [one.get("state", {}).get("waiting") or {} for one in status.get("containerStatuses") or []]
    told = [f"{one.get('reason')}: {one.get('message') or ''}".strip(": ") for one in waiting if one.get("reason")]
    told += [str(one["message"]) for one in status.get("conditions") or [] if one.get("message")]
    return "; ".join(told) or f"it is {status.get('phase') or 'gone'}"
