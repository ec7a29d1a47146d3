# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changing a workspace provider: what differs, the write, the proof. Private to this collection."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import versions
from ansible_collections.coder.classic.plugins.module_utils._coder.api import PROVIDER, PROVIDER_CONFIG, Coder
from ansible_collections.coder.classic.plugins.module_utils._coder.lost_answers import (
    delete_once,
    outcome_unknown,
    read_back,
)
from ansible_collections.coder.classic.plugins.module_utils._coder.providers import find
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

Provider = Mapping[str, Any]

# What Coder sets itself.
_OBSERVED = {"id", "status", "status_message"}


def wanted_fields(coder: Coder, params: Mapping[str, Any], provider: Provider) -> dict[str, Any]:
    """What was given and differs from the provider, flat: ``{"enable_net_v2": True, "config.ssh_enabled": False}``."""
    wanted: dict[str, Any] = {}
    if params["new_name"] is not None:
        wanted["name"] = params["new_name"]
    if params["net_v2"] is not None and _net_v2_is_an_option(coder, params["net_v2"]):
        wanted["enable_net_v2"] = params["net_v2"]
    if params["external_connect"] is not None:
        wanted["config.ssh_enabled"] = params["external_connect"]
    return different(flat(provider), wanted)


def flat(provider: Provider) -> dict[str, Any]:
    """The fields that an update may send, those of the config as ``config.<field>``. Pure."""
    config = provider.get("config") or {}
    own = {field: provider[field] for field in PROVIDER if field in provider and field not in _OBSERVED}
    return {**own, **{f"config.{field}": config[field] for field in PROVIDER_CONFIG if field in config}}


