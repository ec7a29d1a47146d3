# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Coder's clock: this machine's plus the setting ``clock_offset_seconds``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime


def now(settings: dict) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=settings["clock_offset_seconds"])


def text(moment: datetime) -> str:
    """RFC 3339, UTC, as in Coder's answers."""
    return moment.isoformat().replace("+00:00", "Z")


def http_date(settings: dict) -> str:
    return format_datetime(now(settings), usegmt=True)
