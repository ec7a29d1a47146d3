# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Workspaces as clients see them: list, one, rebuild, stop, build log."""

from __future__ import annotations

import asyncio
import contextlib

from aiohttp import WSMsgType, web

from . import builds, images, pods, users
from .access import Access
from .kube import KubeError
from .wire import Refused, json_object
from .world import World, world_of


def container_status(workspace: dict, access: Access) -> str:
    """CREATING, ON, OFF, FAILED or UNKNOWN. Pure."""
    if workspace["updating"]:
        return "CREATING"
    if workspace["built"] == "failed":
        return "FAILED"
    if workspace["built"] == "off":
        return "OFF"
    if access.problem:
        return "UNKNOWN"
    phase = pods.phase(access.pods.get(pods.pod_name(workspace)))
    return {"Running": "ON", "Pending": "CREATING", "Gone": "OFF", "Terminating": "OFF"}.get(phase, "FAILED")


async def status(world: World, workspace: dict) -> str:
    return container_status(workspace, await world.access(world.providers[workspace["provider"]]))


async def wire(world: World, workspace: dict) -> dict:
    """The Workspace of the API reference."""
    access = await world.access(world.providers[workspace["provider"]])
    state, now = container_status(workspace, access), world.stamp()
    if workspace["live"] and state == "ON":
        workspace["last_connection_at"] = now
    return {
        "id": workspace["id"],
        "name": workspace["name"],
        "image_id": images.IMAGE_ID,
        "image_tag": workspace["image_tag"],
        "organization_id": workspace["organization_id"],
        "user_id": users.user_id(workspace["username"]),
        "last_built_at": workspace["last_built_at"],
        **images.RESOURCES,
        "updating": workspace["updating"],
        "latest_stat": {
            "time": now,
            "last_online": now if state == "ON" else workspace["updated_at"],
            "container_status": state,
            "stat_error": access.problem if state == "UNKNOWN" else "",
        },
        "rebuild_messages": [],
        "created_at": workspace["created_at"],
        "updated_at": workspace["updated_at"],
        "last_opened_at": workspace["last_connection_at"],
        "last_connection_at": workspace["last_connection_at"],
        "auto_off_threshold": 0,
        "use_container_vm": False,
        "resource_pool_id": workspace["provider"],
    }


def visible(request: web.Request, workspace_id: str) -> dict:
    """The workspace, for its owner or a manager. Refused otherwise."""
    user = users.signed_in(request)
    workspace = world_of(request).workspaces.get(workspace_id)
    if workspace is None:
        raise Refused(404, "Workspace not found.")
    if not users.is_manager(user) and user["username"] != workspace["username"]:
        raise Refused(403, "You are not authorized to access this workspace.")
    return workspace


async def list_all(request: web.Request) -> web.Response:
    user, world = users.signed_in(request), world_of(request)
    organisations = set(request.query.getall("orgs", []))
    owners = set(request.query.getall("users", []))
    chosen = [
        workspace
        for workspace in world.workspaces.values()
        if (users.is_manager(user) or user["username"] == workspace["username"])
        and (not organisations or workspace["organization_id"] in organisations)
        and (not owners or users.user_id(workspace["username"]) in owners)
    ]
    return web.json_response(await asyncio.gather(*(wire(world, workspace) for workspace in chosen)))


async def one(request: web.Request) -> web.Response:
    workspace = visible(request, request.match_info["id"])
    return web.json_response(await wire(world_of(request), workspace))


async def rebuild(request: web.Request) -> web.Response:
    world, workspace = world_of(request), visible(request, request.match_info["id"])
    changes = await json_object(request)
    if workspace["updating"]:
        raise Refused(409, "The workspace is already being built.")
    if changes.get("image_tag"):
        workspace["image_tag"] = changes["image_tag"]
    builds.start(world, workspace)
    return web.json_response(await wire(world, workspace))


async def stop(request: web.Request) -> web.Response:
    world, workspace = world_of(request), visible(request, request.match_info["id"])
    if workspace["updating"]:
        raise Refused(409, "The workspace is being built.")
    try:
        await builds.stop(world, workspace)
    except KubeError as error:
        raise Refused(500, "Failed to stop the workspace.", details=str(error)) from error
    return web.json_response(await wire(world, workspace))


async def dev_urls(request: web.Request) -> web.Response:
    visible(request, request.match_info["id"])
    return web.json_response([])


async def watch_build(request: web.Request) -> web.WebSocketResponse:
    """Sends the log of the build under way, or of the last one, and closes after its end."""
    world, workspace = world_of(request), visible(request, request.match_info["id"])
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    feeding = asyncio.ensure_future(_feed(world, workspace, socket))
    try:
        async for message in socket:
            if message.type == WSMsgType.ERROR:
                break
    finally:
        feeding.cancel()
        with contextlib.suppress(asyncio.CancelledError, ConnectionError):
            await feeding
    return socket


async def _feed(world: World, workspace: dict, socket: web.WebSocketResponse) -> None:
    sent = 0
    while not socket.closed:
        grew = world.log_grew
        for line in workspace["log"][sent:]:
            await socket.send_json(line)
            sent += 1
            if line["type"] in ("done", "error"):
                await socket.close()
                return
        await grew.wait()
