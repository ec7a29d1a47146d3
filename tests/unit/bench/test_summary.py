# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""From runs to goals and a table."""

from __future__ import annotations

import pytest

from bench import summary, table


def run(case: str, variant: str, number: int = 1, delay: int = 0, **figures) -> dict:
    return {"case": case, "variant": variant, "delay": delay, "run": number, **figures}


WAYS = [
    run(
        "way",
        way,
        number,
        seconds=seconds * number,
        cpu=1.0,
        most_frequent=[("coder GET /", 3)],
        most_frequent_in_chain=[],
    )
    for number in (1, 2, 3)
    for way, seconds in (("by hand", 30.0), ("by tasks", 60.0), ("ours", 40.0))
]


def goals(runs: list[dict]) -> dict:
    return {goal.name: goal for goal in summary.goals(runs)}


def test_ours_is_compared_run_by_run():
    (hand, tasks) = summary.ratios(WAYS)
    assert (hand["to"], hand["seconds"]) == ("by hand", pytest.approx(4 / 3))
    assert (tasks["to"], tasks["seconds"]) == ("by tasks", pytest.approx(2 / 3))
    assert hand["memory"] is None


def test_a_missed_goal_is_told_from_a_met_one():
    found = goals(WAYS)
    assert found["migration and retirement, to by hand, 0 ms"].met is True
    assert found["migration and retirement, to by tasks, 0 ms"].met is False
    assert found["a look, requests"].met is None


def test_the_update_has_a_goal_of_its_own():
    found = goals(
        [*WAYS, *(run("update", way, seconds=seconds) for way, seconds in (("by hand", 10.0), ("ours", 16.0)))]
    )
    assert found["update of the main deployment, to by hand, 0 ms"][2:] == ("x", 1.6)
    assert found["update of the main deployment, to by hand, 0 ms"].met is False
    assert found["migration and retirement, to by hand, 0 ms"].met is True


def test_each_further_provider_is_what_two_take_more_than_one():
    rows = [run("second", f"migrate, {number}", seconds=seconds) for number, seconds in (("one provider", 2.5), ("two providers", 3.25))]  # fmt: skip
    found = goals(rows)
    assert found["second run of migrate, first provider"].value == 2.5
    assert found["second run of migrate, each further one"].value == 0.75


def test_sizes_are_kept_apart():
    rows = [
        run("regions", "status", n=n, seconds=seconds, memory=50.0)
        for n, seconds in ((1, 1.0), (10, 4.0), (100, 100.0))
    ]
    assert [(one["n"], one["seconds"]) for one in summary.medians(rows)] == [(1, 1.0), (10, 4.0), (100, 100.0)]
    found = goals(rows)
    assert found["status of 100 regions"].met is False
    assert found["status of 100 regions, memory to that of 10"].value == 1.0
    assert found["growth of status in regions, steepest, 0 ms"].value == pytest.approx(1.398, abs=0.001)


def test_the_table_holds_every_part():
    its = {
        "processor": "p",
        "cores": 2,
        "memory_gib": 4,
        "kernel": "k",
        "python": "3",
        "ansible_core": "2",
        "load_before": 0.1,
    }
    text = table.markdown({"machine": its, "begun": "now", "runs": WAYS, **summary.summary(WAYS)})
    assert "| migration and retirement, to by hand, 0 ms | 1.5 x | 1.33 x | yes |" in text
    assert "| way: ours | 0 |  | 3 | 80 | 1 |" in text
    assert "way, ours, 0 ms: 3 coder GET /." in text
    assert "Not measured in this run." in text


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (0, "0"), (12, "12"), (0.12345, "0.123"), (12.345, "12.3"), (1234.5, "1234")]
)
def test_numbers_have_the_digits_that_count(value, text):
    assert table.number(value) == text
