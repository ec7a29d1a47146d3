# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab of the bench: one region with two providers, all requests of runs recorded, a relay in front of everything."""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

import yaml
from region_lab import RUNNERS, RegionLab
from site_runs import CHECKOUT

from bench import asked
from bench.figures import Request
from lab import clusters, control_plane, files, inventory, lifecycle, ports, processes, simulation
from lab.lifecycle import Lab
from lab.waiting import together

RELAY = "relay"
REGION = "sydney"
#: Audit logs are written a moment after the answer.
SETTLE_SECONDS = 0.5


class Stage(RegionLab):
    """``folder``: where the bench keeps its files. The measured runs know only addresses of the relay."""

    @classmethod
    def build(cls, folder: Path, kubernetes: str, report: lifecycle.Report) -> Stage:
        state = folder / "lab"
        lifecycle.down(state)
        lab, _started = lifecycle.up(state, kubernetes, [REGION], "plain", report)
        stage = cls(state, lab)
        stage.prepare(folder)
        return stage

    def __init__(self, state: Path, lab: Lab) -> None:
        super().__init__(state, lab)
        self.plain = self.description
        self._relay_log = processes.log_path(state, RELAY)
        self._relay_start = 0

    def prepare(self, folder: Path) -> None:
        """Everything is asked through the relay from now on, and every question of a run is written down."""
        self.folder = folder
        layout = self.lab.layout
        names = [*layout.clusters, *(name for name in layout.ports if name.startswith("listener/"))]
        self.relayed = ports.choose(names)
        self.description = relayed(self.plain, layout, self.relayed)
        self._tell_clusters()
        self._tell_simulator()
        for cluster, its in self.description["clusters"].items():
            write_kubeconfig(
                Path(self.plain["clusters"][cluster]["kubeconfig"]), Path(its["kubeconfig"]), its["server"]
            )
        inventory.write(self.description, folder / "inventory")

    def _tell_clusters(self) -> None:
        layout, stop = self.lab.layout, threading.Event()
        for cluster in layout.clusters:
            policy = yaml.safe_dump(asked.audit_policy(RUNNERS))
            files.write(layout.folder(cluster) / "audit-policy.yaml", policy)
        servers = [control_plane.name(cluster, "kube-apiserver") for cluster in layout.clusters]
        processes.end_named(layout.state, servers)
        together({one: lambda one=one: clusters.run(layout, one, stop) for one in layout.clusters}, stop)

    def _tell_simulator(self) -> None:
        """Satellites are known to Coder, and Coder to satellites, by the relay's addresses."""
        layout, path = self.lab.layout, simulation.config_path(self.state)
        config = json.loads(path.read_text())
        config["primary"]["relayed_port"] = self.relayed["listener/primary"]
        for region, its in self.description["regions"].items():
            config["satellites"][region]["url"] = its["satellite_url"]
        files.write_json(path, config)
        processes.end_named(layout.state, [simulation.PROCESS])
        simulation.run(layout, threading.Event())

    def relay(self, milliseconds: int) -> None:
        """Start the relay, in place of one with another delay."""
        layout = self.lab.layout
        processes.end_named(layout.state, [RELAY])
        routes = [
            f"{port}:{layout.ports[name if name.startswith('listener/') else f'{name}/kube-apiserver']}"
            for name, port in self.relayed.items()
        ]
        command = [sys.executable, "-m", "bench.relay", str(milliseconds), *routes]
        processes.start(layout.state, RELAY, command, {"PYTHONPATH": str(CHECKOUT / "tests"), "PYTHONUNBUFFERED": "1"})
        time.sleep(1)

    # -- what was asked ---------------------------------------------------------------------------------------------

    def forget(self) -> None:
        """From now on is counted."""
        time.sleep(SETTLE_SECONDS)
        super().forget()
        self._relay_start = self._relay_log.stat().st_size if self._relay_log.exists() else 0

    def asked(self) -> list[Request]:
        """Every request since then, at Coder and at all API servers."""
        time.sleep(SETTLE_SECONDS)
        found = asked.at_coder(self.lab.control("GET", f"/requests?since={self._request_start}"))
        for cluster in self.clusters:
            found += asked.at_cluster(cluster, self._events(cluster))
        return found

    def cluster_writes(self, *names: str) -> list[str]:
        """Here the audit logs hold reads as well."""
        return [one for one in super().cluster_writes(*names) if one.split()[1] not in ("get", "list", "watch")]

    def connections(self) -> int:
        """How many were opened since then."""
        with self._relay_log.open("rb") as log:
            log.seek(self._relay_start)
            return sum(1 for line in log if line[:1].isdigit())


def relayed(description: dict[str, Any], layout: Any, chosen: dict[str, int]) -> dict[str, Any]:
    """lab.json with the relay's addresses in place of the servers' own (pure)."""
    text = json.dumps(description)
    for name, port in chosen.items():
        own = layout.ports[name if name.startswith("listener/") else f"{name}/kube-apiserver"]
        text = text.replace(f"https://127.0.0.1:{own}", f"https://127.0.0.1:{port}")
    return json.loads(text.replace("/operator.kubeconfig", "/relayed.kubeconfig"))


def write_kubeconfig(source: Path, target: Path, server: str) -> None:
    """The operator's, by the relay's address."""
    content = yaml.safe_load(source.read_text())
    content["clusters"][0]["cluster"]["server"] = server
    files.write(target, yaml.safe_dump(content, sort_keys=False))
