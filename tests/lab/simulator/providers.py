# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Workspace providers ("resource pools"): list, one, create, update, delete, cordon."""

from __future__ import annotations

import asyncio
import secrets
import uuid

from aiohttp import web

from . import builds, users, workspaces
from .state import new_provider
from .versions import deletes_unreachable_provider, net_v2_is_an_option, shows_secrets, toggle_rebuilds
from .wire import Refused, json_object
from .world import World, world_of

#: What an update may change, with the type demanded; a nested mapping is merged. Unknown fields are ignored (E30).
CHANGEABLE: dict = {
    "name": str,
    "envproxy_access_url": str,
    "devurl_host": str,
    "org_whitelist": list,
    "config": {
        "cluster_address": str,
        "default_namespace": str,
        "storage_class": str,
        "cluster_domain_suffix": str,
        "ssh_enabled": bool,
    },
}


async def status(world: World, provider: dict) -> tuple[str, str]:
    """(what Coder says of it, why): as its health is, or while it is cordoned and healthy, as the settings say."""
    state, problem = await health(world, provider)
    if state == "ready" and provider["cordoned"]:
        return world.settings["cordoned_status"], ""
    return state, problem


async def health(world: World, provider: dict) -> tuple[str, str]:
    """(pending, ready or error; why)."""
    if not provider["service_account_token"]:
        return "pending", provider["token_problem"]
    problem = (await world.access(provider)).problem
    if problem:
        return "error", problem
    needs_envproxy = provider.get("needs_envproxy", not provider["built_in"])
    if not needs_envproxy or await builds.net_v2_is_on(world, provider) or await world.envproxy_ready(provider):
        return "ready", ""
    return "error", f"envproxy at {provider['envproxy_access_url']} does not answer"


async def wire(world: World, provider: dict) -> dict:
    """The Provider of the API reference, with the secrets that stand in it until 1.26."""
    version = await world.version() or ""
    state, problem = await status(world, provider)
    keys = ("id", "name", "built_in", "envproxy_access_url", "devurl_host", "org_whitelist", "config")
    answer = {key: provider[key] for key in keys}
    answer.update(status=state, status_message=problem)
    if net_v2_is_an_option(version):
        answer["enable_net_v2"] = provider["enable_net_v2"]
    if shows_secrets(version):
        answer["envproxy_token"] = provider["envproxy_token"]
        answer["service_account_token"] = provider["service_account_token"] or ""
        answer["cluster_ca"] = ""
    return answer


def chosen(request: web.Request) -> dict:
    users.manager(request)
    provider = world_of(request).providers.get(request.match_info["id"])
    if provider is None:
        raise Refused(404, "Workspace provider not found.")
    return provider


async def list_all(request: web.Request) -> web.Response:
    users.manager(request)
    world = world_of(request)
    found = await asyncio.gather(*(wire(world, provider) for provider in world.providers.values()))
    return web.json_response({"kubernetes": found})


async def one(request: web.Request) -> web.Response:
    return web.json_response(await wire(world_of(request), chosen(request)))


async def its_workspaces(request: web.Request) -> web.Response:
    world, provider = world_of(request), chosen(request)
    its = [workspace for workspace in world.workspaces.values() if workspace["provider"] == provider["id"]]
    return web.json_response(await asyncio.gather(*(workspaces.wire(world, workspace) for workspace in its)))


async def create(request: web.Request) -> web.Response:
    users.manager(request)
    world, body = world_of(request), await json_object(request)
    for key in ("name", "hostname", "cluster_address"):
        if not isinstance(body.get(key), str) or not body[key]:
            raise Refused(400, f"{key} is required.")
    if body.get("type") != "kubernetes":
        raise Refused(400, "Unsupported workspace provider type.")
    _name_is_free(world, body["name"])
    address = body["cluster_address"].rstrip("/")
    known = {cluster.server: name for name, cluster in world.clusters.items()}
    entry = {
        "name": body["name"],
        "cluster": known.get(address),
        "namespace": "coder",
        "release": "coder-workspace-provider",
        "envproxy_access_url": body["hostname"],
        "envproxy_token": secrets.token_urlsafe(24),
        "cluster_address": address,
    }
    provider = new_provider(str(uuid.uuid4()), entry, world.store.data["site"]["organisation"]["id"])
    world.providers[provider["id"]] = provider
    world.store.save()
    answer = {"id": provider["id"], "name": provider["name"], "status": "pending"}
    return web.json_response({**answer, "envproxy_token": provider["envproxy_token"]}, status=201)


