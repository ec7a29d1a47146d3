# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who asks, and whether they may."""

from __future__ import annotations

from aiohttp import web

from .state import stable_id
from .wire import Refused
from .world import World, world_of

MANAGERS = {"site-admin", "site-manager"}


def of_token(world: World, token: str | None) -> dict | None:
    """The user, None for a token that is missing, unknown or expired."""
    for user in world.config.users:
        if token and user["token"] == token and not user.get("expired"):
            return user
    return None


def of_request(request: web.Request) -> dict | None:
    token = request.headers.get("Session-Token") or request.query.get("session_token")
    return of_token(world_of(request), token)


def signed_in(request: web.Request) -> dict:
    """Refused (401) for nobody. Only the header counts here."""
    user = of_token(world_of(request), request.headers.get("Session-Token"))
    if user is None:
        raise Refused(401, "Session expired. Please log in again.")
    return user


def is_manager(user: dict) -> bool:
    return not MANAGERS.isdisjoint(user["roles"])


def manager(request: web.Request) -> dict:
    user = signed_in(request)
    if not is_manager(user):
        raise Refused(403, "You are not authorized to perform this action.")
    return user


def user_id(username: str) -> str:
    return stable_id("user", username)


async def me(request: web.Request) -> web.Response:
    user = signed_in(request)
    name = user["username"]
    return web.json_response(
        {
            "id": user_id(name),
            "email": f"{name}@lab.invalid",
            "username": name,
            "name": name.title(),
            "roles": user["roles"],
        }
    )


async def organisations(request: web.Request) -> web.Response:
    signed_in(request)
    return web.json_response([world_of(request).store.data["site"]["organisation"]])
