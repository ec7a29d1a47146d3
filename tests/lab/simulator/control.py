# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The control API: what a test does to the simulated world, and asks of it. Its calls are listed in README.md."""

from __future__ import annotations

import contextlib
import fnmatch
from pathlib import Path

from aiohttp import web

from . import builds, charts, clock, database_control, migrations, pods, providers, watcher, workspaces
from .config import WORKSPACE_STATES, ConfigError, check_settings, check_workspace
from .database import DatabaseError
from .kube import KubeError
from .state import UNUSED, new_workspace
from .wire import Refused, json_object
from .world import WORLD, World, world_of

SECRET_KEYS = {"envproxy_token", "service_account_token"}
USES = {"live": True, "idle": False}
PATCHABLE = {"image_tag", "network", "last_built_at", "last_connection_at"}


def control_app(world: World) -> web.Application:
    app = web.Application(middlewares=[_errors])
    app[WORLD] = world
    app.add_routes(
        [
            web.get("/health", health),
            web.get("/state", state),
            web.post("/snapshot", snapshot),
            web.post("/restore", restore),
            web.get("/requests", requests),
            web.delete("/requests", forget_requests),
            web.get("/faults", list_faults),
            web.post("/faults", add_fault),
            web.delete("/faults", clear_faults),
            web.delete("/faults/{id}", remove_fault),
            web.get("/settings", get_settings),
            web.patch("/settings", patch_settings),
            web.post("/workspaces", add_workspace),
            web.patch("/workspaces/{name}", patch_workspace),
            web.delete("/workspaces/{name}", delete_workspace),
            web.post("/providers/{name}/token", take_token),
            *database_control.ROUTES,
            web.post("/charts/{switch:down|up}", charts.switch),
            web.get("/charts/{name}", charts.serve),
        ]
    )
    return app


