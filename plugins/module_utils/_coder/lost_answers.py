# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes whose answer may be lost: read again, never written again. Private to this collection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError


def outcome_unknown(error: ClassicError) -> bool:
    """Whether a write that ended in this error may have taken effect: then read again instead of writing again."""
    return error.code in ("unreachable", "timeout", "server_error", "not_json")


def read_back(read: Callable[[], Any], sent: str) -> Any:
    """read() after a write; its error says what was sent before, and not that nothing was changed."""
    try:
        return read()
    except ClassicError as error:
        error.untouched = f"not known: {sent} was asked for, but the outcome could not be read"
        raise


def delete_once(delete: Callable[[], None], is_there: Callable[[], bool]) -> None:
    """Delete, and take a lost answer for good when it is gone; so too a 404, as somebody else was faster."""
    try:
        delete()
    except ClassicError as error:
        if not (error.code == "not_found" or outcome_unknown(error)) or is_there():
            raise
