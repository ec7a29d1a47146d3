# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Coder does by itself: take a provider's token when its envproxy comes up, and build what waits for that."""

from __future__ import annotations

import asyncio
import logging

from . import access, builds
from .kube import KubeError
from .world import World

log = logging.getLogger("lab.simulator")
EVERY_SECONDS = 0.5


async def watch(world: World) -> None:
    """Runs until cancelled; asks no cluster while nothing is waited for."""
    while True:
        try:
            await look(world)
        except Exception:
            log.exception("watcher")
        await asyncio.sleep(EVERY_SECONDS)


async def look(world: World) -> None:
    without = [p for p in world.providers.values() if not p["service_account_token"] and p["cluster"]]
    waiting = [w for w in world.workspaces.values() if w["wanted_on"] and not w["updating"]]
    if not (without or waiting) or not await world.works():
        return
    for provider in without:
        await take_token(world, provider, world.settings["token_source"])
    for workspace in waiting:
        if world.providers[workspace["provider"]]["service_account_token"]:
            builds.start(world, workspace)


async def take_token(world: World, provider: dict, source: str) -> bool:
    """Whether Coder has a token now. What went wrong is kept as the provider's problem."""
    try:
        token = await access.first_token(world.clusters[provider["cluster"]], provider, source)
        problem = ""
    except KubeError as error:
        token, problem = None, str(error)
    if token or problem != provider["token_problem"]:
        provider.update(service_account_token=token or provider["service_account_token"], token_problem=problem)
        world.access_changed(provider)
        world.store.save()
        log.info("provider %s: %s", provider["name"], problem or "token taken")
    return token is not None
