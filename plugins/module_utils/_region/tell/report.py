# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""From an observation to what is told of a region: the parts of the module's answer. Pure.

Private to this collection.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import times, versions
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._region.judge.satellite_chart import to_be_deployed
from ansible_collections.coder.classic.plugins.module_utils._region.observe import observation
from ansible_collections.coder.classic.plugins.module_utils._region.tell import report_workspaces
from ansible_collections.coder.classic.plugins.module_utils._region.tell.findings import named

Seen = dict[str, Any]


def describe(seen: Seen) -> dict[str, Any]:
    """``{region, deployment, provider, cluster, clusters, release, envproxy, satellite, workspaces, record}``; None: not seen.

    phase.py, plan.py and next_step.py decide by this alone.
    """
    wanted, coder, cluster = seen["wanted"], seen["coder"], seen["cluster"]
    provider = _provider(wanted["provider"], coder, cluster["record"])
    release = {**_release(wanted, cluster), "chart_wanted": wanted["chart_version"] or coder["version"]}
    return {
        "region": wanted["region"],
        "deployment": _deployment(coder),
        "provider": provider,
        "cluster": {key: cluster[key] for key in ("where", "uid", "version")},
        "clusters": _clusters(seen),
        "release": release,
        "envproxy": _envproxy(cluster["envproxy"], coder["server_time"]),
        "satellite": {
            **_satellite(wanted["satellite"], coder, seen["satellite"]),
            "used_by": _users(wanted["other_providers"], coder),
        },
        "workspaces": report_workspaces.describe(seen, provider["net_v2"]),
        "record": {**cluster["record"], "seen": cluster["record_seen"]},
        "wishes": {"external_connect": wanted["external_connect"]},
    }


def _clusters(seen: Seen) -> list[dict[str, Any]]:
    """Each cluster that the region has to do with: what it is for, where it is, its UID and who said that it is this one."""
    parts = {"provider": seen["cluster"], "satellite": seen["satellite"], "main deployment": seen["primary"]}
    return [{"of": of, **{key: part[key] for key in ("where", "uid", "source")}} for of, part in parts.items() if part]


def net_v2_mode(version: str | None) -> str | None:
    """versions.net_v2_mode, or None for a version that is not known."""
    try:
        return versions.net_v2_mode(version)
    except ClassicError:
        return None


def _deployment(coder: Seen) -> dict[str, Any]:
    user, now = coder["user"] or {}, coder["server_time"]
    return {
        "url": coder["url"],
        "version": coder["version"],
        "net_v2_mode": net_v2_mode(coder["version"]),
        "user": user.get("username"),
        "roles": user.get("roles") or [],
        "server_time": times.rfc3339(now) if now else None,
    }


def _provider(name: str, coder: Seen, record: Seen) -> dict[str, Any]:
    """The provider as Coder tells it, and net_v2: whether it runs without envproxy, whatever the version calls that.

    in_order: whether its status is what it must be. A cordon may change it ("uncordoning changes its status to Ready", the
    public client says, and nothing says from what), so while we hold one, only error is not.
    """
    named = [row for row in coder["providers"] or [] if row.get("name") == name]
    mode = net_v2_mode(coder["version"])
    if len(named) != 1 or mode is None:
        return {"name": name, "status": None, "net_v2": None, "in_order": False}
    status, cordoned = named[0].get("status"), bool(record["cordoned_at"])
    net_v2 = bool(named[0].get("enable_net_v2")) if mode == "option" else mode == "always"
    return {**named[0], "net_v2": net_v2, "in_order": status == "ready" or (cordoned and status != "error")}