def different(seen: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The wanted ones of two flat mappings that are seen otherwise or not at all. Pure.

    A list is one of ids, whose order means nothing.
    """

    def same(one: Any, other: Any) -> bool:
        if isinstance(one, list) and isinstance(other, list):
            return sorted(map(str, one)) == sorted(map(str, other))
        return one == other

    return {field: value for field, value in wanted.items() if field not in seen or not same(seen[field], value)}


def with_fields(provider: Provider, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The provider as it should be after the flat fields were sent. Pure."""
    changed = dict(provider)
    for field, value in fields.items():
        outer, _dot, inner = field.partition(".")
        changed[outer] = {**(changed.get(outer) or {}), inner: value} if inner else value
    return changed


def body(provider: Provider, fields: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    """What is sent for flat fields. Pure.

    A changed config goes along whole, with what is not known here (config, as Coder has it: tolerations for example):
    nothing public shows whether Coder merges or replaces it.
    """
    whole = {**provider, "config": {**config, **(provider.get("config") or {})}}
    changed = with_fields(whole, fields)
    return {outer: changed[outer] for outer in dict.fromkeys(field.partition(".")[0] for field in fields)}


def create(coder: Coder, name: str, hostname: str, cluster_address: str) -> dict[str, Any]:
    """``{id, name, status, envproxy_token}``. A lost answer is an error that says whether the provider exists now."""
    try:
        return coder.create_provider(name, hostname, cluster_address)
    except ClassicError as error:
        if outcome_unknown(error) and find(coder.providers(), name):
            error.untouched = f"the provider {name!r} exists now, but Coder's answer with its envproxy token was lost"
            error.next_step = "delete that provider (state: absent) and run again"
        raise


def update(coder: Coder, before: Provider, fields: Mapping[str, Any]) -> tuple[dict[str, Any], datetime]:
    """Send the flat fields once and prove the outcome: (the provider as read again, Coder's time of the change).

    Raises ClassicError ``verify_failed`` when Coder took the request without effect, or when a field that was not to be
    changed is another one afterwards; that one is put back first.
    """
    lost = None
    _unused, config = coder.provider_and_config(before["id"])
    try:
        coder.update_provider(before["id"], body(before, fields, config))
    except ClassicError as error:
        if not outcome_unknown(error):
            raise
        lost = error
    moment = coder.server_time()
    after, config_after = read_back(
        lambda: coder.provider_and_config(before["id"]), f"the change of provider {before.get('name')!r}"
    )
    if lost:
        # Without an answer the change may have come at any time until it is seen.
        moment = coder.server_time()
    missed = different(flat(after), fields)
    if missed and lost:
        raise lost
    untouched = {field: value for field, value in flat(before).items() if field not in fields}
    spoiled = different(flat(after), untouched) | _spoiled_unseen(config, config_after)
    if spoiled:
        raise _put_back(coder, before, after, {**config_after, **config}, spoiled)
    if missed:
        seen = ", ".join(f"{field}={flat(after).get(field)!r}" for field in missed)
        raise _verify_failed(
            f"Coder accepted the change of provider {before.get('name')!r} but did not make it",
            coder,
            before,
            f"read again, it has {seen}",
            "nothing else was changed",
        )
    return after, moment


def delete(coder: Coder, provider: Provider, check_mode: bool) -> None:
    """Refuses what Coder would refuse, with the reason; deletes unless check mode; demands that it is gone."""
    name = provider.get("name")
    if provider.get("built_in"):
        raise _refused(coder, name, "it is the built-in one", "leave it")
    left = [str(row.get("name")) for row in coder.provider_workspaces(provider["id"])]
    if left:
        why = f"it still has {len(left)} workspaces: {', '.join(sorted(left))}"
        raise _refused(coder, name, why, "delete or move these workspaces, then run again")
    if check_mode:
        return
    delete_once(
        lambda: coder.delete_provider(provider["id"]),
        lambda: any(row.get("id") == provider["id"] for row in coder.providers()),
    )


def _net_v2_is_an_option(coder: Coder, wanted: bool) -> bool:
    version = coder.version()
    mode = versions.net_v2_mode(version)
    if mode == "option":
        return True
    if mode == "absent" and wanted:
        raise versions.too_old(version, "Networking v2", coder.transport.url)
    if mode == "always" and not wanted:
        raise ClassicError(
            f"Coder {version} cannot switch Networking v2 off",
            code="unsupported_version",
            where=coder.transport.url,
            why="from 1.22 on it is always on",
            untouched="nothing was changed",
            next_step="leave net_v2 out, or set it to true",
        )
    return False


def _spoiled_unseen(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What of the config that is not known here is lost or another one, flat."""
    unseen = {field: value for field, value in before.items() if field not in PROVIDER_CONFIG}
    return {f"config.{field}": value for field, value in different(after, unseen).items()}


def _put_back(
    coder: Coder, before: Provider, after: Provider, config: Mapping[str, Any], spoiled: Mapping[str, Any]
) -> ClassicError:
    names = ", ".join(sorted(spoiled))
    try:
        coder.update_provider(before["id"], body(after, spoiled, config))
        now, config_now = coder.provider_and_config(before["id"])
        left = different({**{f"config.{field}": value for field, value in config_now.items()}, **flat(now)}, spoiled)
    except ClassicError:
        left = spoiled
    return _verify_failed(
        f"Changing provider {before.get('name')!r} also changed what was not sent: {names}",
        coder,
        before,
        "Coder, or somebody at the same time, changed these fields",
        f"could not be put back: {', '.join(sorted(left))}" if left else f"{names}: put back to what it was",
        # Names only of what is not known here: it may be secret.
        details={"fields": {field: _told(field, value) for field, value in spoiled.items()}, "put_back": not left},
    )


def _told(field: str, value: Any) -> Any:
    _outer, _dot, inner = field.partition(".")
    return value if not inner or inner in PROVIDER_CONFIG else "(not shown)"


def _verify_failed(
    what: str, coder: Coder, before: Provider, why: str, untouched: str, details: Any = None
) -> ClassicError:
    return ClassicError(
        what,
        code="verify_failed",
        where=f"provider {before.get('name')} ({before.get('id')}) at {coder.transport.url}",
        why=why,
        untouched=untouched,
        next_step="look at the provider in Coder's dashboard (Manage > Providers), then run again",
        details=details,
    )


def _refused(coder: Coder, name: Any, why: str, next_step: str) -> ClassicError:
    return ClassicError(
        f"The provider {name!r} cannot be deleted",
        code="refused",
        where=coder.transport.url,
        why=why,
        untouched="nothing was changed",
        next_step=next_step,
    )
