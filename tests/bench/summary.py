# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the runs to medians, ratios, growth and goals. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench import figures
from bench.figures import Goal

Run = Mapping[str, Any]
Runs = Sequence[Run]
#: What tells apart what is measured; all else that is a number is a measure.
IDENTITY = ("case", "variant", "delay", "n")
NOT_MEASURED = (*IDENTITY, "run", "rebuilt")
MEASURES = ("seconds", "cpu", "memory", "requests_coder", "requests_clusters", "chain", "connections", "processes")
OURS, OTHERS = "ours", ("by hand", "by tasks")
GROWING = (("regions", "status"), ("regions", "preflight"), ("workspaces", "look"), ("rebuilds", "rebuild"))
#: Where nothing but noise makes it steeper than linear.
LINEAR = 1.1
#: "As for ten": what the interpreter's own memory varies.
AS_MUCH = 1.1


def summary(runs: Runs) -> dict[str, Any]:
    """What bench.json holds besides the runs."""
    return {
        "medians": medians(runs),
        "ratios": ratios(runs),
        "growth": growth(runs),
        "goals": [{**goal._asdict(), "met": goal.met} for goal in goals(runs)],
    }


def medians(runs: Runs) -> list[dict[str, Any]]:
    """One row for each thing that was measured, in the order of the runs."""
    groups: dict[tuple[Any, ...], list[Run]] = {}
    for run in runs:
        groups.setdefault(tuple(run.get(key) for key in IDENTITY), []).append(run)
    return [
        {
            **dict(zip(IDENTITY, key, strict=True)),
            "runs": len(group),
            **figures.medians([_measures(one) for one in group]),
        }
        for key, group in groups.items()
    ]


def ratios(runs: Runs) -> list[dict[str, Any]]:
    """Ours to each other way, of every measure, run by run."""
    found = []
    for delay in sorted({run["delay"] for run in runs if run["case"] == "way"}):
        for other in OTHERS:
            row = {measure: _ratio(runs, delay, other, measure) for measure in MEASURES}
            if row["seconds"] is not None:
                found.append({"delay": delay, "to": other, **row})
    return found


def growth(runs: Runs) -> list[dict[str, Any]]:
    """How the seconds grow with n: see figures.fit."""
    found = []
    for case, variant in GROWING:
        for delay in sorted({run["delay"] for run in runs if run["case"] == case}):
            line = figures.fit(_by_n(runs, case, variant, delay, "seconds"))
            if line:
                found.append({"case": case, "variant": variant, "delay": delay, **line._asdict()})
    return found


def goals(runs: Runs) -> list[Goal]:
    """All that were set; those that this run did not measure have no value."""
    delays = sorted({run["delay"] for run in runs})
    least, most = (delays[0], delays[-1]) if delays else (0, 0)
    look = [_median(runs, "look", "fresh", least, one) for one in ("requests_coder", "requests_clusters")]
    found = [
        *(Goal(f"migration and retirement, to by hand, {d} ms", 2 if d else 1.5, "x", _ratio(runs, d, "by hand", "seconds")) for d in delays),
        *(Goal(f"migration and retirement, to by tasks, {d} ms", 0.33, "x", _ratio(runs, d, "by tasks", "seconds")) for d in delays),
        *(Goal(f"update of the main deployment, to by hand, {d} ms", 1.5, "x", _ratio(runs, d, "by hand", "seconds", "update")) for d in delays),
    ]  # fmt: skip
    dumped = figures.paired_ratio(
        *(_values(runs, "database", way, least, "dump") for way in ("snapshot, restored", "pg_dump alone"))
    )
    found.append(Goal("a dump of 2 GiB, to pg_dump alone (0.9 of its rate)", 1 / 0.9, "x", dumped))
    for playbook in ("migrate", "retire"):
        one, two = (_median(runs, "second", f"{playbook}, {number}", least, "seconds") for number in ("one provider", "two providers"))  # fmt: skip
        found.append(Goal(f"second run of {playbook}, first provider", 3, "s", one))
        found.append(Goal(f"second run of {playbook}, each further one", 0.5, "s", _less(two, one)))
    found += [
        Goal("a look, requests", 25, "", None if None in look else sum(filter(None, look))),
        Goal(f"a look, one after the other ({most} ms)", 8, "", _median(runs, "look", "fresh", most, "chain")),
        Goal("a look, in process", 0.25, "s", _median(runs, "look", "fresh", least, "seconds")),
        Goal("status of 100 regions", 20, "s", _by_n(runs, "regions", "status", least, "seconds").get(100)),
        Goal("status of 100 regions, memory to that of 10", AS_MUCH, "x", _compared(_by_n(runs, "regions", "status", least, "memory"), 100, 10)),
        Goal("polling 10,000 workspaces, requests to those for 10", 1, "x", _compared(_by_n(runs, "workspaces", "poll", least, "requests_coder"), 10000, 10)),
        Goal("polling 10,000 workspaces, memory", 200, "MiB", _by_n(runs, "workspaces", "poll", least, "memory").get(10000)),
    ]  # fmt: skip
    found += [
        Goal(f"growth of {row['variant']} in {row['case']}, steepest, {row['delay']} ms", LINEAR, "", row["steepest"])
        for row in growth(runs)
    ]
    return found


def _measures(run: Run) -> dict[str, float | None]:
    return {
        key: value
        for key, value in run.items()
        if key not in NOT_MEASURED and (value is None or isinstance(value, int | float))
    }


def _values(runs: Runs, case: str, variant: str, delay: int, measure: str) -> list[float]:
    wanted = {"case": case, "variant": variant, "delay": delay}
    return [run[measure] for run in runs if wanted.items() <= run.items() and run.get(measure) is not None]


def _median(runs: Runs, case: str, variant: str, delay: int, measure: str) -> float | None:
    return figures.median(_values(runs, case, variant, delay, measure))


def _ratio(runs: Runs, delay: int, other: str, measure: str, case: str = "way") -> float | None:
    return figures.paired_ratio(_values(runs, case, OURS, delay, measure), _values(runs, case, other, delay, measure))


def _by_n(runs: Runs, case: str, variant: str, delay: int, measure: str) -> dict[int, float]:
    sizes = sorted({run["n"] for run in runs if run["case"] == case and run["variant"] == variant})
    found = {n: _median([run for run in runs if run.get("n") == n], case, variant, delay, measure) for n in sizes}
    return {n: value for n, value in found.items() if value is not None}


def _compared(values: Mapping[int, float], one: int, other: int) -> float | None:
    return values[one] / values[other] if {one, other} <= values.keys() else None


def _less(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one - other
