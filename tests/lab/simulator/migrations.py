# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The migration of Coder's database: init container ``migrations`` of the main Deployment's pods, played.

kwok makes such a pod ready only after its condition ``Initialized`` is true (see ``lab.kwok_stages``), and that is set here: at
once the database is migrated, or as the faults ``migration_slow`` and ``migration_fail`` say. helm, the Deployment and kubectl
see what they would see.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime

from .database import MIGRATIONS as NAME
from .database import DatabaseError, migrating_container
from .kube import LISTED, Cluster, KubeError
from .world import World

log = logging.getLogger("lab.simulator")
POLL_SECONDS = 0.1
#: A kubelet waits 10 s before it starts what crashed again, then 20, then 40.
BACK_OFF_SECONDS = 2
STRATEGIC = "application/strategic-merge-patch+json"


async def watch(world: World) -> None:
    """Runs until cancelled."""
    cluster, namespace = world.clusters[world.config.primary["cluster"]], world.config.primary["namespace"]
    while True:
        pods: dict[str, dict] = {}
        try:
            async for kind, pod in cluster.watch(f"/api/v1/namespaces/{namespace}/pods"):
                if kind == "DELETED":
                    pods.pop(pod["metadata"]["uid"], None)
                elif kind != LISTED:
                    pods[pod["metadata"]["uid"]] = pod
                if kind != LISTED:
                    seen(world, cluster, kind, pod)
                world.database.pods_changed(pods)
        except KubeError as error:
            log.debug("pods of the main deployment: %s", error)
        except Exception:
            log.exception("migrations")
        await asyncio.sleep(POLL_SECONDS)


async def cancel_all(world: World) -> None:
    """Forgets what was migrated, too: the pods that still wait begin anew when they are seen again."""
    tasks = list(world.migrations.values())
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    world.migrations.clear()


def seen(world: World, cluster: Cluster, kind: str, pod: dict) -> None:
    if image_of(pod) is None:
        return
    world.memory.forget("main")
    uid = pod["metadata"]["uid"]
    if kind == "DELETED":
        task = world.migrations.pop(uid, None)
        if task:
            task.cancel()
    elif waits(pod) and uid not in world.migrations:
        world.migrations[uid] = asyncio.get_running_loop().create_task(_run(world, cluster, pod))


def image_of(pod: dict) -> str | None:
    """That of the migration; None for a pod without one. Pure."""
    container = migrating_container(pod)
    return container and container["image"]


def waits(pod: dict) -> bool:
    """Whether a kubelet would begin with the init container now. Pure."""
    status = pod.get("status", {})
    conditions = {one["type"]: one["status"] for one in status.get("conditions") or []}
    return (
        bool(pod["spec"].get("nodeName"))
        and not pod["metadata"].get("deletionTimestamp")
        and status.get("phase", "Pending") == "Pending"
        and conditions.get("Initialized") != "True"
    )


async def _run(world: World, cluster: Cluster, pod: dict) -> None:
    try:
        await _migrate(world, cluster, pod)
    except KubeError as error:
        # The pod went meanwhile.
        log.info("migration of %s: %s", pod["metadata"]["name"], error)


async def _migrate(world: World, cluster: Cluster, pod: dict) -> None:
    metadata, version = pod["metadata"], (image_of(pod) or "").rpartition(":")[2]
    path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}/status"

    async def show(state: dict, restarts: int, last: dict | None = None) -> None:
        body = {"metadata": {"uid": metadata["uid"]}, "status": status(pod, state, restarts, last)}
        await cluster.call("PATCH", path, body=body, content_type=STRATEGIC)

    restarts = 0
    while True:
        began = _now()

        async def begun(began: str = began, restarts: int = restarts) -> bool:
            if slow := world.faults.for_migration("migration_slow"):
                await show({"running": {"startedAt": began}}, restarts)
                await _take_time(world, slow)
            failure = world.faults.for_migration("migration_fail")
            if failure and not failure.get("half_way"):
                raise DatabaseError("migration failed")
            return failure is not None

        try:
            await world.database.migrate(pod, version, begun)
            break
        except DatabaseError as error:
            log.info("migration of %s to %s failed: %s", metadata["name"], version, error)
        restarts += 1
        ended = {"exitCode": 1, "reason": "Error", "startedAt": began, "finishedAt": _now()}
        message = f"back-off 10s restarting failed container={NAME} pod={metadata['name']}_{metadata['namespace']}"
        waiting = {"reason": "CrashLoopBackOff", "message": message}
        await show({"waiting": waiting}, restarts, {"terminated": ended})
        await asyncio.sleep(BACK_OFF_SECONDS)
    ended = {"exitCode": 0, "reason": "Completed", "startedAt": began, "finishedAt": _now()}
    await show({"terminated": ended}, restarts)
    log.info("migration of %s to %s done", metadata["name"], version)


async def _take_time(world: World, slow: dict) -> None:
    """Until its seconds are over or the fault is removed."""
    loop = asyncio.get_running_loop()
    end = loop.time() + slow["seconds"]
    world.faults.hold(slow)
    while loop.time() < end and world.faults.is_held(slow):
        await asyncio.sleep(POLL_SECONDS)
    world.faults.release(slow)


def status(pod: dict, state: dict, restarts: int, last: dict | None = None) -> dict:
    """The part of a pod's status that shows its init container in that state. Pure but for the time."""
    done, now = state.get("terminated", {}).get("exitCode") == 0, _now()
    container = {"name": NAME, "image": image_of(pod), "imageID": "", "ready": done, "restartCount": restarts}
    waiting = {"ready": False, "imageID": "", "restartCount": 0, "state": {"waiting": {"reason": "PodInitializing"}}}
    conditions = [{"type": "Initialized", "status": str(done)}]
    if not done:
        conditions[0].update(reason="ContainersNotInitialized", message=f"containers with incomplete status: [{NAME}]")
        names = " ".join(one["name"] for one in pod["spec"]["containers"])
        unready = {
            "status": "False",
            "reason": "ContainersNotReady",
            "message": f"containers with unready status: [{names}]",
        }
        conditions += [{"type": kind, **unready} for kind in ("Ready", "ContainersReady")]
    return {
        "phase": "Pending",
        "conditions": [{**one, "lastTransitionTime": now} for one in conditions],
        "initContainerStatuses": [{**container, "state": state, **({"lastState": last} if last else {})}],
        "containerStatuses": [
            {"name": one["name"], "image": one["image"], **waiting} for one in pod["spec"]["containers"]
        ],
    }


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
