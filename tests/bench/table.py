# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result as Markdown. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

COLUMNS = {
    "seconds": "seconds",
    "cpu": "CPU s",
    "memory": "peak MiB",
    "requests_coder": "at Coder",
    "requests_clusters": "at API servers",
    "chain": "one after the other",
    "connections": "connections",
    "processes": "processes",
}
MET = {True: "yes", False: "**no**", None: "not measured"}


def markdown(result: Mapping[str, Any]) -> str:
    """Machine, goals, ratios, medians, growth, and what is asked most often."""
    return "\n\n".join(
        [
            "# Bench",
            _machine(result),
            "## Goals",
            rows(("goal", "at most", "measured", "met"), map(_goal, result["goals"])),
            "## Ours to the other ways",
            rows(
                ("to", "ms", *COLUMNS.values()),
                ([one["to"], one["delay"], *(number(one[key]) for key in COLUMNS)] for one in result["ratios"]),
            ),
            "## Medians",
            rows(("what", "ms", "n", "runs", *COLUMNS.values()), map(_median, result["medians"])),
            "## Growth: seconds as a power of n",
            rows(("what", "ms", "exponent", "steepest between neighbours"), map(_growth, result["growth"])),
            "## What is asked most often",
            *(_questions(run) for run in _last_runs(result["runs"])),
        ]
    ) + "\n"  # fmt: skip


def rows(head: Sequence[str], body: Iterable[Sequence[Any]]) -> str:
    """A table; a line in words where it would be empty."""
    lines = [f"| {' | '.join(map(str, cells))} |" for cells in body]
    if not lines:
        return "Not measured in this run."
    return "\n".join([f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}", *lines])


def number(value: float | None) -> str:
    """With three digits that count."""
    if value is None:
        return "–"
    return f"{value:.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"


def _machine(result: Mapping[str, Any]) -> str:
    its = result["machine"]
    return (
        f"{its['processor']}, {its['cores']} cores, {its['memory_gib']} GiB, Linux {its['kernel']}, Python {its['python']}, "
        f"ansible-core {its['ansible_core']}; load before {its['load_before']:.2f}; begun {result['begun']}."
    )


def _goal(goal: Mapping[str, Any]) -> list[str]:
    unit = f" {goal['unit']}".rstrip()
    value = "–" if goal["value"] is None else f"{number(goal['value'])}{unit}"
    return [goal["name"], f"{number(goal['limit'])}{unit}", value, MET[goal["met"]]]


def _median(one: Mapping[str, Any]) -> list[Any]:
    told = [number(one.get(key)) for key in COLUMNS]
    return [f"{one['case']}: {one['variant']}", one["delay"], one["n"] or "", one["runs"], *told]


def _growth(one: Mapping[str, Any]) -> list[Any]:
    return [f"{one['case']}: {one['variant']}", one["delay"], number(one["exponent"]), number(one["steepest"])]


def _last_runs(runs: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """One run of each way and of a look, for each delay."""
    last = {(run["case"], run["variant"], run["delay"]): run for run in runs if run["case"] in ("way", "look")}
    return list(last.values())


def _questions(run: Mapping[str, Any]) -> str:
    every, chain = (", ".join(f"{count} {what}" for what, count in run[key][:6]) for key in ("most_frequent", "most_frequent_in_chain"))  # fmt: skip
    return f"{run['case']}, {run['variant']}, {run['delay']} ms: {every}. One after the other: {chain}."
