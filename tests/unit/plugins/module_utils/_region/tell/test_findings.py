# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.coder.classic.plugins.module_utils._region.tell.findings import GOALS, finding, placed, unique

PLACE = "context c (https://c.test)"


def unreachable(goals=GOALS, message="GET /a", where=PLACE):
    return finding("unreachable", message, where=where, why="no answer", next_step="wait", goals=goals)


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ([GOALS, GOALS], [GOALS]),
        ([GOALS, ["migrate"]], [GOALS]),
        ([["migrate"], GOALS], [GOALS]),
        ([["migrate"], ["retire"]], [["migrate"], ["retire"]]),
    ],
)
def test_one_reason_is_told_once_and_for_all_its_goals(given, left):
    told = unique(unreachable(goals, f"GET /{number}") for number, goals in enumerate(given))
    assert [one["for"] for one in told] == [list(goals) for goals in left]


def test_other_places_are_other_findings():
    assert len(unique([unreachable(), unreachable(where="elsewhere")])) == 2


def test_a_cluster_that_is_two_things_is_told_as_both():
    clusters = [
        {"of": of, "where": where, "source": "file f"}
        for of, where in (("provider", PLACE), ("satellite", PLACE), ("main deployment", "context main"))
    ]
    assert placed(unreachable(), clusters)["where"] == f"cluster of the provider and the satellite, {PLACE}, by file f"
    assert placed(unreachable(where="elsewhere"), clusters)["where"] == "elsewhere"
