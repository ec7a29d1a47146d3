# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A build: what happens between the request to rebuild a workspace and its container running, with its log.

Everything in the cluster is done with the provider's own token. As in the product the old container is stopped first, so a
build that fails later leaves the workspace without one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import uuid

from . import pods
from .kube import Cluster, KubeError
from .state import BROKEN_TAG
from .versions import net_v2_is_always_on
from .world import World

log = logging.getLogger("lab.simulator")
POLL_SECONDS = 0.15


class BuildError(Exception):
    pass


def start(world: World, workspace: dict) -> str:
    """Begins a build and answers its id; the caller has checked that none is under way."""
    workspace.update(updating=True, wanted_on=False, build_id=str(uuid.uuid4()), log=[], updated_at=world.stamp())
    say(world, workspace, "start", "Building workspace")
    world.store.save()
    world.builds[workspace["id"]] = asyncio.get_running_loop().create_task(_run(world, workspace))
    return workspace["build_id"]


async def cancel_all(world: World) -> None:
    tasks = list(world.builds.values())
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    world.builds.clear()


def resume_all(world: World) -> None:
    """Builds that were under way when the state was written start again."""
    for workspace in world.workspaces.values():
        if workspace["updating"]:
            start(world, workspace)


def say(world: World, workspace: dict, kind: str, message: str) -> None:
    workspace["log"].append(
        {
            "id": str(uuid.uuid4()),
            "workspace_id": workspace["id"],
            "build_id": workspace["build_id"],
            "time": world.stamp(),
            "type": kind,
            "msg": message,
        }
    )
    grown, world.log_grew = world.log_grew, asyncio.Event()
    grown.set()


async def _run(world: World, workspace: dict) -> None:
    provider = world.providers[workspace["provider"]]
    try:
        network = await _build(world, workspace, provider)
    except (BuildError, KubeError) as error:
        workspace["built"] = "failed"
        say(world, workspace, "error", str(error))
        log.info("build of %s failed: %s", workspace["name"], error)
    else:
        workspace.update(built="on", network=network, last_built_at=world.stamp())
        say(world, workspace, "done", "Workspace is ready")
    workspace.update(updating=False, updated_at=world.stamp())
    world.builds.pop(workspace["id"], None)
    world.access_changed(provider)
    world.store.save()


async def _build(world: World, workspace: dict, provider: dict) -> str:
    """Answers the network that the workspace was built for."""
    network = await current_network(world, provider)
    if provider["cluster"] is None or not provider["service_account_token"]:
        raise BuildError("the workspace provider is not deployed")
    cluster, token = world.clusters[provider["cluster"]], provider["service_account_token"]
    deadline = time.monotonic() + world.settings["build_deadline_seconds"]

    say(world, workspace, "stage", "Stopping the previous container")
    await remove_pod(cluster, token, provider, workspace, deadline)
    world.access_changed(provider)

    say(world, workspace, "stage", "Pulling the image")
    await _take_time(world, workspace)
    image = f"{pods.IMAGE}:{workspace['image_tag']}"
    if workspace["image_tag"].startswith(BROKEN_TAG):
        raise BuildError(f"manifest for {image} not found: manifest unknown")

    say(world, workspace, "stage", "Creating the home volume")
    if not await cluster.get(pods.claims_path(provider, pods.claim_name(workspace)), token=token):
        await cluster.call("POST", pods.claims_path(provider), token=token, body=pods.claim(workspace))

    say(world, workspace, "stage", "Creating the container")
    await cluster.call("POST", pods.pods_path(provider), token=token, body=pods.pod(workspace, provider))
    await _wait_running(cluster, token, provider, workspace, deadline)
    say(world, workspace, "substage", f"Workspace agent connected over {network}")
    return network


async def current_network(world: World, provider: dict) -> str:
    return "v2" if await net_v2_is_on(world, provider) else "envproxy"


async def net_v2_is_on(world: World, provider: dict) -> bool:
    return provider["enable_net_v2"] or net_v2_is_always_on(await world.version() or "0")


async def remove_pod(cluster: Cluster, token: str, provider: dict, workspace: dict, deadline: float) -> None:
    """Deletes the workspace's pod and waits until it is gone; fine if there is none."""
    path = pods.pods_path(provider, pods.pod_name(workspace))
    try:
        await cluster.call("DELETE", path, token=token)
    except KubeError as error:
        if error.status == 404:
            return
        raise
    while await cluster.get(path, token=token):
        if time.monotonic() > deadline:
            raise BuildError(f"timed out waiting for container {pods.pod_name(workspace)} to stop")
        await asyncio.sleep(POLL_SECONDS)


async def _wait_running(cluster: Cluster, token: str, provider: dict, workspace: dict, deadline: float) -> None:
    path = pods.pods_path(provider, pods.pod_name(workspace))
    while True:
        pod = await cluster.get(path, token=token)
        state = pods.phase(pod)
        if state == "Running":
            return
        if state in ("Gone", "Failed"):
            raise BuildError(f"container {pods.pod_name(workspace)} is {state.lower()}")
        if time.monotonic() > deadline:
            raise BuildError(f"timed out waiting for container {pods.pod_name(workspace)}: {pods.reason(pod) or state}")
        await asyncio.sleep(POLL_SECONDS)


async def _take_time(world: World, workspace: dict) -> None:
    name = workspace["name"]
    await asyncio.sleep(world.settings["build_seconds"])
    if slow := world.faults.for_build("build_slow", name):
        await asyncio.sleep(slow["seconds"])
    if hang := world.faults.for_build("build_hang", name):
        world.faults.hold(hang)
        while world.faults.is_held(hang):
            await asyncio.sleep(POLL_SECONDS)
    if failure := world.faults.for_build("build_fail", name):
        raise BuildError(failure.get("msg", "failed to create container: context deadline exceeded"))


async def stop(world: World, workspace: dict) -> None:
    """KubeError when the cluster refuses. The claim stays."""
    provider = world.providers[workspace["provider"]]
    token = provider["service_account_token"]
    if provider["cluster"] is not None and token:
        # The pod may take its time to go: the workspace is off all the same.
        with contextlib.suppress(BuildError):
            await remove_pod(world.clusters[provider["cluster"]], token, provider, workspace, time.monotonic())
    workspace.update(built="off", updated_at=world.stamp())
    world.access_changed(provider)
    world.store.save()
