# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter values_difference: the lines in which two sets of values differ, secrets masked. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._values import difference


def values_difference(before: dict[str, Any], after: dict[str, Any]) -> str:
    """As diff -u prints it, with sorted keys; nothing for equal values."""
    return difference.unified(before, after)


class FilterModule:
    def filters(self) -> dict[str, Callable]:
        return {"values_difference": values_difference}
