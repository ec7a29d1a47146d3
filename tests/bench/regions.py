# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A hundred regions of one provider each: namespaces of one cluster, each with a release of its own and a provider in Coder."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from bench.stage import Stage
from lab import installation, inventory, simulation
from lab.layout import PROVIDER_RELEASE
from lab.simulator import state
from lab.waiting import until

COUNT = 100
CLUSTER = "sydney-2"
SNAPSHOT = "regions"
TOKEN = "bench-{}"
HELMS_AT_ONCE = 2
READY_SECONDS = 300.0
#: As the lab's own providers have them; all off, so that a hundred regions need no pods but envproxy's.
WORKSPACES = tuple(
    (suffix, user, "broken" if suffix == "broken" else "off") for suffix, user, _state in simulation.WORKSPACES
)


def name(number: int) -> str:
    return f"region-{number:03}"


def seed(stage: Stage, say: Callable[[str], None]) -> None:
    """Make them once, and keep them as a snapshot."""
    say(f"seeding {COUNT} regions in cluster {CLUSTER}")
    stage.begin("fresh")
    with ThreadPoolExecutor(HELMS_AT_ONCE) as pool:
        list(pool.map(lambda number: _install(stage, number), range(1, COUNT + 1)))
    with_state(stage, lambda content: [_add(content, number) for number in range(1, COUNT + 1)])
    stop = threading.Event()

    def look() -> bool:
        return all(one["status"] == "ready" for one in stage.state_of_coder()["providers"])

    until(f"{COUNT} providers are ready", look, stop, READY_SECONDS, every=2)
    stage.lab.snapshot(SNAPSHOT, say)


def with_state(stage: Stage, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change what Coder would keep in its database."""
    path = stage.folder / "coder-state.json"
    stage.lab.control("POST", "/snapshot", {"path": str(path)})
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    stage.lab.control("POST", "/restore", {"path": str(path)})


def _install(stage: Stage, number: int) -> None:
    """With the real helm, so that the release record is a real one."""
    values = installation.provider_values(stage.lab.layout, CLUSTER, TOKEN.format(number))
    # nginx' ClusterRoles have one name for all namespaces, and Coder does not need it.
    values["ingress"] = {"useDefault": False}
    path = stage.folder / f"values-{number}.yaml"
    path.write_text(yaml.safe_dump(values))
    chart = stage.plain["charts"]["workspace-provider-plain"]
    kubeconfig = stage.plain["clusters"][CLUSTER]["admin_kubeconfig"]
    helm = [stage.plain["programs"]["helm"], "install", PROVIDER_RELEASE, chart, "-f", path, "-n", name(number)]
    done = subprocess.run(
        [*helm, "--create-namespace", "--kubeconfig", kubeconfig], capture_output=True, text=True, check=False
    )
    path.unlink()
    if done.returncode:
        raise RuntimeError(f"helm could not install {name(number)}: {done.stderr}")


def _add(content: dict[str, Any], number: int) -> None:
    organisation = content["site"]["organisation"]["id"]
    like = next(one for one in content["providers"].values() if one["name"] == CLUSTER)
    entry = {
        "name": name(number),
        "cluster": CLUSTER,
        "namespace": name(number),
        "release": PROVIDER_RELEASE,
        "envproxy_access_url": like["envproxy_access_url"],
        "envproxy_token": TOKEN.format(number),
        "cluster_address": like["config"]["cluster_address"],
    }
    provider = state.new_provider(state.stable_id("provider", entry["name"]), entry, organisation)
    content["providers"][provider["id"]] = provider
    for suffix, user, how in WORKSPACES:
        wanted = {"name": f"{name(number)}-{suffix}", "user": user, "state": how}
        workspace = state.new_workspace(wanted, provider["id"], organisation, datetime.now(UTC))
        content["workspaces"][workspace["id"]] = workspace


def write_inventory(stage: Stage, count: int) -> Path:
    """An inventory of the first ``count`` of them."""
    folder = stage.folder / f"inventory-{count}"
    cluster = stage.description["clusters"][CLUSTER]
    groups = {}
    for number in range(1, count + 1):
        region = name(number)
        groups[region] = {
            "hosts": {f"{region}-provider": {"coder_provider_name": region, "coder_provider_namespace": region}},
            "vars": {"coder_satellite_name": region, "coder_satellite_namespace": f"{region}-satellite"},
        }
    kubeconfig = {
        f"coder_{part}_{key}": value
        for part in ("provider", "satellite")
        for key, value in (
            ("kubeconfig", cluster["kubeconfig"]),
            ("context", cluster["context"]),
            ("cluster_uid", cluster["uid"]),
        )
    }
    shared = {
        **inventory.everywhere(stage.description),
        **kubeconfig,
        "coder_shared_clusters": True,
        "coder_provider_release": PROVIDER_RELEASE,
        "coder_satellite_url": stage.description["regions"]["sydney"]["satellite_url"],
        "coder_satellite_ca_path": stage.description["ca_path"],
    }
    content = {
        "all": {"hosts": {"coder_primary": None}, "vars": shared, "children": {"coder_regions": {"children": groups}}}
    }
    folder.mkdir(exist_ok=True)
    (folder / "hosts.yml").write_text(yaml.safe_dump(content, sort_keys=False))
    return folder
