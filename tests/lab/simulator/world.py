# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything the handlers need, in one place."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from aiohttp import web

from . import access, clock, entry, observed
from .config import Config
from .database import Database
from .database_server import Server
from .faults import Faults
from .kube import Cluster
from .observed import Memory
from .recording import Recorder
from .state import Store
from .tls import Certificates


@dataclass
class World:
    config: Config
    store: Store
    clusters: dict[str, Cluster]
    certificates: Certificates
    database: Database
    server: Server
    faults: Faults = field(default_factory=Faults)
    recorder: Recorder = field(default_factory=Recorder)
    charts_up: bool = True
    #: Builds under way, by workspace id.
    builds: dict[str, asyncio.Task] = field(default_factory=dict)
    #: Migrations of the main deployment's pods, under way or done, by the pod's UID.
    migrations: dict[str, asyncio.Task] = field(default_factory=dict)
    #: Set and replaced whenever a build log grows.
    log_grew: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.memory = Memory(lambda: self.settings["access_check_seconds"])

    @property
    def settings(self) -> dict:
        return self.store.data["settings"]

    @property
    def providers(self) -> dict[str, dict]:
        return self.store.data["providers"]

    @property
    def satellites(self) -> dict[str, dict]:
        return self.store.data["satellites"]

    @property
    def workspaces(self) -> dict[str, dict]:
        return self.store.data["workspaces"]

    def stamp(self) -> str:
        """Now by Coder's clock."""
        return clock.text(clock.now(self.settings))

    async def main(self) -> observed.Main:
        """The main deployment, as its cluster shows it."""
        cluster, namespace = self.clusters[self.config.primary["cluster"]], self.config.primary["namespace"]
        who = self.config.primary.get("entry", entry.RELEASE)
        return await self.memory.ask("main", lambda: observed.main(cluster, namespace, who))

    async def version(self) -> str | None:
        """Of the main deployment, as the image of its pods says; None while none of them is ready."""
        return (await self.main()).version

    async def claimed(self, uid: str) -> None:
        """The built-in database has the data of that claim from now on: another one than before is empty."""
        before = self.store.data.get("claim")
        if before == uid:
            return
        if before is not None:
            await self.server.wipe()
        self.store.data["claim"] = uid
        self.store.save()

    async def works(self) -> bool:
        """Whether Coder's code runs, on a database that it knows."""
        version = await self.version()
        return version is not None and not self.database.complaint(version)

    async def satellite_at(self, name: str) -> dict | None:
        """The ready satellite behind the listener of that name: see observed.ready_satellite."""
        url = self.config.satellites[name]["url"]
        every = list(self.clusters.values())
        return await self.memory.ask(("satellite", name), lambda: observed.ready_satellite(every, url))

    async def access(self, provider: dict) -> access.Access:
        """Raises nothing: a lost access is an answer."""
        if provider["cluster"] is None:
            return access.Access({}, f"no cluster at {provider['config']['cluster_address']}")
        cluster = self.clusters[provider["cluster"]]
        return await self.memory.ask(("access", provider["id"]), lambda: access.look(cluster, provider))

    def access_changed(self, provider: dict) -> None:
        self.memory.forget(("access", provider["id"]))

    async def envproxy_ready(self, provider: dict) -> bool:
        async def load() -> bool:
            try:
                found = await observed.deployment(self.clusters[provider["cluster"]], provider["namespace"], "envproxy")
            except observed.KubeError:
                return False
            return bool(found and found.get("status", {}).get("readyReplicas"))

        if provider["cluster"] is None:
            return False
        return await self.memory.ask(("envproxy", provider["id"]), load)


WORLD = web.AppKey("world", World)
LISTENER = web.AppKey("listener", str)


def world_of(request: web.Request) -> World:
    return request.app[WORLD]
