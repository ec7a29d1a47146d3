# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshots of a whole lab: the objects of every cluster and the simulator's state."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from . import clusters, control_plane, database, etcd_state, files, kube, processes, simulation
from .errors import LabError
from .layout import Layout
from .waiting import together, until

# They decide from caches: in an intermediate state they could make a second pod, or remove one.
DECIDING = ("kube-controller-manager", "kwok")


def folder(state: Path, name: str) -> Path:
    """Where a snapshot is kept."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise LabError(f"{name!r} is no name for a snapshot: letters, digits, '.', '_' and '-' only")
    return state / "snapshots" / name


def names(state: Path) -> list[str]:
    """The snapshots there are."""
    return sorted(path.name for path in (state / "snapshots").glob("[!.]*"))


def take(layout: Layout, name: str, stop: threading.Event) -> None:
    """Write the snapshot, in place of one of the same name."""
    target = folder(layout.state, name)
    partial_folder = target.with_name(f".{name}")
    shutil.rmtree(partial_folder, ignore_errors=True)
    partial_folder.mkdir(parents=True, mode=0o700)
    simulation.control(layout, "POST", "/snapshot", {"path": str(partial_folder / "simulator.json")})
    writes = {cluster: partial(_write, layout, cluster, partial_folder) for cluster in layout.clusters}
    copy = partial(simulation.control, layout, "POST", "/database/snapshot", {"name": name})
    together(writes | {"database": copy}, stop)
    files.write_json(partial_folder / "observed.json", observe(layout))
    shutil.rmtree(target, ignore_errors=True)
    partial_folder.rename(target)


def _write(layout: Layout, cluster: str, target: Path) -> None:
    objects = etcd_state.read(layout.etcd(cluster))
    # mode 0700 of the folder above keeps the Secrets in it private
    with gzip.open(target / f"{cluster}.json.gz", "wt", compresslevel=1) as file:
        json.dump(objects, file)


def restore(layout: Layout, name: str, chosen: list[str], stop: threading.Event, report: Callable[[str], None]) -> None:
    """Set the chosen clusters and the simulator back. What of the lab has ended is started again first."""
    source = folder(layout.state, name)
    if not source.is_dir():
        known = ", ".join(names(layout.state)) or "none"
        raise LabError(f"there is no snapshot {name!r} in {layout.state}; there are: {known}. Nothing was changed.")
    started = time.monotonic()
    processes.thaw(layout.state)
    try:
        starts = {cluster: partial(clusters.run, layout, cluster, stop) for cluster in layout.clusters}
        together(starts | {"database": partial(database.run, layout, stop)}, stop)
        simulation.run(layout, stop)
        saved = {"path": str(source / "simulator.json")}
        simulation.control(layout, "POST", "/restore", saved)  # ends builds, so that nobody else writes
        changed = together({cluster: partial(_set_back, layout, cluster, source, stop) for cluster in chosen}, stop)
        # After the clusters: nothing that begins to migrate is left in them.
        simulation.control(layout, "POST", "/database/restore", {"name": name})
        simulation.control(layout, "POST", "/restore", saved)  # forgets what it saw meanwhile
        verify(layout, json.loads((source / "observed.json").read_text()), chosen, stop)
    except BaseException:
        report(f"the lab is only partly set back: run `python -m lab restore {name} --state {layout.state}` again")
        raise
    counts = ", ".join(f"{cluster} {count}" for cluster, count in changed.items())
    report(f"restored {name} in {time.monotonic() - started:.1f} s (objects set back: {counts})")


def _set_back(layout: Layout, cluster: str, source: Path, stop: threading.Event) -> int:
    """How many objects were changed. A cluster in which none is to be changed goes on: the start of what decides is dear."""
    with gzip.open(source / f"{cluster}.json.gz", "rt") as file:
        wanted = json.load(file)
    if not etcd_state.differences(etcd_state.read(layout.etcd(cluster)), wanted):
        return 0
    processes.end_named(layout.state, [control_plane.name(cluster, one) for one in DECIDING])
    count = etcd_state.set_back(layout.etcd(cluster), wanted)
    clusters.run(layout, cluster, stop)
    return count


def observe(layout: Layout) -> dict:
    """What must be the same after a restore: {"pods": {cluster: {pod: runs}}, "providers": {name: status}}."""
    return {
        "pods": {cluster: kube.pods(kube.connect(layout.kubeconfig(cluster, "admin"))) for cluster in layout.clusters},
        "providers": {one["name"]: one["status"] for one in simulation.control(layout, "GET", "/state")["providers"]},
    }


def verify(layout: Layout, wanted: dict, chosen: list[str], stop: threading.Event) -> None:
    """Wait until pods and providers are as when the snapshot was taken; raises LabError with what is not."""
    wrong: list[str] = []

    def look() -> bool:
        wrong[:] = unlike(observe(layout), wanted, chosen)
        return not wrong

    until("the lab is as in the snapshot", look, stop, 30, explain=lambda: "\n".join(wrong))


def unlike(seen: dict, wanted: dict, chosen: list[str]) -> list[str]:
    """The differences that matter, in words (pure). A pod that did not run in the snapshot may run now."""
    words = {None: "is not there", False: "does not run", True: "runs"}
    problems = []
    for cluster in chosen:
        now, then = seen["pods"][cluster], wanted["pods"][cluster]
        problems += [
            f"pod {pod} of {cluster} {words[now.get(pod)]}, in the snapshot it {words[then.get(pod)]}"
            for pod in sorted(now.keys() | then.keys())
            if (then.get(pod) and not now.get(pod)) or (pod not in then)
        ]
    if len(chosen) == len(wanted["pods"]):
        problems += [
            f"provider {name} is {seen['providers'].get(name)}, in the snapshot it is {status}"
            for name, status in wanted["providers"].items()
            if seen["providers"].get(name) != status
        ]
    return problems
