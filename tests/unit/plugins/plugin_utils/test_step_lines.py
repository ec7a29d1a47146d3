# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time

import pytest

from ansible_collections.coder.classic.plugins.plugin_utils import progress, step_lines

PLAN = {"migrate": [{"step": name} for name in ("cordon", "switch", "rebuild", "prove", "uncordon")]}


@pytest.mark.parametrize(
    ("goal", "names", "number"),
    [
        ("migrate", ["switch"], "[2/5] "),
        ("migrate", ["rebuild", "prove"], "[3-4/5] "),
        ("migrate", ["undo"], ""),
        ("retire", ["cordon"], ""),
    ],
)
def test_the_numbers_are_those_of_the_first_plan(goal, names, number) -> None:
    numbers = step_lines.Numbers()
    numbers.learn("sydney-1", PLAN)
    # The plan of a later look is shorter.
    numbers.learn("sydney-1", {"migrate": [{"step": "uncordon"}]})
    assert numbers.of("sydney-1", goal, names) == number
    assert numbers.of("sydney-2", goal, names) == ""


@pytest.mark.parametrize(("duration", "text"), [(0.44, "0.4 s"), (75, "75 s"), (725, "12 min 5 s")])
def test_durations_are_short(duration, text) -> None:
    assert step_lines.seconds(duration) == text


def test_hosts_of_which_the_same_is_said_share_a_line() -> None:
    fine = {"changed": 0, "failures": 0, "unreachable": 0}
    hosts = {"a": fine, "b": {**fine, "changed": 2, "failures": 1}, "c": fine}
    assert step_lines.totals(hosts, 3) == ["a, c: nothing changed", "b: stopped, 2 changed", "Took 3.0 s."]


def test_who_watches_is_told_that_it_goes_on_where_nothing_else_is_said() -> None:
    shown: list[str] = []
    with progress.never_silent(shown.append, "Uninstall", (0.1, 0.2)) as show:
        time.sleep(0.15)
        show("said")
        time.sleep(0.1)
        assert shown == ["Uninstall ... (0 s)", "said"]
        time.sleep(0.2)
    assert shown == ["Uninstall ... (0 s)", "said", "Uninstall ... (0 s)"]
