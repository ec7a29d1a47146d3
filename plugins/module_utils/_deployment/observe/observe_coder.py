# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One look at the main deployment, by Coder's API; nothing is written. Private to this collection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import times, versions
from ansible_collections.coder.classic.plugins.module_utils._coder.api import Coder
from ansible_collections.coder.classic.plugins.module_utils._deployment.observe import observation
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._region.observe.observe_coder import ADMINS
from ansible_collections.coder.classic.plugins.module_utils._region.observe.together import together


def look(coder: Coder) -> dict[str, Any]:
    """observation.coder, with at most five requests: who we are, the version where no answer tells it, and three lists.

    The first failure ends it, since what follows would fail for the same reason; the lists fail each by itself.
    """
    seen = observation.coder(coder.transport.url)
    try:
        # Refused or not, its answer may tell the version.
        user, refused = _tried(coder.me)
        seen["version"] = coder.transport.version if refused else coder.version()
        if refused:
            raise refused
        seen["user"], seen["server_time"] = user, times.rfc3339(coder.server_time())
    except ClassicError as error:
        seen["problems"].append(error.failure)
        return seen
    # Whoever is no administrator is refused all of it.
    if ADMINS & set(user.get("roles") or []):
        seen.update(together(_lists(coder, seen["version"]), seen["problems"]))
    return seen


def _tried(read: Callable[[], dict[str, Any]]) -> tuple[dict[str, Any], ClassicError | None]:
    try:
        return read(), None
    except ClassicError as error:
        return {}, error


def _lists(coder: Coder, version: str | None) -> dict[str, Callable[[], Any]]:
    reads: dict[str, Callable[[], Any]] = {
        "providers": coder.providers,
        "workspaces": lambda: counted(coder.workspaces()),
    }
    try:
        are_there_satellites = versions.satellites_supported(version)
    except ClassicError:
        # A version that is not known is a blocker of its own.
        are_there_satellites = False
    if are_there_satellites:
        reads["satellites"] = coder.satellites
    return reads


def counted(workspaces: list[dict[str, Any]]) -> dict[str, dict[str, int]]:
    """Provider id → ``{total, on}``. Pure."""
    found: dict[str, dict[str, int]] = {}
    for row in workspaces:
        of = found.setdefault(str(row.get("resource_pool_id")), {"total": 0, "on": 0})
        of["total"] += 1
        of["on"] += row["latest_stat"].get("container_status") == "ON"
    return found
