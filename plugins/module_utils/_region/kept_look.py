# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The newest look of a run at a region. Private to this collection."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils import _kept_look, _run_folder

#: Options that say what is done, and not what is looked at; a file of values has another name in each task.
NOT_LOOKED_AT = ("goal", "step", "run", "progress_file", "cordoned_by_this_run", "max_age", "token")


class KeptLook(_kept_look.KeptLook):
    """of: the options (wanted.wanted) that the look is for. Besides, whether this run wrote for them and took the region's lock."""

    def __init__(self, folder: str | None, of: Mapping[str, Any], clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(folder, asked(of), clock)
        self._locked = self._path(f"locked-{_run_folder.name_of(of['region'])}")
        self._wrote = self._path(f"wrote-{self._asked}")

    def act(self) -> None:
        if self._keeps:
            _run_folder.write(self._wrote, "")
        super().act()

    @property
    def has_acted(self) -> bool:
        """Whether this run has begun a write for these options."""
        return self._keeps and os.path.exists(self._wrote)

    @property
    def may_be_locked(self) -> bool:
        """Whether this run has taken the region's lock, as far as that was kept."""
        return not self._keeps or os.path.exists(self._locked)

    def note_lock(self) -> None:
        if self._keeps:
            _run_folder.write(self._locked, "")


def asked(of: Mapping[str, Any]) -> dict[str, Any]:
    """Pure."""
    satellite = {key: value for key, value in of["satellite"].items() if key != "values_file"}
    rest = {key: value for key, value in of.items() if key not in NOT_LOOKED_AT}
    return {**rest, "satellite": satellite}
