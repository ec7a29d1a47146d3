# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result as a picture: what the three ways take, and how ours grows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")

from matplotlib import pyplot

WAYS = {"by hand": "#8a8a8a", "by tasks": "#d98c00", "ours": "#1f6fb4"}
LINES = {
    ("regions", "status"): "o-",
    ("regions", "preflight"): "s-",
    ("workspaces", "look"): "^-",
    ("rebuilds", "rebuild"): "d-",
}
LICENCE = "<!-- Copyright (c) 2026 coder.classic contributors\nSPDX-License-Identifier: GPL-3.0-or-later -->\n"
BARS = (
    ("seconds", "Time", "seconds"),
    ("cpu", "Processor time", "seconds"),
    ("memory", "Peak memory", "MiB"),
    ("chain", "Requests one after the other", "requests"),
)


def draw(result: Mapping[str, Any], path: Path) -> None:
    """Always the same picture for the same figures."""
    matplotlib.rcParams.update(
        {"svg.hashsalt": "coder.classic", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False}
    )
    figure, grid = pyplot.subplots(2, 3, figsize=(13, 7.5), layout="constrained")
    machine = result["machine"]
    figure.suptitle(
        f"Migrate and retire a region of two providers, and what grows. {machine['cores']} x {machine['processor']}, "
        f"Python {machine['python']}, ansible-core {machine['ansible_core']}"
    )
    for axes, (measure, title, unit) in zip(grid.flat, BARS, strict=False):
        _bars(axes, result, measure)
        axes.set(title=title, ylabel=unit)
    _growth(grid[1][1], result, "regions", "regions")
    _growth(grid[1][2], result, "workspaces", "workspaces")
    pyplot.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
    head, body = path.read_text().split("\n", 1)
    text = "\n".join(line.rstrip() for line in f"{head}\n{LICENCE}{body}".splitlines())
    path.write_text(text + "\n")


def _bars(axes: Any, result: Mapping[str, Any], measure: str) -> None:
    """One group for each delay."""
    rows = [row for row in result["medians"] if row["case"] == "way" and row.get(measure) is not None]
    delays = sorted({row["delay"] for row in rows})
    width = 0.8 / len(WAYS)
    for place, (way, colour) in enumerate(WAYS.items()):
        found = {row["delay"]: row[measure] for row in rows if row["variant"] == way}
        at = [delays.index(delay) + (place - 1) * width for delay in found]
        bars = axes.bar(at, list(found.values()), width * 0.95, label=way, color=colour)
        axes.bar_label(bars, fmt=lambda value: f"{value:,.0f}", padding=1)
    axes.set(xticks=range(len(delays)), xlabel="added to each round trip")
    axes.set_xticklabels([_named(result, measure, delay) for delay in delays])
    axes.margins(y=0.12)
    if measure == "seconds":
        axes.legend(frameon=False)


def _named(result: Mapping[str, Any], measure: str, delay: int) -> str:
    """The delay, and below it our ratio to each of the others."""
    its = [one for one in result["ratios"] if one["delay"] == delay and one[measure] is not None]
    return "\n".join([f"{delay} ms", "ours:", *(f"{one[measure]:.2f} x {one['to']}" for one in its)])


def _growth(axes: Any, result: Mapping[str, Any], case: str, label: str) -> None:
    """Seconds over n, both logarithmic; a dotted line is exactly linear growth."""
    cases = {"workspaces": ("workspaces", "rebuilds")}.get(case, (case,))
    exponents = {(one["case"], one["variant"], one["delay"]): one["exponent"] for one in result["growth"]}
    for (its_case, variant), style in LINES.items():
        for delay in sorted({row["delay"] for row in result["medians"]}):
            points = sorted(
                (row["n"], row["seconds"])
                for row in result["medians"]
                if (row["case"], row["variant"], row["delay"]) == (its_case, variant, delay)
            )
            if its_case not in cases or len(points) < 2:
                continue
            name = f"{variant}, {delay} ms: n^{exponents[its_case, variant, delay]:.2f}"
            axes.loglog(
                *zip(*points, strict=True),
                style,
                label=name,
                alpha=0.6 if delay else 1,
                fillstyle="none" if delay else "full",
            )
            axes.loglog(
                [points[0][0], points[-1][0]],
                [points[0][1], points[0][1] * points[-1][0] / points[0][0]],
                ":",
                color="#bbbbbb",
                linewidth=1,
            )
    axes.set(title=f"Growth with {label} (dotted: linear)", xlabel=label, ylabel="seconds")
    if axes.lines:
        axes.legend(frameon=False, fontsize=7)
