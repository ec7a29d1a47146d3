# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The newest look of a run, kept for its next step: clusters are far away, and a look asks for some thirty things.

A look is fresh until this run writes, at whatever place, or until it is too old. It lies in the run's own folder (0700),
which ends with the run; it holds what the result of a look holds. Private to this collection.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils import _run_folder

#: Seconds after which a look decides nothing any more.
MAX_AGE = 60.0


class KeptLook:
    """folder: of the run; without one nothing is kept. of: the options that the look is for; others have a look of their own."""

    def __init__(self, folder: str | None, of: Mapping[str, Any], clock: Callable[[], float] = time.monotonic) -> None:
        self.folder, self._keeps = folder, folder is not None
        self._asked = _run_folder.name_of(of)
        self._look = self._path(f"look-{self._asked}.json")
        self._acts = self._path("acts")
        self._clock = clock

    def read(self, max_age: float = MAX_AGE) -> dict[str, Any] | None:
        """The look, if it is fresh."""
        if not self._keeps:
            return None
        try:
            with open(self._look, encoding="utf-8") as file:
                kept = json.load(file)
        except (OSError, ValueError):
            return None
        is_fresh = 0 <= self._clock() - kept["at"] <= max_age and kept["acts"] == self._number_of_acts()
        return kept["view"] if is_fresh else None

    def anew(self, look: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """What look answers, kept with when it began. Where it cannot be kept, the next step looks for itself."""
        began = {"at": self._clock(), "acts": self._number_of_acts()}
        view = look()
        if self._keeps:
            with contextlib.suppress(OSError, TypeError):
                _run_folder.write(self._look, json.dumps({**began, "view": view}))
        return view

    def answer(self, look: Callable[[], dict[str, Any]], max_age: float = MAX_AGE) -> dict[str, Any]:
        """The look, if it is that fresh, else a new one; with 0 always a new one."""
        return (self.read(max_age) if max_age else None) or self.anew(look)

    def act(self) -> None:
        """Right before anything is written: no look of this run is fresh any more. Raises OSError."""
        if self._keeps:
            _run_folder.append(self._acts, ".")

    def _number_of_acts(self) -> int:
        try:
            return os.path.getsize(self._acts)
        except OSError:
            return 0

    def _path(self, name: str) -> str:
        return os.path.join(self.folder or "", f"coder-classic-{name}")
