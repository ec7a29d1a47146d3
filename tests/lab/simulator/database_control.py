# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The part of the control API that is about Coder's database."""

from __future__ import annotations

from aiohttp import web

from .wire import json_object
from .world import world_of

APPLICATION = "pg_dump"
PATIENCE = 30


async def reset(request: web.Request) -> web.Response:
    await world_of(request).server.reset()
    return web.json_response({})


async def snapshot(request: web.Request) -> web.Response:
    await world_of(request).server.snapshot((await json_object(request))["name"])
    return web.json_response({})


async def restore(request: web.Request) -> web.Response:
    await world_of(request).server.restore((await json_object(request))["name"])
    return web.json_response({})


async def rows(request: web.Request) -> web.Response:
    wanted = await json_object(request)
    await world_of(request).server.add_rows(wanted["table"], int(wanted["count"]), int(wanted["bytes"]))
    return web.json_response({})


async def role(request: web.Request) -> web.Response:
    wanted = await json_object(request)
    await world_of(request).server.change_role(wanted.get("superuser"), wanted.get("password"))
    return web.json_response({})


async def cut(request: web.Request) -> web.Response:
    """Answers when it is done, so that whoever asks knows that it was."""
    wanted, world = await json_object(request), world_of(request)
    after, seconds = int(wanted.get("after_bytes", 0)), float(wanted.get("seconds", PATIENCE))
    count = await world.server.cut(wanted.get("application", APPLICATION), after, seconds)
    return web.json_response({"sessions": count})


ROUTES = [web.post(f"/database/{one.__name__}", one) for one in (reset, snapshot, restore, rows, role, cut)]
