# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starts the listeners, and ends them cleanly."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import ssl
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

from . import builds, migrations, watcher
from .config import Config
from .control import control_app
from .database import Database
from .database_server import Server
from .kube import Cluster, KubeError
from .routes import coder_app
from .state import open_store
from .tls import Certificates
from .world import World

HOST = "127.0.0.1"
SHUTDOWN_SECONDS = 0.5


def make_world(config: Config) -> World:
    clusters = {
        name: Cluster(name, entry["admin_kubeconfig"], entry["context"]) for name, entry in config.clusters.items()
    }
    certificates = Certificates(config.certificates_dir, config.ca_path)
    addresses = {}
    for name, cluster in clusters.items():
        with contextlib.suppress(KubeError):
            addresses[name] = cluster.server
    store = open_store(config, addresses, datetime.now(UTC))
    database = Database(config.database["sockets"], config.database["port"])
    server = Server(database, Path(config.database["password_path"]))
    world = World(config, store, clusters, certificates, database, server)
    database.follow(clusters[config.primary["cluster"]], config.primary["namespace"])
    database.claimed = world.claimed
    return world


async def serve(config: Config, world: World, stop: asyncio.Event) -> None:
    """Runs until ``stop`` is set. OSError when a port is taken."""
    runners: list[web.AppRunner] = []
    watching: list[asyncio.Future] = []
    try:
        for listener, port in config.listeners.items():
            kind, _unused, name = listener.partition("/")
            names = config.satellites[name].get("names", []) if kind == "satellite" else []
            context = world.certificates.context(listener, names)
            runners.append(await _listen(coder_app(world, listener), port, context))
        runners.append(await _listen(control_app(world), config.control_port, None))
        builds.resume_all(world)
        watching = [asyncio.ensure_future(one(world)) for one in (watcher.watch, migrations.watch)]
        watching.append(asyncio.ensure_future(world.database.watch()))
        print(f"ready: control http://{HOST}:{config.control_port}", flush=True)
        await stop.wait()
    finally:
        for one in watching:
            one.cancel()
        await asyncio.gather(*watching, return_exceptions=True)
        await asyncio.gather(*(runner.cleanup() for runner in runners))
        await builds.cancel_all(world)
        await migrations.cancel_all(world)
        await world.database.close()
        if watching:
            # One that never came up (its port belongs to a running one) must not write over that one's state.
            world.store.save()
        for cluster in world.clusters.values():
            await cluster.close()


async def run(config: Config) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await serve(config, make_world(config), stop)


async def _listen(app: web.Application, port: int, context: ssl.SSLContext | None) -> web.AppRunner:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    await web.TCPSite(runner, HOST, port, ssl_context=context).start()
    return runner
