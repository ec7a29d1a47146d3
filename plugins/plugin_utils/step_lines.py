# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a person reads of a run: a line for each step, under the plan's numbers, and what came of it. Pure but for Numbers' memory.

Private to this collection.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class Numbers:
    """The numbers of the plan that was told before anything was done: it shrinks while the run works it off."""

    def __init__(self) -> None:
        self._plans: dict[tuple[str, str], list[str]] = {}

    def learn(self, host: str, plans: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        """plans: the ``plan`` of a region. What is known already stays."""
        for goal, steps in plans.items():
            self._plans.setdefault((host, goal), [step["step"] for step in steps])

    def of(self, host: str, goal: str, names: Sequence[str]) -> str:
        """``[3/8]``, ``[6-7/8]`` for steps of the plan that are done as one; an empty text for what no plan has."""
        plan = self._plans.get((host, goal)) or []
        places = [plan.index(name) + 1 for name in names if name in plan]
        if not places:
            return ""
        first, last = min(places), max(places)
        return f"[{first if first == last else f'{first}-{last}'}/{len(plan)}] "


def seconds(duration: float) -> str:
    """``0.4 s``, ``75 s``, ``12 min 5 s``."""
    if duration < 10:
        return f"{duration:.1f} s"
    minutes, rest = divmod(round(duration), 60)
    return f"{minutes} min {rest} s" if minutes >= 2 else f"{round(duration)} s"


def step(number: str, host: str, title: str, outcome: str, duration: float) -> str:
    """``[3/8] sydney-1  Register the satellite ... done (0.4 s)``"""
    return f"{number}{host}  {title} ... {outcome} ({seconds(duration)})"


def totals(hosts: Mapping[str, Mapping[str, int]], duration: float) -> list[str]:
    """The lines at a run's end; hosts: Ansible's summary of each. Those of whom the same is to be said share a line."""
    said: dict[str, list[str]] = {}
    for host, counts in hosts.items():
        changed = f"{counts['changed']} changed" if counts["changed"] else "nothing changed"
        stopped = "stopped, " if counts["failures"] or counts["unreachable"] else ""
        said.setdefault(stopped + changed, []).append(host)
    lines = [f"{', '.join(names)}: {text}" for text, names in said.items()]
    return [*lines, f"Took {seconds(duration)}."]
