# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One measured run: its commands, what they cost, and what they asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bench import asked, measure
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
    return {**measure.together(costs)._asdict(), **asked.questions(requests, delay), "connections": connections}
