# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values of HTTP headers, sent and received. Private to this collection."""

from __future__ import annotations

import email.utils
from datetime import UTC, datetime

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError


def check_value(name: str, value: str | None) -> None:
    """ClassicError (``invalid``) for a value that no header can hold."""
    # Not left to the HTTP libraries: they repeat the value in their error.
    if value and not (value.isascii() and value.isprintable() and value == value.strip()):
        raise ClassicError(
            f"The {name} cannot be sent in an HTTP header",
            code="invalid",
            why="it has a line break, another control character, a blank at an end, or a letter outside of ASCII",
            untouched="nothing was sent",
            next_step=f"give the {name} without that; the end of a file's line is the usual cause",
        )


def date(text: str | None) -> datetime | None:
    """In UTC; None for what is none."""
    try:
        moment = email.utils.parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    # A date without a zone is no local time here.
    return moment and (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def seconds_to_wait(text: str | None) -> float:
    """Of Retry-After, which holds seconds or a date; 0 without it."""
    if not text:
        return 0.0
    if text.strip().isdigit():
        return float(text)
    moment = date(text)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds()) if moment else 0.0
