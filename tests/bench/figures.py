# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Chains of requests, medians, ratios, goals and growth. Pure."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

Runs = Sequence[Mapping[str, Any]]


class Request(NamedTuple):
    """One request as its server saw it; seconds since the epoch."""

    where: str
    begin: float
    end: float
    what: str


def chain(requests: Iterable[Request], gap: float = 0.0) -> list[Request]:
    """The longest row of requests of which each began at least ``gap`` seconds after the end of the one before.

    With the delay of the relay as gap it is what must have been asked one after the other: who waits for an answer cannot
    ask the next question earlier. With no gap it also holds what was merely a moment apart.
    """
    chosen: list[Request] = []
    for one in sorted(requests, key=lambda request: request.end):
        if not chosen or one.begin >= chosen[-1].end + gap:
            chosen.append(one)
    return chosen


def medians(runs: Runs) -> dict[str, float | None]:
    """Of each measure that the runs have; None where one of them could not be taken."""
    measures = dict.fromkeys(key for run in runs for key in run)
    return {key: median([run.get(key) for run in runs]) for key in measures}


def median(values: Sequence[float | None]) -> float | None:
    """None where there is none, and where one is not known."""
    known = [value for value in values if value is not None]
    return statistics.median(known) if known and len(known) == len(values) else None


def paired_ratio(ours: Sequence[float], theirs: Sequence[float]) -> float | None:
    """Median of the ratios of runs that were done one right after the other, so that a slow minute slows both."""
    ratios = [one / other for one, other in zip(ours, theirs, strict=False) if other]
    return statistics.median(ratios) if ratios else None


class Line(NamedTuple):
    """seconds = factor * n ** exponent, by least squares on the logarithms; step: the steepest exponent between neighbours."""

    exponent: float
    factor: float
    steepest: float


def fit(points: Mapping[float, float]) -> Line | None:
    """None for fewer than two points. A fixed cost makes the exponent smaller; what grows faster shows in ``steepest``."""
    logs = sorted((math.log(n), math.log(value)) for n, value in points.items() if n > 0 and value > 0)
    if len(logs) < 2:
        return None
    slope, intercept = statistics.linear_regression(*zip(*logs, strict=True))
    steps = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in itertools.pairwise(logs)]
    return Line(slope, math.exp(intercept), max(steps))


class Goal(NamedTuple):
    """``value`` is None where it was not measured in this run."""

    name: str
    limit: float
    unit: str
    value: float | None

    @property
    def met(self) -> bool | None:
        return None if self.value is None else self.value <= self.limit
