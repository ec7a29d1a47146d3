# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is measured, in this order. Each case restores a saved state of the lab before each of its runs."""

from __future__ import annotations

import itertools
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

from site_runs import CHECKOUT

from bench import dumps, regions, updates, ways, workspaces
from bench.runs import measured
from bench.stage import REGION, Stage
from bench.ways import Job, NotDone
from lab import snapshots

Say = Callable[[str], None]
Rows = Iterator[dict[str, Any]]
REGION_COUNTS = (1, 10, 100)
WORKSPACE_COUNTS = (10, 100, 1000, 10000)
#: The lab's Coder writes its whole database at each change: more than these is the lab's own time, and nobody else's.
REBUILD_COUNTS = (10, 100)


class Case(NamedTuple):
    """``delays``: None for every one that is asked for."""

    name: str
    measure: Callable[[Stage, int, int, Say], Rows]


def row(say: Say, case: str, variant: str, delay: int, run: int, figures: dict[str, Any]) -> dict[str, Any]:
    """As it stands in bench.json, and told."""
    told = " ".join(f"{key}={value:.4g}" for key, value in figures.items() if isinstance(value, int | float))
    say(f"{case}, {variant}, {delay} ms, run {run}: {told}")
    return {"case": case, "variant": variant, "delay": delay, "run": run, **figures}


def whole_way(stage: Stage, delay: int, runs: int, say: Say) -> Rows:
    """By hand, by tasks and ours in turn, so that a slow minute of the machine slows all three."""
    for run in range(1, runs + 1):
        for way, job in ways.WAYS.items():
            stage.begin("fresh")
            proof = partial(ways.demand_retired, stage, ways.access_uids(stage))
            yield row(say, "way", way, delay, run, measured(stage, way, job(stage), delay, proof))
            if way == "ours":
                stage.lab.snapshot("retired", say)


def update(stage: Stage, delay: int, runs: int, say: Say) -> Rows:
    """The main deployment from 1.20 to serviceNext, by hand and ours in turn, with a migration of the database and with none."""
    updates.seed(stage, say)
    for run, (suffix, seconds) in itertools.product(range(1, runs + 1), updates.MIGRATIONS.items()):
        for way, job in updates.WAYS.items():
            stage.begin(updates.STATE)
            updates.migrate_for(stage, seconds)
            variant, proof = f"{way}{suffix}", partial(updates.demand_updated, stage)
            yield row(say, "update", variant, delay, run, measured(stage, f"update-{way}", job(stage), delay, proof))


def second(stage: Stage, delay: int, runs: int, say: Say) -> Rows:
    """Both playbooks once more where nothing is left to do, for one provider of the region and for both."""
    if "retired" not in snapshots.names(stage.state):
        stage.begin("fresh")
        measured(stage, "ours", ways.by_ours(stage), delay)
        stage.lab.snapshot("retired", say)
    stage.begin("retired")
    for run in range(1, runs + 1):
        for (name, (playbook, *_limit)), limit in itertools.product(
            {"migrate": ways.MIGRATE, "retire": ways.RETIRE}.items(), ("sydney-1", REGION)
        ):
            job = ways.our_job(stage, ways.ours(stage, playbook, "-l", limit))
            variant = f"{name}, {'two providers' if limit == REGION else 'one provider'}"
            yield row(
                say,
                "second",
                variant,
                delay,
                run,
                measured(stage, f"second-{name}", job, delay, partial(unwritten, stage)),
            )


def unwritten(stage: Stage) -> None:
    """NotDone when anything was written."""
    if written := [*stage.coder_writes(), *stage.cluster_writes()]:
        raise NotDone(f"it should change nothing and wrote {', '.join(written[:5])}")


def check(stage: Stage, delay: int, runs: int, say: Say) -> Rows:
    """Check mode of the migration."""
    stage.begin("fresh")
    job = ways.our_job(stage, ways.ours(stage, *ways.MIGRATE, "--check"))
    for run in range(1, runs + 1):
        yield row(say, "check", "migrate", delay, run, measured(stage, "check", job, delay, partial(unwritten, stage)))


