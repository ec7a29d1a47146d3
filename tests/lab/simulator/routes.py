# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Coder's paths, all in one place."""

from __future__ import annotations

from aiohttp import web

from . import gate, images, network, providers, satellites, site, users, workspaces
from .world import LISTENER, WORLD, World

POOLS = "/api/private/resource-pools"
WORKSPACES = "/api/v0/workspaces"
AGENT = "/api/private/envagent/{id}"


def coder_app(world: World, listener: str) -> web.Application:
    """The same for every listener: a satellite proxies what is not its own; gate.py says what answers where."""
    app = web.Application(middlewares=[gate.gate])
    app[WORLD], app[LISTENER] = world, listener
    app.on_response_prepare.append(gate.on_prepare)
    app.add_routes(
        [
            web.get("/api", site.api_root),
            web.get("/api/v0/users/me", users.me),
            web.get("/api/v0/users", users.list_all),
            web.get("/api/v0/orgs", users.organisations),
            web.get("/api/v0/api-keys/{user}", users.api_keys),
            web.get("/api/v0/images/{id}", images.one),
            web.get(POOLS, providers.list_all),
            web.post(POOLS, providers.create),
            web.get(POOLS + "/{id}", providers.one),
            web.patch(POOLS + "/{id}", providers.update),
            web.delete(POOLS + "/{id}", providers.delete),
            web.post(POOLS + "/{id}/cordon", providers.cordon),
            web.post(POOLS + "/{id}/uncordon", providers.uncordon),
            web.get(POOLS + "/{id}/workspaces", providers.its_workspaces),
            web.get(gate.KEY_PATH, satellites.own_key),
            web.get("/api/private/satellites", satellites.list_all),
            web.post("/api/private/satellites", satellites.create),
            web.delete("/api/private/satellites/{id}", satellites.delete),
            web.get(WORKSPACES, workspaces.list_all),
            web.get(WORKSPACES + "/{id}", workspaces.one),
            web.patch(WORKSPACES + "/{id}", workspaces.rebuild),
            web.put(WORKSPACES + "/{id}/stop", workspaces.stop),
            web.get(WORKSPACES + "/{id}/devurls", workspaces.dev_urls),
            web.get("/api/private/workspaces/{id}/watch-update", workspaces.watch_build),
            web.get(AGENT + "/connect", network.connect),
            web.post(AGENT + "/update-last-connection-at", network.last_connection),
            web.get("/api/private/turn", network.turn),
            web.get("/api/private/webrtc/ice", network.ice_servers),
            web.get("/api/private/config/setup-mode", site.setup_mode),
            web.get("/api/{scope:private|v0}/{section}/config", site.get_config),
            web.put("/api/{scope:private|v0}/{section}/config", site.put_config),
        ]
    )
    return app
