# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A provider as it is to be: created, changed, cordoned, deleted. Private to this collection."""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import provider_change, sessions, times
from ansible_collections.coder.classic.plugins.module_utils._coder.api import Coder
from ansible_collections.coder.classic.plugins.module_utils._coder.providers import find, pick
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError


def run(coder: Coder, params: dict[str, Any], check_mode: bool) -> tuple[bool, dict[str, Any], dict, dict]:
    """(changed, result, before, after)."""
    known = coder.providers()
    provider = find(known, params["name"])
    if params["state"] == "absent":
        changed = provider is not None
        if changed:
            provider_change.delete(coder, provider, check_mode)
        return changed, _timed(coder, {}), provider or {}, {}
    if provider is None and params["new_name"]:
        provider = find(known, params["new_name"])
    if provider is not None:
        return _update(coder, params, provider["id"], check_mode)
    return _create(coder, params, known, check_mode)


def _create(coder: Coder, params: dict[str, Any], known: list, check_mode: bool) -> tuple[bool, dict, dict, dict]:
    if not (params["hostname"] and params["cluster_address"]):
        pick(known, params["name"])
    name = params["new_name"] or params["name"]
    if check_mode:
        after = {"name": name, "status": "pending", "config": {"cluster_address": params["cluster_address"]}}
        after = provider_change.with_fields(after, provider_change.wanted_fields(coder, params, {}))
        return True, _timed(coder, {"provider": after}), {}, {**after, **_cordon(params)}
    created = provider_change.create(coder, name, params["hostname"], params["cluster_address"])
    try:
        _changed, result, _before, after = _update(coder, params, created["id"], check_mode)
    except ClassicError as error:
        error.untouched = (
            f"the new provider {name!r} exists, but this error came before its envproxy token was returned"
        )
        error.next_step = "delete that provider (state: absent) if its token is needed, then run again"
        raise
    token = {"envproxy_token": created.get("envproxy_token")} if params["return_envproxy_token"] else {}
    return True, {**result, **token}, {}, after


def _update(coder: Coder, params: dict[str, Any], provider_id: str, check_mode: bool) -> tuple[bool, dict, dict, dict]:
    before = coder.provider(provider_id)
    fields = provider_change.wanted_fields(coder, params, before)
    after = provider_change.with_fields(before, fields)
    result = _timed(coder, {"provider": after})
    if "enable_net_v2" in fields and not params["consent_in_use"]:
        sessions.demand_none_cut(coder, provider_id, params["name"], params["idle_minutes"])
    if not check_mode:
        if params["cordoned"]:
            coder.cordon(provider_id, params["cordon_reason"])
        if fields:
            after, moment = provider_change.update(coder, before, fields)
            result = {"provider": after, "server_time": times.rfc3339(moment)}
        if params["cordoned"] is False:
            coder.uncordon(provider_id)
    changed = bool(fields) or params["cordoned"] is not None
    return changed, result, before, {**after, **_cordon(params)}


def _cordon(params: dict[str, Any]) -> dict[str, Any]:
    return {} if params["cordoned"] is None else {"cordoned": params["cordoned"]}


def _timed(coder: Coder, result: dict[str, Any]) -> dict[str, Any]:
    return {**result, "server_time": times.rfc3339(coder.server_time())}
