# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.coder.classic.plugins.filter.labelled import labelled


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("one two", ["Why: one two"]),
        ("one two three four", ["Why: one two three", "     four"]),
        ("one\ntwo", ["Why: one", "     two"]),
        ("https://coder-sydney.example.com/is/long", ["Why: https://coder-sydney.example.com/is/long"]),
        ("run first-second-third", ["Why: run", "     first-second-third"]),
        ("", ["Why:"]),
    ],
)
def test_a_text_stands_behind_its_label(text, lines):
    assert labelled(text, "Why: ", 20).split("\n") == lines


def test_lines_fit_a_terminal_of_eighty_columns():
    text = labelled("word " * 100, "   Next: ")
    assert {len(line) <= 79 for line in text.splitlines()} == {True}
