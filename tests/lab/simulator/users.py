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


def wire(username: str, roles: list[str]) -> dict:
    """The User of the API reference."""
    return {
        "id": user_id(username),
        "email": f"{username}@lab.invalid",
        "username": username,
        "name": username.title(),
        "roles": roles,
    }


def everybody(world: World) -> list[dict]:
    """Who has a token (one that is expired too), and who owns a workspace."""
    owners = {workspace["username"]: ["site-member"] for workspace in world.workspaces.values()}
    roles = owners | {user["username"]: user["roles"] for user in world.config.users}
    return [wire(name, roles[name]) for name in sorted(roles)]


async def me(request: web.Request) -> web.Response:
    user = signed_in(request)
    return web.json_response(wire(user["username"], user["roles"]))


async def list_all(request: web.Request) -> web.Response:
    signed_in(request)
    return web.json_response(everybody(world_of(request)))


async def organisations(request: web.Request) -> web.Response:
    """The command line finds a user's organisations among the members of each."""
    signed_in(request)
    world = world_of(request)
    members = [{**user, "organization_roles": ["organization-member"]} for user in everybody(world)]
    return web.json_response([{**world.store.data["site"]["organisation"], "members": members}])


async def api_keys(request: web.Request) -> web.Response:
    """What is known of a user's tokens, for itself or a manager; never a token."""
    user, world, wanted = signed_in(request), world_of(request), request.match_info["user"]
    owner = user_id(user["username"]) if wanted == "me" else wanted
    if owner != user_id(user["username"]) and not is_manager(user):
        raise Refused(403, "You are not authorized to perform this action.")
    key = {"name": "lab", "application": False, "user_id": owner, "last_used": world.stamp()}
    names = [one["username"] for one in world.config.users if user_id(one["username"]) == owner]
    return web.json_response([{"id": stable_id("api-key", name), **key} for name in names])
