# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Up, down, snapshot, restore: for the command line and for tests."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from . import (
    clusters,
    control_plane,
    database,
    description,
    endings,
    installation,
    inventory,
    kwok_stages,
    layout,
    pod_commands,
    primaries,
    processes,
    simulation,
    snapshots,
    state_folder,
    toolchain,
)
from .errors import LabError
from .layout import Layout
from .waiting import together

Report = Callable[[str], None]
FRESH = "fresh"


class Lab(NamedTuple):
    """A lab that runs. ``description`` is the content of lab.json."""

    layout: Layout
    description: dict

    @classmethod
    def load(cls, state: Path | str) -> Lab:
        """The lab in this folder; raises LabError when there is none."""
        state = Path(state).resolve()
        found, described = layout.load(state), description.load(state)
        if found is None or described is None:
            raise LabError(f"there is no lab in {state}. Start one: python -m lab up --state {state}")
        return cls(found, described)

    def snapshot(self, name: str, report: Report = print) -> None:
        """Keep the state of all clusters and of the simulated Coder under this name."""
        started = time.monotonic()
        with state_folder.locked(self.layout.state):
            snapshots.take(self.layout, name, threading.Event())
        report(f"snapshot {name} taken in {time.monotonic() - started:.1f} s")

    def restore(self, name: str = FRESH, chosen: list[str] | None = None, report: Report = print) -> None:
        """Set clusters (default: all) and the simulated Coder back; starts again what has ended."""
        unknown = sorted(set(chosen or ()) - set(self.layout.clusters))
        if unknown:
            known = ", ".join(self.layout.clusters)
            raise LabError(f"this lab has no cluster {', '.join(unknown)}; it has {known}. Nothing was changed.")
        with state_folder.locked(self.layout.state):
            snapshots.restore(self.layout, name, chosen or self.layout.clusters, threading.Event(), report)

    def control(self, method: str, path: str, body: object = None):
        """One call of the simulator's control API."""
        return simulation.control(self.layout, method, path, body)

    def freeze(self, *names: str) -> None:
        """Let these processes hang ("frankfurt-1/kube-apiserver", "simulator"): they accept and never answer, until
        ``thaw``, ``restore`` or the end of the lab."""
        processes.freeze(self.layout.state, names)

    def thaw(self) -> list[str]:
        """Let everything that was frozen go on; answers its names."""
        return processes.thaw(self.layout.state)

    def end_database(self) -> None:
        """End the database's server, and every session with it, until ``start_database`` or ``restore``."""
        database.end(self.layout)

    def start_database(self) -> None:
        """Start it again, on the same data."""
        database.run(self.layout, threading.Event())

    def missing(self) -> list[str]:
        """Names of the processes that ought to run and do not."""
        running = processes.find(self.layout.state)
        return [name for name in process_names(self.layout) if name not in running]


def process_names(lab: Layout) -> list[str]:
    """Every process of a lab that is up."""
    return [
        *(control_plane.name(cluster, one) for cluster in lab.clusters for one in control_plane.COMPONENTS),
        simulation.PROCESS,
        simulation.CLOUD,
        database.PROCESS,
    ]


def up(
    state: Path,
    kubernetes: str,
    regions: list[str],
    provider_chart: str,
    report: Report,
    primary: str = primaries.NEW,
) -> tuple[Lab, bool]:
    """The lab, and whether it was started now. Whatever goes wrong, everything that was started is ended again."""
    primaries.refuse_impossible(primary, kubernetes)
    state_folder.refuse_foreign(state)
    with state_folder.locked(state):
        if description.load(state) and processes.find(state):
            lab = Lab.load(state)
            missing = lab.missing()
            if missing:
                raise LabError(
                    f"the lab in {state} is not whole: {', '.join(missing)} ended. Nothing was changed. "
                    f"Start these again: python -m lab restore {FRESH} --state {state}\n"
                    f"or begin anew: python -m lab down --state {state}, then up."
                )
            return lab, False
        stop = threading.Event()
        try:
            processes.end_all(state)  # what a killed `up` left
            return _start(state, kubernetes, regions, provider_chart, primary, report, stop), True
        except BaseException:
            stop.set()
            with endings.uninterrupted():
                count = processes.end_all(state)
                database.forget(state)
                description.path(state).unlink(missing_ok=True)
            report(f"{count} processes of this lab were ended again, none is left; logs: {state / 'logs'}")
            raise


def _start(
    state: Path,
    kubernetes: str,
    regions: list[str],
    provider_chart: str,
    primary: str,
    report: Report,
    stop: threading.Event,
) -> Lab:
    # Should this be killed while it builds, `down` finds the compilers by that mark.
    with processes.marked(state, "toolchain"):
        programs = toolchain.ensure(kubernetes, report) | {database.PROGRAMS: database.server_programs()}
    database.forget(state)
    state_folder.clear(state)
    lab = layout.create(state, kubernetes, provider_chart, regions, programs, primary)
    for cluster in lab.clusters:
        clusters.write_files(lab, cluster, _kwok_config(lab, cluster))
    config = simulation.write_config(lab)

    report(f"starting {len(lab.clusters)} clusters with Kubernetes {kubernetes}: {', '.join(lab.clusters)}")
    starts = {cluster: partial(_cluster, lab, cluster, report, stop) for cluster in lab.clusters}
    beside = {"charts": partial(installation.package_charts, lab), "database": partial(database.run, lab, stop)}
    done = together(starts | beside, stop)
    charts = done["charts"]
    simulation.run(lab, stop)
    report(f"simulated Coder at {lab.coder_url}")

    report(
        f"installing Coder {primary} and {len(lab.providers)} workspace providers (chart state {provider_chart}) with helm"
    )
    together({one: partial(installation.install, lab, one, charts, config, stop) for one in lab.clusters}, stop)
    report("waiting for the providers to be ready and the workspaces to be built")
    installation.wait_settled(lab, stop)
    snapshots.take(lab, FRESH, stop)
    described = description.write(lab, charts)
    inventory.write(described, state / "inventory")
    return Lab(lab, described)


def _kwok_config(lab: Layout, cluster: str) -> str:
    stock = Path(lab.programs["kwok-stages"])
    if cluster != layout.PRIMARY:
        return kwok_stages.config(stock)
    commands = pod_commands.targets(lab, lab.programs[database.PROGRAMS], str(database.work_folder(lab.state)))
    return kwok_stages.config(stock, layout.NAMESPACE, commands)


def _cluster(lab: Layout, cluster: str, report: Report, stop: threading.Event) -> None:
    clusters.run(lab, cluster, stop)
    clusters.furnish(lab, cluster, stop)
    report(f"cluster {cluster} ready: {lab.server(cluster)}")


def down(state: Path) -> int:
    """End everything that belongs to this folder's lab; answers how many processes that were."""
    if not state.is_dir():
        return processes.end_all(state)
    with state_folder.take_over(state):
        count = processes.end_all(state)
        database.forget(state)
        description.path(state).unlink(missing_ok=True)
        return count
