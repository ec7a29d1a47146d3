# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shape of what was seen of the main deployment; None is "not seen".

Filled by observe_*.py (I/O), read by _deployment.tell and _deployment.judge (pure). ``problems`` are ClassicError.failure
dicts. Nothing here holds a secret: of values, Secrets and pods only what is named here is taken. Private to this collection.
"""

from __future__ import annotations

from typing import Any

#: The chart of the main deployment, and of satellites too.
CHART = "coder"
#: The main Deployment, named by whether the values have the key cemanager (coder-charts.md).
MAIN = ("coderd", "cemanager")


def coder(url: str) -> dict[str, Any]:
    """providers and satellites as _coder.api answers; server_time in UTC (RFC 3339).

    workspaces: provider id → ``{total, on}``, on being those whose container_status is ON.
    """
    return {
        "url": url,
        "problems": [],
        "version": None,
        "user": None,
        "server_time": None,
        "providers": None,
        "satellites": None,
        "workspaces": None,
    }


def cluster(where: str | None) -> dict[str, Any]:
    """The main deployment's cluster; source is who said which it is (Cluster.source), version the API server's.

    release: None for "no such release" when release_seen; else ``{name, namespace, revision, status, chart, chart_version,
    app_version, updated, description, values, stored, removed_apis}``: values is that of values.py, stored
    ``{deployments, services, stateful_sets}`` of its manifest in the shape of the live ones. candidates: releases that may
    be meant instead.

    deployments: ``{name, labels (of its pods), images (container → image), owner (release), tools (gitops.py), replicas,
    updated, ready}``; services: ``{name, type, ports, selector, address, owner, tools}``; stateful_sets (stored only): names.
    secrets: the names of the namespace's Secrets.
    """
    return {
        "where": where,
        "source": None,
        "problems": [],
        "uid": None,
        "version": None,
        "release_seen": False,
        "release": None,
        "candidates": [],
        "deployments": None,
        "services": None,
        "secrets": None,
    }