async def update(request: web.Request) -> web.Response:
    world, provider, body = world_of(request), chosen(request), await json_object(request)
    version = await world.version() or ""
    wanted_v2 = body.get("enable_net_v2") if net_v2_is_an_option(version) else None
    if wanted_v2 is not None and not isinstance(wanted_v2, bool):
        raise Refused(400, "enable_net_v2 must be a boolean.")
    check_types(body, CHANGEABLE, "")
    if body.get("name", provider["name"]) != provider["name"]:
        _name_is_free(world, body["name"])
    merge_known(provider, body, CHANGEABLE)
    toggled = wanted_v2 is not None and wanted_v2 != provider["enable_net_v2"]
    if toggled:
        provider["enable_net_v2"] = wanted_v2
    world.store.save()
    if toggled and toggle_rebuilds(version):
        await rebuild_running(world, provider)
    return web.json_response(await wire(world, provider))


async def rebuild_running(world: World, provider: dict) -> None:
    for workspace in list(world.workspaces.values()):
        if workspace["provider"] == provider["id"] and await workspaces.status(world, workspace) == "ON":
            builds.start(world, workspace)


async def delete(request: web.Request) -> web.Response:
    world, provider = world_of(request), chosen(request)
    if provider["built_in"]:
        raise Refused(400, "The built-in workspace provider can't be deleted.")
    left = [workspace["name"] for workspace in world.workspaces.values() if workspace["provider"] == provider["id"]]
    if left:
        raise Refused(400, "The workspace provider still has workspaces.", details=f"{len(left)} workspaces")
    if provider["service_account_token"] and not deletes_unreachable_provider(await world.version() or ""):
        problem = (await world.access(provider)).problem
        if problem:
            raise Refused(500, "Failed to delete the workspace provider.", details=problem)
    del world.providers[provider["id"]]
    world.store.save()
    return web.json_response({})


async def cordon(request: web.Request) -> web.Response:
    provider, body = chosen(request), await json_object(request)
    return _cordoned(request, provider, True, str(body.get("reason", "")))


async def uncordon(request: web.Request) -> web.Response:
    return _cordoned(request, chosen(request), False, "")


def _cordoned(request: web.Request, provider: dict, cordoned: bool, reason: str) -> web.Response:
    provider.update(cordoned=cordoned, cordon_reason=reason)
    world_of(request).store.save()
    return web.json_response({})


def _name_is_free(world: World, name: str) -> None:
    if any(provider["name"] == name for provider in world.providers.values()):
        raise Refused(409, "A workspace provider of that name already exists.")


def check_types(body: dict, shape: dict, prefix: str) -> None:
    """Refused (400) for a known field of a wrong type. Pure."""
    for key, demanded in shape.items():
        if key not in body:
            continue
        if isinstance(demanded, dict):
            if not isinstance(body[key], dict):
                raise Refused(400, f"{prefix}{key} must be an object.")
            check_types(body[key], demanded, f"{prefix}{key}.")
        elif not isinstance(body[key], demanded):
            raise Refused(400, f"{prefix}{key} has a wrong type.")


def merge_known(into: dict, body: dict, shape: dict) -> None:
    """Takes over the known fields in place; nested ones one by one. Pure."""
    for key, demanded in shape.items():
        if key in body:
            if isinstance(demanded, dict):
                merge_known(into[key], body[key], demanded)
            else:
                into[key] = body[key]