@web.middleware
async def _errors(request: web.Request, handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refused as refused:
        return web.json_response({"error": refused.msg}, status=refused.status)
    except DatabaseError as error:
        return web.json_response({"error": str(error)}, status=503)
    except (ConfigError, ValueError, KeyError, OSError) as error:
        return web.json_response({"error": str(error)}, status=400)


async def health(request: web.Request) -> web.Response:
    ready = world_of(request).database.looked
    return web.json_response({"ready": ready}, status=200 if ready else 503)


async def state(request: web.Request) -> web.Response:
    world = world_of(request)
    shown_providers = []
    for provider in world.providers.values():
        shown = {key: value for key, value in provider.items() if key not in SECRET_KEYS}
        shown["status"], shown["status_message"] = await providers.status(world, provider)
        shown["has_token"] = bool(provider["service_account_token"])
        shown_providers.append(shown)
    shown_workspaces = [
        {**workspace, "container_status": await workspaces.status(world, workspace)}
        for workspace in list(world.workspaces.values())
    ]
    main = await world.main()
    return web.json_response(
        {
            "version": main.version,
            "entered": main.entered,
            "database": await world.server.found()
            | {"complaint": world.database.complaint(main.version) if main.version else ""},
            "settings": world.settings,
            "providers": shown_providers,
            "satellites": list(world.satellites.values()),
            "workspaces": shown_workspaces,
        }
    )


async def snapshot(request: web.Request) -> web.Response:
    path = Path((await json_object(request))["path"])
    world_of(request).store.snapshot(path)
    return web.json_response({"path": str(path)})


async def restore(request: web.Request) -> web.Response:
    world, path = world_of(request), Path((await json_object(request))["path"])
    await builds.cancel_all(world)
    await migrations.cancel_all(world)
    world.store.restore(path)
    await _clear_faults(world)
    world.charts_up = True
    world.memory.forget()
    for cluster in world.clusters.values():
        await cluster.close()
    builds.resume_all(world)
    return web.json_response({"path": str(path)})


async def requests(request: web.Request) -> web.Response:
    return web.json_response(world_of(request).recorder.since(int(request.query.get("since", 0))))


async def forget_requests(request: web.Request) -> web.Response:
    world_of(request).recorder.clear()
    return web.json_response({})


async def list_faults(request: web.Request) -> web.Response:
    return web.json_response(world_of(request).faults.listed())


async def add_fault(request: web.Request) -> web.Response:
    world, fault = world_of(request), await json_object(request)
    if fault.get("kind") == "certificate":
        # A certificate is swapped once and stays until the fault is removed.
        fault = {key: value for key, value in fault.items() if key not in ("times", "after")}
    fault_id = world.faults.add(fault)
    if fault["kind"] == "certificate":
        for listener in fnmatch.filter(world.certificates.listeners(), fault["listener"]):
            world.certificates.spoil(listener, fault["certificate"])
    return web.json_response({"id": fault_id}, status=201)


async def clear_faults(request: web.Request) -> web.Response:
    await _clear_faults(world_of(request))
    return web.json_response({})


async def _clear_faults(world: World) -> None:
    world.faults.clear()
    for listener in world.certificates.listeners():
        world.certificates.heal(listener)


async def remove_fault(request: web.Request) -> web.Response:
    world = world_of(request)
    fault = world.faults.remove(request.match_info["id"])
    if fault is None:
        raise Refused(404, "no such fault")
    if fault["kind"] == "certificate":
        for listener in fnmatch.filter(world.certificates.listeners(), fault["listener"]):
            world.certificates.heal(listener)
    return web.json_response({})


async def get_settings(request: web.Request) -> web.Response:
    return web.json_response(world_of(request).settings)


async def patch_settings(request: web.Request) -> web.Response:
    world = world_of(request)
    world.settings.update(check_settings(await json_object(request)))
    world.store.save()
    return web.json_response(world.settings)


async def add_workspace(request: web.Request) -> web.Response:
    world, wanted = world_of(request), await json_object(request)
    check_workspace(wanted, "workspace")
    if any(workspace["name"] == wanted["name"] for workspace in world.workspaces.values()):
        raise Refused(409, f"workspace {wanted['name']} exists")
    provider = _named(world.providers, wanted.get("provider"))
    if provider["cordoned"]:
        raise Refused(409, f"provider {provider['name']} is cordoned: no new workspaces are placed on it")
    organisation = world.store.data["site"]["organisation"]["id"]
    workspace = new_workspace(wanted, provider["id"], organisation, clock.now(world.settings))
    world.workspaces[workspace["id"]] = workspace
    world.store.save()
    return web.json_response({"id": workspace["id"], "states": WORKSPACE_STATES}, status=201)


async def patch_workspace(request: web.Request) -> web.Response:
    world, changes = world_of(request), await json_object(request)
    workspace = _named(world.workspaces, request.match_info["name"])
    unknown = set(changes) - PATCHABLE - {"use"}
    if unknown:
        raise Refused(400, f"unknown: {', '.join(sorted(unknown))}")
    if "use" in changes:
        workspace["live"] = USES[changes.pop("use")]
        if not workspace["live"]:
            workspace["last_connection_at"] = clock.text(clock.now(world.settings) - UNUSED)
    workspace.update(changes)
    world.store.save()
    return web.json_response({"id": workspace["id"]})


async def delete_workspace(request: web.Request) -> web.Response:
    world = world_of(request)
    workspace = _named(world.workspaces, request.match_info["name"])
    if workspace["updating"]:
        raise Refused(409, f"workspace {workspace['name']} is being built")
    provider = world.providers[workspace["provider"]]
    with contextlib.suppress(KubeError):
        await builds.stop(world, workspace)
        token = provider["service_account_token"]
        if provider["cluster"] and token:
            claim = pods.claims_path(provider, pods.claim_name(workspace))
            await world.clusters[provider["cluster"]].call("DELETE", claim, token=token)
    del world.workspaces[workspace["id"]]
    world.store.save()
    return web.json_response({})


async def take_token(request: web.Request) -> web.Response:
    world, body = world_of(request), await json_object(request)
    provider = _named(world.providers, request.match_info["name"])
    if provider["cluster"] is None:
        raise Refused(409, f"provider {provider['name']} is in no known cluster")
    taken = await watcher.take_token(world, provider, body.get("source", world.settings["token_source"]))
    return web.json_response({"taken": taken, "problem": provider["token_problem"]})


def _named(entries: dict[str, dict], name: str | None) -> dict:
    found = next((entry for entry in entries.values() if entry["name"] == name), None)
    if found is None:
        raise Refused(404, f"{name} is none of {', '.join(entry['name'] for entry in entries.values())}")
    return found
