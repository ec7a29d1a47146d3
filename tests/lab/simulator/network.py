# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reaching a workspace: the connect endpoint's broker, the TURN relay's socket and the ICE servers.

The upgrade is what is simulated, and who gets it; no data path stands behind it.
"""

from __future__ import annotations

import asyncio

from aiohttp import web

from . import builds, providers, satellites, users, workspaces
from .versions import has_satellites
from .wire import Refused
from .world import LISTENER, World, world_of

#: As long as a client takes for a dial.
DIAL_SECONDS = 15
RELAY_USER = "~magicalusername~"


async def connect(request: web.Request) -> web.StreamResponse:
    world, listener = world_of(request), request.app[LISTENER]
    user = users.of_token(world, request.query.get("session_token"))
    if user is None:
        raise Refused(401, "Session expired. Please log in again.")
    workspace = world.workspaces.get(request.match_info["id"])
    if workspace is None:
        raise Refused(404, "Workspace not found.")
    if not users.is_manager(user) and user["username"] != workspace["username"]:
        raise Refused(403, "You are not authorized to access this workspace.")
    problem = await unreachable(world, listener, workspace)
    if problem:
        raise Refused(502, "Failed to dial the workspace agent.", details=problem)
    return await _open(request)


async def unreachable(world: World, listener: str, workspace: dict) -> str:
    """Why this listener does not lead to the workspace; empty when it does."""
    provider = world.providers[workspace["provider"]]
    if not world.settings["agent_connected"]:
        return "the workspace agent is not connected"
    if await workspaces.status(world, workspace) != "ON":
        return "the workspace is not running"
    state, problem = await providers.health(world, provider)
    if state != "ready":
        return problem
    if workspace["network"] != await builds.current_network(world, provider):
        return "the workspace was built for another network and must be rebuilt"
    kind, _unused, name = listener.partition("/")
    if kind == "envproxy":
        if name != provider["name"]:
            return "the workspace belongs to another workspace provider"
        return "" if workspace["network"] == "envproxy" else "the workspace provider uses Networking v2"
    if workspace["network"] != "v2":
        if provider["built_in"] and kind == "primary":
            return ""
        return "the workspace provider does not use Networking v2"
    if kind == "satellite" and not await satellites.is_registered(world, name):
        return "the satellite is not registered"
    return ""


async def turn(request: web.Request) -> web.StreamResponse:
    users.signed_in(request)
    await _since_1_21(world_of(request))
    return await _open(request)


async def ice_servers(request: web.Request) -> web.Response:
    users.signed_in(request)
    world = world_of(request)
    await _since_1_21(world)
    relay = {
        "urls": ["turn:127.0.0.1:5349?transport=tcp"],
        "username": RELAY_USER,
        "credential": RELAY_USER,
        "credential_type": 0,
    }
    return web.json_response({"data": [relay]})


async def last_connection(request: web.Request) -> web.Response:
    workspace = workspaces.visible(request, request.match_info["id"])
    world = world_of(request)
    await _since_1_21(world)
    workspace["last_connection_at"] = world.stamp()
    world.store.save()
    return web.json_response({})


async def _since_1_21(world: World) -> None:
    if not has_satellites(await world.version() or ""):
        raise Refused(404, "Route not found.")


async def _open(request: web.Request) -> web.StreamResponse:
    socket = web.WebSocketResponse()
    if not socket.can_prepare(request):
        raise Refused(400, "Expected a WebSocket upgrade.")
    await socket.prepare(request)
    try:
        async with asyncio.timeout(DIAL_SECONDS):
            await socket.receive()
    except TimeoutError:
        pass
    await socket.close()
    return socket
