# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is told of the main deployment's release: record, database, TLS. Pure. Private to this collection."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import times
from ansible_collections.coder.classic.plugins.module_utils._deployment.observe.observation import CHART, MAIN
from ansible_collections.coder.classic.plugins.module_utils._deployment.tell import numbers
from ansible_collections.coder.classic.plugins.module_utils._deployment.tell.findings import named
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

Seen = dict[str, Any]

#: What Chart.yaml in git says in every tag up to 1.22.3; packaging sets the real one (coder-charts.md).
UNPACKAGED = "1.19.0"
DATABASE = "timescale"


def describe(seen: Seen) -> dict[str, Any]:
    """``deployment.release``; pending_seconds is only told of a status that a running or killed helm leaves."""
    wanted, cluster = seen["wanted"], seen["cluster"]
    release = cluster["release"]
    told = {
        "name": wanted["release"],
        "namespace": wanted["namespace"],
        "exists": release is not None if cluster["release_seen"] else None,
        "candidates": [f"{row['name']} in namespace {row['namespace']}" for row in candidates(cluster)],
        **dict.fromkeys(("revision", "status", "updated", "description", "pending_seconds", "is_satellite")),
        "managed_by": managed_by(cluster, wanted["release"]),
        "pinned_images": {},
        "removed_apis": [],
    }
    if release is None:
        return told
    return {
        **told,
        **{key: release[key] for key in ("revision", "status", "updated", "description", "removed_apis")},
        "pending_seconds": _pending_seconds(release, seen["coder"]["server_time"]),
        "is_satellite": release["values"]["satellite"],
        "pinned_images": release["values"]["pinned_images"],
    }


def chart(release: Seen | None) -> dict[str, Any]:
    keys = {"name": "chart", "version": "chart_version", "app_version": "app_version"}
    return {key: release[of] if release else None for key, of in keys.items()}


def version(release: Seen | None) -> str | None:
    """Of what Coder the chart is: its appVersion where that is one, else its version, unless that is the one from git."""
    if release is None:
        return None
    told = numbers.plain(release["app_version"])
    if told is None or told == UNPACKAGED:
        told = numbers.plain(release["chart_version"])
    return None if told == UNPACKAGED else told


def candidates(cluster: Seen) -> list[Seen]:
    """Other releases of the same chart; satellites are among them."""
    return [row for row in cluster["candidates"] if row["chart"] == CHART]


def managed_by(cluster: Seen, release: str) -> dict[str, list[str]]:
    """``Kind/name`` → tools that bring it back to the state of a repository, of the deployment's live objects.

    These are the release's own; where a tool renders by itself there is no helm annotation, so that the names count.
    """
    stored = (cluster["release"] or {}).get("stored") or {}
    found = {}
    for kind, rows in (("Deployment", "deployments"), ("Service", "services")):
        names = {row["name"] for row in stored.get(rows) or []} or set(MAIN)
        for row in cluster[rows] or []:
            if row["tools"] and (row["owner"] == release or (row["owner"] is None and row["name"] in names)):
                found[named({"kind": kind, "name": row["name"]})] = row["tools"]
    return found


def tls(release: Seen | None, secrets: list[str] | None) -> dict[str, Any] | None:
    """``{host, devurls, ca_secret, missing}``: names of Secrets; missing are those not there, None where none were listed."""
    if release is None:
        return None
    names = release["values"]["tls"]
    absent = sorted({name for name in names.values() if name and name not in (secrets or [])})
    return {**names, "ca_secret": release["values"]["ca_secret"], "missing": None if secrets is None else absent}


def database(release: Seen | None) -> dict[str, Any] | None:
    """``{kind, host, port, user, database, ssl_mode, password_secret}``; by the stored manifest, not by the values' flag."""
    if release is None:
        return None
    given = release["values"]["database"]
    if DATABASE in release["stored"]["stateful_sets"]:
        # What postgres.* says besides is not read by the chart then.
        given, kind = dict.fromkeys(given), "built_in"
    else:
        kind = "external"
    keys = {"ssl_mode": "sslMode", "password_secret": "passwordSecret"}
    plain = ("host", "port", "user", "database")
    return {"kind": kind, **{key: given[key] for key in plain}, **{key: given[of] for key, of in keys.items()}}


def _pending_seconds(release: Seen, now: str | None) -> int | None:
    if not str(release["status"]).startswith("pending-"):
        return None
    try:
        since = times.parse(release["updated"])
    except ClassicError:
        since = None
    return None if since is None else max(0, int(((times.parse(now) or datetime.now(UTC)) - since).total_seconds()))
