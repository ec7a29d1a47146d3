# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hints of how far a Go command is, from what it has logged so far (pure)."""

from __future__ import annotations


def downloads(text: str) -> str:
    """How many modules ``go`` says it has fetched."""
    count = sum(line.startswith("go: downloading ") for line in text.splitlines())
    return f"{count} modules fetched" if count else ""


def compilation(text: str, total: int) -> str:
    """How many of the ``total`` packages below a program ``go build -v`` has named: each as its compilation starts."""
    count = sum(bool(line) and not line.startswith(("go: ", "#", "\t")) for line in text.splitlines())
    return f"package {count} of {total}" if count < total else "linking"
