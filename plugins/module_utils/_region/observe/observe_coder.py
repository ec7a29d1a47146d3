# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One look at the main deployment, by Coder's API; nothing is written. Private to this collection."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import providers, versions
from ansible_collections.coder.classic.plugins.module_utils._coder.api import Coder
from ansible_collections.coder.classic.plugins.module_utils._coder.satellite_key import fetch_key
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._region.observe import observation

# The roles that may see providers and satellites.
ADMINS = {"site-admin", "site-manager"}


def look(coder: Coder, params: dict[str, Any], *, fetch: Callable[..., dict[str, str]] = fetch_key) -> dict[str, Any]:
    """observation.coder. The first failure ends it, since the following reads would fail for the same reason."""
    seen = observation.coder(coder.transport.url)
    # Asked at the same time; which of the answers count is decided one after the other.
    with ThreadPoolExecutor(max_workers=3) as pool:
        user, key = pool.submit(coder.me), pool.submit(_own_key, coder, fetch)
        try:
            # Its answer tells the version as well, also one that refuses.
            seen["version"] = coder.transport.version if user.exception() else coder.version()
            seen["user"] = user.result()
            seen["server_time"] = coder.server_time()
            seen["skew_seconds"] = (datetime.now(UTC) - seen["server_time"]).total_seconds()
            if ADMINS & set(seen["user"].get("roles") or []):
                _look_as_admin(coder, params, seen, pool)
            seen["key"] = key.result()
        except ClassicError as error:
            seen["problems"].append(error.failure)
    return seen


def _look_as_admin(coder: Coder, params: dict[str, Any], seen: dict[str, Any], pool: ThreadPoolExecutor) -> None:
    # A version that is not known is a blocker of its own.
    are_there_satellites = seen["version"] and versions.satellites_supported(seen["version"])
    satellites = pool.submit(coder.satellites) if are_there_satellites else None
    seen["providers"] = coder.providers()
    provider = _picked(seen["providers"], params["provider"])
    if provider is not None:
        seen["workspaces"] = coder.provider_workspaces(provider["id"])
        seen["leave_unknown"] = _unknown(coder, params["leave_workspaces"], seen["workspaces"])
    if satellites is not None:
        seen["satellites"] = satellites.result()


def _picked(known: list[dict[str, Any]], name: str) -> Any:
    try:
        return providers.find(known, name)
    except ClassicError:
        # Several of one name: said by the blocker that finds none or too many.
        return None


def _unknown(coder: Coder, names: list[str], of_provider: list[dict[str, Any]]) -> list[str]:
    """The names that no workspace has: the list may be for the whole region, so other providers' ones count too."""
    missing = _not_among(names, of_provider)
    return _not_among(missing, coder.workspaces()) if missing else []


def _not_among(names: list[str], workspaces: list[dict[str, Any]]) -> list[str]:
    return [name for name in names if not any(name in (row.get("id"), row.get("name")) for row in workspaces)]


def _own_key(coder: Coder, fetch: Callable[..., dict[str, str]]) -> dict[str, str] | None:
    transport = coder.transport
    try:
        return fetch(
            transport.origin,
            ca_path=transport.ca_path,
            timeout=transport.timeout,
            authorization=transport.proxy_authorization,
        )
    except ClassicError as error:
        # A main deployment that serves no key cannot be mistaken for a satellite.
        if error.code in ("not_found", "not_json"):
            return None
        raise
