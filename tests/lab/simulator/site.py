# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The deployment itself: its version, and the site configuration known on the wire."""

from __future__ import annotations

from aiohttp import web

from . import users
from .wire import Refused, json_object
from .world import world_of


async def api_root(request: web.Request) -> web.Response:
    """Its header coder-version is set for every answer in gate.py."""
    return web.json_response({})


async def get_config(request: web.Request) -> web.Response:
    users.manager(request)
    return web.json_response(_section(request))


async def put_config(request: web.Request) -> web.Response:
    users.manager(request)
    _section(request).update(await json_object(request))
    world_of(request).store.save()
    return web.json_response({})


async def setup_mode(request: web.Request) -> web.Response:
    return web.json_response({"setup_mode": False})


def _section(request: web.Request) -> dict:
    sections = world_of(request).store.data["site"]["config"]
    name = request.match_info["section"]
    if name not in sections:
        raise Refused(404, "Route not found.")
    return sections[name]
