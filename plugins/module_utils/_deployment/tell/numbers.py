# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Versions of Coder in what people and charts write. Pure. Private to this collection."""

from __future__ import annotations

import re


def plain(text: str | None) -> str | None:
    """``1.21.7`` of ``v1.21.7+build``; None for a text that is no whole version."""
    match = re.match(r"v?(\d+\.\d+\.\d+)(?![\d.])", text or "")
    return match[1] if match else None


def of_image(image: str | None) -> str | None:
    """The version in an image's tag; None for a tag that is none, and for an image with only a digest."""
    name = (image or "").partition("@")[0].rpartition("/")[2]
    return plain(name.partition(":")[2])
