# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rebuilds of one provider from their options to their result. Private to this collection."""

from __future__ import annotations

import time
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import (
    rebuild_order,
    rebuild_result,
    times,
    tls,
    websockets,
)
from ansible_collections.coder.classic.plugins.module_utils._coder.api import Coder
from ansible_collections.coder.classic.plugins.module_utils._coder.builds import Builds, Limits
from ansible_collections.coder.classic.plugins.module_utils._coder.libraries import require
from ansible_collections.coder.classic.plugins.module_utils._coder.providers import pick
from ansible_collections.coder.classic.plugins.module_utils._coder.urls import check_url
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

# What an option must be at least.
LEAST = {"parallel": 1, "build_timeout": 1, "deadline": 1, "max_failures": 0, "idle_minutes": 0}


def run(
    coder: Coder, params: dict[str, Any], check_mode: bool, **tools: Any
) -> tuple[bool, dict[str, Any], dict, dict]:
    """(changed, result, before, after); tools are those of Builds, its clock among them."""
    demand_usable(params)
    wishes = rebuild_order.Wishes(
        params["only"],
        params["leave"],
        times.parse(params["built_before"]),
        params["idle_minutes"],
        params["consent_in_use"],
        params["off_before"],
    )
    deadline = tools.get("clock", time.monotonic)() + params["deadline"]
    limits = Limits(params["parallel"], params["max_failures"], params["build_timeout"], deadline)
    provider_id = pick(coder.providers(), params["provider"])["id"]
    builds = Builds(coder, provider_id, wishes, limits, stop_again=params["stop_again"], **tools)
    found = coder.provider_workspaces(provider_id) if check_mode else builds.await_builds()
    selection = rebuild_order.select(found, wishes, coder.server_time())
    queue = rebuild_order.queue(selection, params["canary"], params["canary_only"])
    left_on = [row for row in selection.built if params["stop_again"] and rebuild_order.left_on(row, wishes)]
    if check_mode:
        result = _planned(selection, queue[:1] if params["canary_only"] else queue, left_on)
    else:
        result = _rebuild(builds, params, selection, queue, left_on)
        _demand_good(result, builds, params, selection)
    before = {row["id"]: {"name": row.get("name"), "last_built_at": row.get("last_built_at")} for row in found}
    after = {**before, **{row["id"]: {"name": row["name"], "last_built_at": "now"} for row in result["rebuilt"]}}
    return bool(result["rebuilt"] or result["failures"] or result["stopped_again"]), result, before, after


def demand_usable(params: dict[str, Any]) -> None:
    """ClassicError (``invalid``) for what would else be noticed only after the first rebuild. Reads a file at most."""
    for option, least in LEAST.items():
        if params[option] < least:
            raise ClassicError(
                f"{option} must be at least {least}",
                code="invalid",
                untouched="nothing was read or changed",
                next_step=f"correct the option {option}, then run again",
            )
    if params["connect_url"]:
        require("websocket-client", websockets.websocket)
        check_url(params["connect_url"])
        tls.context(params["connect_ca_path"])


def _planned(selection: rebuild_order.Selection, queue: list, left_on: list) -> dict[str, Any]:
    rebuilt = [{"id": row["id"], "name": row.get("name"), "was": selection.kinds[row["id"]]} for row in queue]
    made = {"rebuilt": rebuilt, "failures": [], "not_rebuilt": []}
    stopped = [str(row.get("name")) for row in left_on]
    return {**rebuild_result.result(selection, made, queue[0] if queue else None, None), "stopped_again": stopped}


def _rebuild(
    builds: Builds, params: dict[str, Any], selection: rebuild_order.Selection, queue: list, left_on: list
) -> dict[str, Any]:
    tried, rest = builds.first(queue, params["canary_only"])
    failed, reachable, connect = bool(builds.record.failures), True, None
    subject = tried or rebuild_order.newest_running(selection)
    if params["connect_url"] and subject and not failed:
        connect = builds.connect(params["connect_url"], subject, params["connect_ca_path"], params["timeout"])
        reachable = connect["reachable"]
    if tried and reachable and not failed:
        builds.stop_canary(tried)
    if not params["canary_only"]:
        if failed or not reachable:
            builds.record.give_up(rest, "the canary failed" if failed else "the canary is not reachable")
        else:
            builds.rebuild(rest)
    stopped = builds.stop_left_on(left_on)
    return {**rebuild_result.result(selection, builds.record.made, tried, connect), "stopped_again": stopped}


def _demand_good(
    result: dict[str, Any], builds: Builds, params: dict[str, Any], selection: rebuild_order.Selection
) -> None:
    one_was_enough = params["canary_only"] and (result["canary"] or selection.built)
    rebuild_result.demand_good(
        result,
        f"provider {params['provider']} at {builds.coder.transport.url}",
        max_failures=params["max_failures"],
        why_stopped=builds.why_stopped(),
        fail_on_skipped=params["fail_on_skipped"] and not one_was_enough,
    )
