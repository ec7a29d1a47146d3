# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``lab.json``: everything that somebody who uses the lab must know. Mode 0600: it holds tokens."""

from __future__ import annotations

import json
from pathlib import Path

from . import clusters, database, files, kube, simulation
from .layout import (
    NAMESPACE,
    PRIMARY_RELEASE,
    PROVIDER_RELEASE,
    SATELLITE_NAMESPACE,
    SATELLITE_RELEASE,
    Layout,
)


def path(state: Path) -> Path:
    """Where it is. It is there when and only when ``up`` was successful."""
    return state / "lab.json"


def load(state: Path) -> dict | None:
    """The content, or None when there is no lab."""
    try:
        return json.loads(path(state).read_text())
    except FileNotFoundError:
        return None


def write(layout: Layout, charts: dict[str, str]) -> dict:
    """Write it; answers the content."""
    content = {
        "kubernetes": layout.kubernetes,
        "programs": layout.programs,
        "ca_path": str(simulation.ca_path(layout.state)),
        "chart_repo_url": f"{layout.control_url}/charts",
        "control_url": layout.control_url,
        "charts": charts,
        "clusters": {cluster: _cluster(layout, cluster) for cluster in layout.clusters},
        "coder": {
            "url": layout.coder_url,
            "token": simulation.token(layout.state, "operator"),
            "member_token": simulation.token(layout.state, "member"),
            "expired_token": simulation.token(layout.state, "gone"),
            "namespace": NAMESPACE,
            "release": PRIMARY_RELEASE,
            "primary": layout.primary,
        },
        "database": database.described(layout),
        "regions": {region: _region(layout, region) for region in layout.regions},
    }
    files.write_json(path(layout.state), content)
    return content


def _cluster(layout: Layout, cluster: str) -> dict:
    return {
        "kubeconfig": str(layout.kubeconfig(cluster, "operator")),
        "admin_kubeconfig": str(layout.kubeconfig(cluster, "admin")),
        "context": cluster,
        "server": layout.server(cluster),
        "uid": clusters.uid(kube.connect(layout.kubeconfig(cluster, "admin"))),
        "audit_log": str(layout.audit_log(cluster)),
    }


def _region(layout: Layout, region: str) -> dict:
    return {
        "satellite_url": layout.listener_url(f"satellite/{region}"),
        "satellite_cluster": layout.regions[region][0],
        "satellite_namespace": SATELLITE_NAMESPACE,
        "satellite_release": SATELLITE_RELEASE,
        "providers": {
            provider: {
                "provider": provider,
                "cluster": provider,
                "namespace": NAMESPACE,
                "release": PROVIDER_RELEASE,
                "envproxy_url": layout.listener_url(f"envproxy/{provider}"),
            }
            for provider in layout.regions[region]
        },
    }
