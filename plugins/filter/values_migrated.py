# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter values_migrated: values of the main chart under the names of 1.21. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import value_changes
from ansible_collections.coder.classic.plugins.module_utils._values import paths


def values_migrated(values: dict[str, Any]) -> dict[str, Any]:
    """The values; under 1.21's names already, they stay as they are. Raises ClassicError ``invalid``."""
    return value_changes.migrated(paths.plain(values)).values


class FilterModule:
    def filters(self) -> dict[str, Callable]:
        return {"values_migrated": values_migrated}
