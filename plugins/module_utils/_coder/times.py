# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Points in time as Coder writes them: RFC 3339, up to nanoseconds, UTC. Private to this collection."""

from __future__ import annotations

from datetime import UTC, datetime

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError


def parse(text: str | None) -> datetime | None:
    """An aware datetime; None for nothing and for Go's zero time (year 1), which means "never"."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except (ValueError, TypeError):
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ClassicError(
            f"{text!r} is not a point in time with a zone",
            code="invalid",
            next_step="write it as in RFC 3339, for example 2026-03-01T12:00:00Z",
        )
    return moment if moment.year > 1 else None


def rfc3339(moment: datetime) -> str:
    """The same moment in UTC, ``2026-03-01T12:00:00Z``; parts of a second only where there are any."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
