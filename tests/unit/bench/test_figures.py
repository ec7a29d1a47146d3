# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bench's figures: chains, medians, ratios, growth and goals."""

from __future__ import annotations

import pytest

from bench.figures import Goal, Request, chain, fit, medians, paired_ratio


def requests(*times: tuple[float, float]) -> list[Request]:
    return [Request("coder", begin, end, "GET /") for begin, end in times]


@pytest.mark.parametrize(
    ("times", "length"),
    [
        ([], 0),
        ([(0, 1)], 1),
        ([(0, 1), (1, 2), (2, 3)], 3),
        ([(0, 3), (0, 3), (1, 2)], 1),
        # A long one beside three short ones is no part of the longest chain.
        ([(0, 9), (0, 1), (2, 3), (4, 5)], 3),
        ([(5, 6), (0, 1), (3, 4)], 3),
    ],
)
def test_the_longest_chain_is_what_does_not_overlap(times, length):
    assert len(chain(requests(*times))) == length


def test_what_came_sooner_than_an_answer_takes_did_not_wait_for_it():
    # Three at once, served a moment apart, then one that waited for them.
    served = requests((0.00, 0.01), (0.02, 0.03), (0.04, 0.05), (0.21, 0.22))
    assert len(chain(served)) == 4
    assert len(chain(served, gap=0.15)) == 2


def test_a_measure_that_one_run_lacks_has_no_median():
    runs = [{"seconds": 1.0, "processes": 7}, {"seconds": 3.0, "processes": None}, {"seconds": 2.0, "processes": 9}]
    assert medians(runs) == {"seconds": 2.0, "processes": None}
    assert medians([{"a": 1}, {"b": 2}]) == {"a": None, "b": None}


def test_ratios_are_those_of_neighbours():
    # The second pair was slow for both.
    assert paired_ratio([10, 40, 11], [20, 80, 20]) == 0.5
    assert paired_ratio([], [1]) is None
    assert paired_ratio([1], [0]) is None


def test_growth_is_the_power_of_n():
    line = fit({1: 3, 10: 30, 100: 300})
    assert line.exponent == pytest.approx(1) and line.factor == pytest.approx(3) and line.steepest == pytest.approx(1)


def test_a_fixed_cost_hides_in_the_exponent_and_not_in_the_steepest_step():
    line = fit({n: 1 + n * n / 1e6 for n in (10, 100, 1000, 10000)})
    assert line.exponent < 0.7
    assert line.steepest > 1.5


def test_one_point_has_no_growth():
    assert fit({10: 1.0}) is None and fit({}) is None


def test_what_was_not_measured_is_neither_met_nor_missed():
    assert [Goal("g", 2, "s", value).met for value in (2, 2.1, None)] == [True, False, None]
