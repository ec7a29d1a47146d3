# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The chart repository: the packages and the index.yaml that tests/lab/charts/package.py made."""

from __future__ import annotations

from aiohttp import web

from .gate import reset
from .world import world_of


async def serve(request: web.Request) -> web.StreamResponse:
    world, name = world_of(request), request.match_info["name"]
    if not world.charts_up:
        reset(request)
        return web.Response()
    folder = world.config.charts_dir
    if not folder.is_dir() or name not in {path.name for path in folder.iterdir()}:
        raise web.HTTPNotFound
    return web.FileResponse(folder / name)


async def switch(request: web.Request) -> web.Response:
    world_of(request).charts_up = request.match_info["switch"] == "up"
    return web.json_response({"up": world_of(request).charts_up})
