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
    """folder: of the run; without one nothing is kept. of: the options that the look is for; others have a look of their own.
    place: what its lock is for.
    """

    def __init__(
        self, folder: str | None, of: Mapping[str, Any], place: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._keeps = folder is not None
        asked = _run_folder.name_of(of)
        self._look = os.path.join(folder or "", f"coder-classic-look-{asked}.json")
        self._locked = os.path.join(folder or "", f"coder-classic-locked-{_run_folder.name_of(place)}")
        self._acts = os.path.join(folder or "", "coder-classic-acts")
        self._wrote = os.path.join(folder or "", f"coder-classic-wrote-{asked}")
        self.folder = folder
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

    def act(self) -> None:
        """Right before anything is written: no look of this run is fresh any more. Raises OSError."""
        if not self._keeps:
            return
        _run_folder.write(self._wrote, "")
        _run_folder.append(self._acts, ".")

    @property
    def has_acted(self) -> bool:
        """Whether this run has begun a write for these options."""
        return self._keeps and os.path.exists(self._wrote)

    @property
    def may_be_locked(self) -> bool:
        """Whether this run has taken the place's lock, as far as that was kept."""
        return not self._keeps or os.path.exists(self._locked)

    def note_lock(self) -> None:
        if self._keeps:
            _run_folder.write(self._locked, "")

    def _number_of_acts(self) -> int:
        try:
            return os.path.getsize(self._acts)
        except OSError:
            return 0
