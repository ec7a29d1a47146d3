# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every request to Coder's listeners passes: recording, faults, and whether anybody is there to answer."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
import time
from urllib.parse import urlsplit

from aiohttp import web

from . import clock, users, wire
from .wire import Dropped, Refused
from .world import LISTENER, World, world_of

log = logging.getLogger("lab.simulator")
KEY_PATH = "/api/private/satellites/key"
CONNECT_PREFIX = "/api/private/envagent/"
LINGER_ZERO = struct.pack("ii", 1, 0)
#: The recorded request, the answering program's version, and whether the connection was reset.
ENTRY = web.RequestKey("entry", dict)
VERSION = web.RequestKey("version", str)
DROPPED = web.RequestKey("dropped", bool)


@web.middleware
async def gate(request: web.Request, handler) -> web.StreamResponse:
    world, listener = world_of(request), request.app[LISTENER]
    user = users.of_request(request)
    entry = world.recorder.begin(listener, request.method, request.path, user and user["username"])
    request[ENTRY], began = entry, time.monotonic()
    try:
        answer = await _answer(request, handler, world, listener)
    except Dropped:
        reset(request)
        # Nobody reads this any more; aiohttp wants an answer from every handler.
        answer = web.Response()
        request[DROPPED] = True
    except Refused as refused:
        answer = wire.error(refused.status, refused.msg, refused.code, refused.details)
    except web.HTTPException as error:
        answer = wire.error(error.status, "Route not found." if error.status == 404 else error.reason)
    except Exception:
        log.exception("%s %s %s", listener, request.method, request.path)
        answer = wire.error(500, "An internal server error occurred.")
    entry["seconds"] = time.monotonic() - began
    spent = entry["seconds"] * 1000
    shown = "reset" if DROPPED in request else answer.status
    log.info("%s %s %s %s %.0f ms", listener, request.method, request.path, shown, spent)
    return answer


async def on_prepare(request: web.Request, response: web.StreamResponse) -> None:
    """Headers of every answer. The status is noted here so that an upgrade is seen before its socket ends."""
    response.headers["Date"] = clock.http_date(world_of(request).settings)
    if VERSION in request:
        response.headers["coder-version"] = request[VERSION]
    if ENTRY in request and DROPPED not in request:
        request[ENTRY]["status"] = response.status


async def _answer(request: web.Request, handler, world: World, listener: str) -> web.StreamResponse:
    fault = world.faults.for_request(listener, request.method, request.path)
    if fault:
        answer = await faulty_answer(fault)
        if answer is not None:
            return answer
    absent = await _nobody_there(request, world, listener)
    if absent is not None:
        return absent
    if fault and fault["kind"] == "version":
        request[VERSION] = fault["version"]
    answer = await handler(request)
    if fault and fault["kind"] == "reset":
        raise Dropped
    return answer


async def faulty_answer(fault: dict) -> web.Response | None:
    """None: the request is to be answered as usual (after a stall, or before a reset). Dropped for a plain reset."""
    kind = fault["kind"]
    if kind == "status":
        msg = fault.get("msg", "Something went wrong.")
        return wire.error(fault["status"], msg, fault.get("code"), headers=fault.get("headers"))
    if kind == "html":
        return wire.html(fault.get("status", 200), wire.LOGIN_PAGE)
    if kind == "body":
        content_type = fault.get("content_type", "application/json")
        return web.Response(status=fault.get("status", 200), text=fault["text"], content_type=content_type)
    if kind == "redirect":
        return web.Response(status=fault.get("status", 302), headers={"Location": fault["location"]})
    if kind == "ignore":
        return web.json_response({})
    if kind == "stall":
        await asyncio.sleep(fault.get("seconds", 3600))
    elif kind == "reset" and not fault.get("answered"):
        raise Dropped
    return None


async def _nobody_there(request: web.Request, world: World, listener: str) -> web.Response | None:
    """The answer in place of Coder's when the program behind the listener does not run; Dropped where nothing answers."""
    kind, _unused, name = listener.partition("/")
    if kind == "envproxy":
        provider = next((p for p in world.providers.values() if p["name"] == name), None)
        if provider is None or not await world.envproxy_ready(provider):
            return wire.html(502, wire.BAD_GATEWAY)
        if not request.path.startswith(CONNECT_PREFIX):
            return web.Response(status=404, text="404 page not found")
        return None
    main = await world.main()
    if kind == "primary":
        if main.version is None:
            return wire.html(502, wire.BAD_GATEWAY)
        if not main.entered:
            return wire.html(503, wire.NO_ENTRY)
        request[VERSION] = main.version
        return _without_database(world, main.version)
    satellite = await world.satellite_at(name)
    if satellite is None:
        raise Dropped
    if "Upgrade" in request.headers and world.faults.at_listener("not_forwarding", listener):
        return wire.html(502, wire.BAD_GATEWAY)
    request[VERSION] = satellite["version"]
    if request.path == KEY_PATH:
        return None
    if main.version is None or not main.entered or not leads_to_primary(satellite["primary_url"], world):
        return wire.error(502, "Failed to reach the primary deployment.")
    return _without_database(world, main.version)


def _without_database(world: World, version: str) -> web.Response | None:
    """Coder's answer to everything while its code of that version does not work on the database that it finds."""
    complaint = world.database.complaint(version)
    return wire.error(500, "An internal server error occurred.", details=f"pq: {complaint}") if complaint else None


def leads_to_primary(url: str, world: World) -> bool:
    return urlsplit(url).port in (world.config.listeners["primary"], world.config.primary.get("relayed_port"))


def reset(request: web.Request) -> None:
    """Ends the connection with RST, so that the peer cannot take it for an answer's end."""
    transport = request.transport
    if transport is not None:
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_ZERO)
        transport.abort()
