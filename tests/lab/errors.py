# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The errors of the lab."""

from __future__ import annotations


class LabError(Exception):
    """Something of the lab does not work. The text says what, where, why, what is untouched and what to run next."""


class Stopped(Exception):
    """This part of the work was given up because another part failed or somebody ended the command."""
