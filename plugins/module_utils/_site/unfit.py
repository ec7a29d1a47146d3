# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a given value cannot be taken, told without a secret. Pure. Private to this collection."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

SHOWN_CHARACTERS = 60


class Unfit(Exception):
    """Why a value cannot be taken: what it is (without a secret), and what is allowed. Both go on from a name and 'is'."""

    def __init__(self, given: str, allowed: str) -> None:
        super().__init__(given)
        self.given = given
        self.allowed = allowed


class Unreadable(NamedTuple):
    """Stands in for a value that is a template which cannot be evaluated; missing is the variable that it lacks, if it is that.

    Not Ansible's own words: they may quote what was evaluated.
    """

    missing: str | None = None


def describe(value: Any, *, secret: bool = False) -> str:
    """What a value is, in words; the value itself only where it is short and no secret."""
    if value is None:
        return "nothing"
    if isinstance(value, Unreadable):
        lack = f": {value.missing} is undefined" if value.missing else ""
        return f"a template that cannot be evaluated{lack}"
    if isinstance(value, bool):
        return "a boolean" if secret else f"the boolean {str(value).lower()}"
    if isinstance(value, (int, float)):
        return "a number" if secret else f"the number {value}"
    if isinstance(value, str):
        if not value.strip():
            return "an empty text"
        if secret or re.search("[@?#]", value):
            # What has a user name or a query may have a password in it.
            return "a text (not shown)"
        return f"the text {value[:SHOWN_CHARACTERS]!r}" + (" (and more)" if len(value) > SHOWN_CHARACTERS else "")
    if isinstance(value, Mapping):
        return "a mapping"
    return "a list" if isinstance(value, (list, tuple)) else "a value of another type"