def _release(wanted: Seen, cluster: Seen) -> dict[str, Any]:
    release, name = cluster["release"], wanted["release"]
    told = {
        "name": name,
        "namespace": wanted["namespace"],
        "exists": release is not None if cluster["release_seen"] else None,
        "candidates": [f"{row['name']} in namespace {row['namespace']}" for row in _providers_charts(cluster)],
        "access": [
            {**row, "other_release": other_release(row["owner"], name, cluster)} for row in cluster["access"] or []
        ],
        "recorded": cluster["recorded"],
        "must_stay": [],
        "interrupted_sealing": False,
        "sealed": False,
        "kept_uids": {},
    }
    if release is None:
        return told
    keys = (
        "revision",
        "status",
        "chart",
        "chart_version",
        "app_version",
        "updated",
        "removed_apis",
        "interrupted_sealing",
    )
    staying = release["must_stay"]
    return {
        **told,
        **{key: release[key] for key in keys},
        "must_stay": [{key: row[key] for key in _STAYING} for row in staying],
        # A revision that stopped half-way proves nothing, although helm would go by its manifest.
        "sealed": release["status"] in ("deployed", "uninstalling")
        and bool(staying)
        and all(row["kept"] for row in staying),
        "kept_uids": {named(row): row["uid"] for row in staying if row["live"]},
    }


def other_release(owner: str | None, name: str, cluster: Seen) -> str | None:
    """The release that a live object names as its owner, if that is another one than ours (name) and not long gone."""
    if owner in (None, name):
        return None
    living = {row["name"] for row in cluster["candidates"]}
    return owner if cluster["release"] is not None or owner in living else None


_STAYING = ("kind", "name", "kept", "live", "uid", "reason")


def _providers_charts(cluster: Seen) -> list[dict[str, Any]]:
    return [row for row in cluster["candidates"] if row["chart"] == observation.CHART]


def _envproxy(envproxy: Seen | None, now: datetime | None) -> dict[str, Any]:
    if envproxy is None:
        return {
            "exists": None,
            "replicas": None,
            "ready": None,
            "manifest_replicas": None,
            "terminating": [],
            "off": None,
        }
    return {
        **{key: envproxy[key] for key in ("exists", "replicas", "ready", "manifest_replicas")},
        "terminating": [
            {
                "name": pod["name"],
                "seconds": int((now - pod["since"]).total_seconds()) if now and pod["since"] else None,
            }
            for pod in envproxy["terminating"]
        ],
        "off": envproxy["replicas"] == 0 and envproxy["pods"] == 0,
    }


def _satellite(wanted: Seen, coder: Seen, seen: Seen) -> dict[str, Any]:
    release, served = seen["release"] or {}, seen["served"]
    registered = next((row for row in coder["satellites"] or [] if row.get("name") == wanted["name"]), None)
    return {
        "name": wanted["name"],
        "url": wanted["url"],
        "where": seen["where"],
        "cluster_uid": seen["uid"],
        "deployed": seen["release"] is not None,
        "status": release.get("status"),
        "revision": release.get("revision"),
        "chart_version": release.get("chart_version"),
        "values_sha256": release.get("values_sha256"),
        "to_be_deployed": to_be_deployed(
            release, {**wanted, "chart_version": wanted["chart_version"] or coder["version"]}
        ),
        "ours": seen["mark"] is not None and seen["mark"] == wanted["release"],
        "backed_up": seen["backed_up"],
        "ready": bool(seen["ready"]),
        "namespace_exists": seen["namespace_exists"],
        "address": seen["address"] or [],
        "waiting": seen["waiting"] or [],
        "version": seen["version"],
        "public_key": seen["public_key"],
        "served_fingerprint": served["fingerprint"] if served else None,
        "key_proved": bool(seen["same_key"]),
        "registered": registered is not None,
        "registered_fingerprint": registered.get("fingerprint") if registered else None,
        "namespace_clean": None if seen["foreign"] is None else not seen["foreign"],
    }


def _users(others: list[str], coder: Seen) -> list[str]:
    """Those of the other providers with this satellite that live on it."""
    return [row["name"] for row in coder["providers"] or [] if row.get("name") in others and row.get("enable_net_v2")]
