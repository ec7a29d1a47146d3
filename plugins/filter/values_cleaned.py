# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter values_cleaned: values of the main chart without images that pin another version. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import value_changes
from ansible_collections.coder.classic.plugins.module_utils._values import paths

AUTO = "auto"


def values_cleaned(values: dict[str, Any], version: str, pinned_images: str = AUTO) -> dict[str, Any]:
    """The values for that version, ``1.21.7``; pinned_images as coder_values has it. Raises ClassicError ``invalid``."""
    mode = None if pinned_images == AUTO else pinned_images
    return value_changes.cleaned(paths.plain(values), str(version), mode=mode).values


class FilterModule:
    def filters(self) -> dict[str, Callable]:
        return {"values_cleaned": values_cleaned}
