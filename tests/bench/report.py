# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the runs to medians, ratios, goals, growth, a table and a plot."""

from __future__ import annotations


def summary(runs):
    return {}


def markdown(result):
    return ""


def draw(*a):
    pass
