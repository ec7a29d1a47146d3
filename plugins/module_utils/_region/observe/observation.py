# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shape of what was seen of one workspace provider and its region's satellite; None is "not seen".

Filled by observe_*.py (I/O), read by report.py and the blockers (pure). ``problems`` are ClassicError.failure dicts.
Private to this collection.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._region import record

# The chart of every workspace provider but the built-in one, which has none of its own.
CHART = "workspace-provider"


def coder(url: str) -> dict[str, Any]:
    """providers, satellites, workspaces (of the provider): as _coder.api answers; key: what the URL serves itself.

    server_time is a datetime (UTC), skew_seconds this host's clock minus Coder's, leave_unknown the names in
    leave_workspaces that no workspace of the deployment has.
    """
    return {
        "url": url,
        "problems": [],
        "version": None,
        "user": None,
        "server_time": None,
        "skew_seconds": None,
        "providers": None,
        "satellites": None,
        "workspaces": None,
        "leave_unknown": [],
        "key": None,
    }


def cluster(where: str | None) -> dict[str, Any]:
    """The provider's cluster; source is who said which it is (Cluster.source), url that of its API server.

    release: None for "no such release" when release_seen; else ``{name, namespace, revision, status, chart,
    chart_version, app_version, updated, description, record_bytes, interrupted_sealing, removed_apis, must_stay}``, must_stay being
    ``{kind, name, reason, kept, live, uid, owner, hand_kept, tools}``; tools are those of gitops.py. candidates: other
    releases that may be meant. access: ``{kind, name, live, uid, owner}`` of each of access_objects.roots. recorded: "Kind/name" →
    UID now, of each key of the record's kept_uids whose kind is served. envproxy: ``{exists, replicas, ready,
    manifest_replicas, tools, pods, terminating: [{name, since}]}``. rights: step → missing rights as texts; user: whose, where any is missing. candidate:
    release_report.compared of the chart to come, with its name and version. namespace_terminating: namespaces.terminating,
    None also where that may not be read.
    """
    return {
        "where": where,
        "source": None,
        "url": None,
        "problems": [],
        "uid": None,
        "version": None,
        "release_seen": False,
        "release": None,
        "candidates": [],
        "access": None,
        "recorded": {},
        "envproxy": None,
        "token_secret": None,
        "record": dict(record.EMPTY),
        "record_seen": False,
        "rights": {},
        "user": None,
        "candidate": None,
        "namespace_terminating": None,
    }


def satellite(where: str | None) -> dict[str, Any]:
    """The satellite's cluster and its URL.

    release: ``{revision, status, chart_version, values_sha256}``; ready: its Deployment, tools: who else manages that
    (gitops.py); foreign: "Kind/name" of what makes the chart render the old stack (coder-charts.md); address: ips and
    hostnames of its Service, waiting: why pods are not ready, both None when that may not be read; public_key from its
    Secret; served: what the URL serves, or served_problem; same_key: whether both are one; version: the URL's header
    coder-version; namespace_exists: None when that may not be read; mark: the release that the ConfigMap beside it names as
    installed from here; backed_up: whether a backup on the control node has its key, None where there is no place for
    backups or no key; namespace_terminating, rights, user: see cluster().
    """
    return {
        "where": where,
        "source": None,
        "problems": [],
        "uid": None,
        "release_seen": False,
        "release": None,
        "ready": None,
        "tools": [],
        "address": None,
        "waiting": None,
        "foreign": None,
        "public_key": None,
        "served": None,
        "served_problem": None,
        "same_key": None,
        "version": None,
        "namespace_exists": None,
        "mark": None,
        "backed_up": None,
        "namespace_terminating": None,
        "rights": {},
        "user": None,
    }


def primary(where: str | None) -> dict[str, Any]:
    """The cluster of the main deployment."""
    return {"where": where, "source": None, "problems": [], "uid": None, "rights": {}, "user": None}
