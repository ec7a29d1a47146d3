# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is measured, in this order. Each case restores a saved state of the lab before each of its runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

from bench import ways
from bench.runs import measured
from bench.stage import Stage

Say = Callable[[str], None]
Rows = Iterator[dict[str, Any]]


class Case(NamedTuple):
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
    # Where "ours" ended.
    stage.lab.snapshot("retired", lambda _text: None)


CASES = (Case("way", whole_way),)
NAMES = tuple(case.name for case in CASES)


def chosen(only: Sequence[str] | None) -> list[Case]:
    return [case for case in CASES if not only or case.name in only]
