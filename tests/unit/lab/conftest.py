# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A running simulator without clusters."""

from __future__ import annotations

import asyncio
import base64
import contextlib

import aiohttp
import pytest
from unit.lab.simulated import (
    ENVPROXY_TOKEN,
    PROVIDER_TOKEN,
    SECRETS,
    Client,
    FakeCluster,
    FakeDatabase,
    FakeServer,
    make_config,
)

from lab.simulator import app
from lab.simulator.state import open_store
from lab.simulator.tls import Certificates
from lab.simulator.world import World


@pytest.fixture
def lab(tmp_path):
    """Runs a scenario ``async (client) -> None`` against a running simulator with main deployment and envproxy."""

    def run(scenario, *, envproxy_token=ENVPROXY_TOKEN, deployed=True, built_in=False):
        async def main():
            settings, cluster = make_config(tmp_path, built_in), FakeCluster()
            if deployed:
                cluster.deploy("coder", "coderd")
                cluster.deploy("ns", "envproxy", CEMANAGER_TOKEN=envproxy_token)
                cluster.objects[SECRETS.format("ns") + "coder-token-x"] = {
                    "metadata": {"annotations": {"kubernetes.io/service-account.name": "coder"}},
                    "data": {"token": base64.b64encode(PROVIDER_TOKEN.encode()).decode()},
                }
            certificates = Certificates(settings.certificates_dir, settings.ca_path)
            store = open_store(settings, {"one": cluster.server}, app.datetime.now(app.UTC))
            world = World(settings, store, {"one": cluster}, certificates, FakeDatabase(), FakeServer())
            stop = asyncio.Event()
            serving = asyncio.ensure_future(app.serve(settings, world, stop))
            async with aiohttp.ClientSession(trust_env=False) as session:
                client = Client(settings, session, world, cluster)
                for _unused in range(100):
                    with contextlib.suppress(aiohttp.ClientError):
                        await client.control("GET", "/health")
                        break
                    await asyncio.sleep(0.02)
                try:
                    await asyncio.wait_for(scenario(client), 20)
                finally:
                    stop.set()
                    await serving

        asyncio.run(main())

    return run