def look(stage: Stage, delay: int, runs: int, say: Say) -> Rows:
    """coder_region_info in a process of its own, before the migration and after all."""
    for phase in ("fresh", *(["retired"] if "retired" in snapshots.names(stage.state) else [])):
        stage.begin(phase)
        for run in range(1, runs + 1):
            yield row(
                say,
                "look",
                phase,
                delay,
                run,
                in_process(stage, "bench.look", stage.look_options(f"{REGION}-1"), delay),
            )


def in_process(stage: Stage, module: str, options: dict[str, Any], delay: int) -> dict[str, Any]:
    """The module's own seconds and memory in place of those of its whole process, which also imports Python's half."""
    file = stage.folder / "options.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps(options))
    path = os.pathsep.join([str(CHECKOUT / "tests"), os.environ["ANSIBLE_COLLECTIONS_PATH"]])
    job = Job([[sys.executable, "-m", module, file]], stage.folder, ways.environment(stage, PYTHONPATH=path))
    figures = measured(stage, module, job, delay)
    told = json.loads((stage.folder / "logs" / f"{module}-0.log").read_text().splitlines()[-1])
    file.unlink()
    return {**figures, "process_seconds": figures["seconds"], **told}


def many_regions(stage: Stage, delay: int, runs: int, say: Say) -> Rows:
    """status.yml and preflight.yml over more and more regions."""
    if regions.SNAPSHOT not in snapshots.names(stage.state):
        regions.seed(stage, say)
    stage.begin(regions.SNAPSHOT)
    for run, count in itertools.product(range(1, runs + 1), REGION_COUNTS):
        for playbook in ("status", "preflight"):
            command = ways.ours(stage, f"{playbook}.yml", inventory=regions.write_inventory(stage, count))
            figures = measured(
                stage, f"{playbook}-{count}", ways.our_job(stage, command), delay, partial(unwritten, stage)
            )
            yield row(say, "regions", playbook, delay, run, {"n": count, **figures})


def many_workspaces(stage: Stage, delay: int, runs: int, say: Say) -> Rows:
    """A look, and five seconds of polling, at a provider with more and more workspaces."""
    for count in WORKSPACE_COUNTS:
        stage.begin("fresh")
        workspaces.seed(stage, count)
        for run in range(1, runs + 1):
            figures = in_process(stage, "bench.look", stage.look_options(f"{REGION}-1"), delay)
            yield row(say, "workspaces", "look", delay, run, {"n": count, **figures})
        workspaces.hang(stage)
        for run in range(1, runs + 1):
            options = workspaces.options(stage, deadline=workspaces.POLL_SECONDS)
            figures = in_process(stage, "bench.rebuilds", options, delay)
            yield row(say, "workspaces", "poll", delay, run, {"n": count, **figures})


def rebuild_waves(stage: Stage, delay: int, runs: int, say: Say) -> Rows:
    """Rebuilds that are really done, in the lab's cluster."""
    for run, count in itertools.product(range(1, runs + 1), REBUILD_COUNTS):
        stage.begin("fresh")
        workspaces.seed(stage, count)
        figures = in_process(stage, "bench.rebuilds", workspaces.options(stage), delay)
        if (done := workspaces.built(stage)) != count:
            raise NotDone(f"{done} of {count} workspaces were rebuilt: {figures['failed']}")
        yield row(say, "rebuilds", "rebuild", delay, run, {"n": count, **figures})


def database(stage: Stage, delay: int, runs: int, say: Say) -> Rows:
    """A dump of the database, by pg_dump alone and by a snapshot of ours, to the same disk. Distance is no part of it."""
    if delay:
        return
    dumps.seed(stage)
    for run, way in itertools.product(range(1, runs + 1), dumps.WAYS):
        figures = in_process(stage, "bench.dumps", dumps.options(stage, way), delay)
        yield row(say, "database", way, delay, run, figures)
    stage.begin("fresh")


CASES = (
    Case("way", whole_way),
    Case("update", update),
    Case("database", database),
    Case("second", second),
    Case("check", check),
    Case("look", look),
    Case("workspaces", many_workspaces),
    Case("rebuilds", rebuild_waves),
    Case("regions", many_regions),
)
NAMES = tuple(case.name for case in CASES)


def chosen(only: Sequence[str] | None) -> list[Case]:
    return [case for case in CASES if not only or case.name in only]
