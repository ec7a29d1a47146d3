# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Satellites: registration, and the key that each of them and the primary serve."""

from __future__ import annotations

import uuid

from aiohttp import web

from . import keys, users
from .versions import has_satellites
from .wire import Dropped, Refused, json_object
from .world import LISTENER, World, world_of


async def known_here(world: World) -> None:
    """Refused (404) by a version without satellites."""
    if not has_satellites(await world.version() or ""):
        raise Refused(404, "Route not found.")


def wire(satellite: dict) -> dict:
    return {key: satellite[key] for key in ("id", "name", "fingerprint")}


async def list_all(request: web.Request) -> web.Response:
    users.manager(request)
    world = world_of(request)
    await known_here(world)
    return web.json_response({"data": [wire(satellite) for satellite in world.satellites.values()]})


async def create(request: web.Request) -> web.Response:
    users.manager(request)
    world, body = world_of(request), await json_object(request)
    await known_here(world)
    name, public = body.get("name"), body.get("public_key")
    if not isinstance(name, str) or not name:
        raise Refused(400, "name is required.")
    try:
        fingerprint = keys.fingerprint(public or "")
    except (ValueError, AttributeError) as error:
        raise Refused(400, "public_key is not a public key.") from error
    for satellite in world.satellites.values():
        if satellite["name"] == name:
            raise Refused(409, "A satellite of that name already exists.")
        if satellite["fingerprint"] == fingerprint:
            raise Refused(409, "A satellite with that public key already exists.")
    satellite = {"id": str(uuid.uuid4()), "name": name, "fingerprint": fingerprint, "public_key": public}
    world.satellites[satellite["id"]] = satellite
    world.store.save()
    return web.json_response({"data": wire(satellite)}, status=201)


async def delete(request: web.Request) -> web.Response:
    users.manager(request)
    world = world_of(request)
    await known_here(world)
    if world.satellites.pop(request.match_info["id"], None) is None:
        raise Refused(404, "Satellite not found.")
    world.store.save()
    return web.json_response({})


async def own_key(request: web.Request) -> web.Response:
    """Of the program behind the listener that was asked; no session token is needed."""
    world, listener = world_of(request), request.app[LISTENER]
    if world.faults.at_listener("wrong_key", listener):
        return web.json_response(keys.served(keys.new_private_key()))
    if listener == "primary":
        await known_here(world)
        return web.json_response(keys.served(world.store.data["primary_key"]))
    found = await world.satellite_at(listener.partition("/")[2])
    if found is None:
        raise Dropped
    return web.json_response(keys.served(found["private_key"]))


async def is_registered(world: World, name: str) -> bool:
    """Whether the primary knows the key of the satellite that runs behind that listener."""
    found = await world.satellite_at(name)
    if found is None:
        return False
    fingerprint = keys.served(found["private_key"])["fingerprint"]
    return any(satellite["fingerprint"] == fingerprint for satellite in world.satellites.values())
