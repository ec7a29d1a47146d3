# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One measured run: its commands, what they cost, and what they asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bench import asked, figures, measure
from bench.measure import Cost
from bench.stage import Stage
from bench.ways import Job, NotDone

Proof = Callable[[], None]


def measured(stage: Stage, name: str, job: Job, delay: int, proof: Proof | None = None) -> dict[str, Any]:
    """The run as bench.json has it. NotDone when a command failed, or when ``proof`` raises it."""
    stage.forget()
    costs = []
    for number, command in enumerate(job.commands):
        log = stage.folder / "logs" / f"{name.replace(' ', '-')}-{number}.log"
        log.parent.mkdir(exist_ok=True)
        status, cost = measure.run(command, job.folder, job.environment, log)
        if status:
            raise NotDone(f"{name} ended with status {status}:\n" + "\n".join(log.read_text().splitlines()[-25:]))
        costs.append(cost)
    requests = stage.asked()
    connections = stage.connections()
    if proof:
        proof()
    return {**together(costs)._asdict(), **questions(requests, delay), "connections": connections}


def together(costs: Sequence[Cost]) -> Cost:
    """The cost of commands one after the other (pure)."""
    processes = [one.processes for one in costs]
    return Cost(
        sum(one.seconds for one in costs),
        sum(one.cpu for one in costs),
        max(one.memory for one in costs),
        None if None in processes else sum(filter(None, processes)),
    )


def questions(requests: Sequence[figures.Request], delay: int) -> dict[str, Any]:
    """How many, how many one after the other, and which most often (pure)."""
    longest = figures.chain(requests, delay / 1000)
    return {
        "requests_coder": sum(1 for one in requests if one.where == "coder"),
        "requests_clusters": sum(1 for one in requests if one.where != "coder"),
        "chain": len(longest),
        "most_frequent": asked.most_frequent(requests),
        "most_frequent_in_chain": asked.most_frequent(longest),
    }
