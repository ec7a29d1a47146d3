# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one image that all workspaces are made of, and what each of them may use."""

from __future__ import annotations

from aiohttp import web

from . import pods, users
from .state import stable_id
from .wire import Refused
from .world import world_of

IMAGE_ID = stable_id("image", pods.IMAGE)
RESOURCES = {"cpu_cores": 2, "memory_gb": 4, "disk_gb": 10, "gpus": 0}


async def one(request: web.Request) -> web.Response:
    users.signed_in(request)
    if request.match_info["id"] != IMAGE_ID:
        raise Refused(404, "Image not found.")
    _registry, _unused, repository = pods.IMAGE.partition("/")
    return web.json_response(
        {
            "id": IMAGE_ID,
            "organization_id": world_of(request).store.data["site"]["organisation"]["id"],
            "repository": repository,
            "description": "",
            **{f"default_{key}": value for key, value in RESOURCES.items() if key != "gpus"},
            "deprecated": False,
        }
    )
