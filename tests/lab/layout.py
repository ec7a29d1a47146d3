# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a lab consists of and where its files and ports are. Holds no secret; kept as ``layout.json``."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import NamedTuple

from . import files, ports
from .primaries import NEW

REGIONS = {"sydney": ("sydney-1", "sydney-2"), "frankfurt": ("frankfurt-1",)}
PRIMARY = "primary"
NAMESPACE = "coder"
PRIMARY_RELEASE = "coder"
PROVIDER_RELEASE = "coder-workspace-provider"
SATELLITE_NAMESPACE = "coder-satellite"
SATELLITE_RELEASE = "coder-satellite"
PROVIDER_CHARTS = ("plain", "keep")
# What is left of 107 bytes for the temporary folder, with the lab's own folder in it and the name of the socket.
SHORT, LONGEST = "/tmp", 60
SOCKETS = "coder-lab-"
CLUSTER_PORTS = ("etcd", "etcd-peer", "kube-apiserver")


class Layout(NamedTuple):
    """``state``: absolute path of the state folder. ``kubernetes``: "1.21" or "current". ``regions``: region to its
    providers, each with a cluster of the same name. ``programs``: name to path. ``ports``: see ``port_names``. ``primary``: one
    of ``primaries.PRIMARIES``. ``sockets``: the folder of the database's Unix socket, outside of the state folder."""

    state: Path
    kubernetes: str
    provider_chart: str
    regions: dict[str, tuple[str, ...]]
    programs: dict[str, str]
    ports: dict[str, int]
    primary: str = NEW
    sockets: str = ""

    @property
    def providers(self) -> list[str]:
        """All providers, in the order of the regions."""
        return [provider for group in self.regions.values() for provider in group]

    @property
    def clusters(self) -> list[str]:
        """All clusters, the primary first."""
        return [PRIMARY, *self.providers]

    @property
    def control_url(self) -> str:
        """Base URL of the simulator's control API and chart repository."""
        return f"http://127.0.0.1:{self.ports['control']}"

    @property
    def coder_url(self) -> str:
        """The main deployment's access URL."""
        return self.listener_url(PRIMARY)

    def listener_url(self, listener: str) -> str:
        """Public address of one of the simulator's listeners, as "satellite/sydney"."""
        return f"https://127.0.0.1:{self.ports[f'listener/{listener}']}"

    def server(self, cluster: str) -> str:
        """URL of a cluster's API server."""
        return f"https://127.0.0.1:{self.ports[f'{cluster}/kube-apiserver']}"

    def etcd(self, cluster: str) -> str:
        """URL of a cluster's etcd."""
        return f"http://127.0.0.1:{self.ports[f'{cluster}/etcd']}"

    def folder(self, cluster: str) -> Path:
        """Folder with all files of a cluster."""
        return self.state / "clusters" / cluster

    def kubeconfig(self, cluster: str, user: str) -> Path:
        """Kubeconfig of one user of a cluster."""
        return self.folder(cluster) / f"{user}.kubeconfig"

    def audit_log(self, cluster: str) -> Path:
        """Every write to the cluster, one JSON object a line."""
        return self.folder(cluster) / "audit.log"


def listeners(regions: dict[str, tuple[str, ...]]) -> list[str]:
    """The simulator's TLS listeners."""
    return [
        PRIMARY,
        *(f"satellite/{region}" for region in regions),
        *(f"envproxy/{provider}" for group in regions.values() for provider in group),
    ]


def port_names(regions: dict[str, tuple[str, ...]]) -> list[str]:
    """A name for every port of the lab: "sydney-1/etcd", "listener/primary", "control"."""
    clusters = [PRIMARY, *(provider for group in regions.values() for provider in group)]
    return [
        *(f"{cluster}/{port}" for cluster in clusters for port in CLUSTER_PORTS),
        *(f"listener/{listener}" for listener in listeners(regions)),
        "control",
        "database",
        f"{PRIMARY}/kwok",
    ]


def create(
    state: Path,
    kubernetes: str,
    provider_chart: str,
    regions: list[str],
    programs: dict[str, Path],
    primary: str = NEW,
) -> Layout:
    """A new layout with ports of its own, written to the state folder."""
    chosen = {region: REGIONS[region] for region in REGIONS if region in regions}
    layout = Layout(
        state,
        kubernetes,
        provider_chart,
        chosen,
        {name: str(path) for name, path in programs.items()},
        ports.choose(port_names(chosen)),
        primary,
        # The path of a socket is limited to 107 bytes, and a state folder may be deep.
        tempfile.mkdtemp(prefix=SOCKETS, dir=SHORT if len(tempfile.gettempdir()) > LONGEST else None),
    )
    files.write_json(_path(state), {key: value for key, value in layout._asdict().items() if key != "state"})
    return layout


def load(state: Path) -> Layout | None:
    """The layout of an existing lab, or None."""
    try:
        content = json.loads(_path(state).read_text())
    except FileNotFoundError:
        return None
    regions = {region: tuple(group) for region, group in content.pop("regions").items()}
    return Layout(state=state, regions=regions, **content)


def _path(state: Path) -> Path:
    return state / "layout.json"
