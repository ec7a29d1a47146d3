# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one error of the toolchain."""

from __future__ import annotations

from ..errors import LabError


class ToolchainError(LabError):
    """A program could not be provided. The text says what, where, why, what is untouched and what to run next."""
