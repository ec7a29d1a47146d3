# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looking at one workspace again and again, while Coder may be away for a moment. Private to this collection."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder.api import Coder
from ansible_collections.coder.classic.plugins.module_utils._coder.lost_answers import outcome_unknown
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

Workspace = Mapping[str, Any]

# Coder may be away for so long, for example while its pods are replaced: builds in the clusters go on.
AWAY_SECONDS = 300.0

# What a look finds when there is no such workspace any more.
GONE: Workspace = {}


class Looks:
    """away is called with Coder's error at each look that finds Coder away."""

    def __init__(
        self, coder: Coder, provider_id: str, clock: Callable[[], float], away: Callable[[ClassicError], None]
    ) -> None:
        self._coder = coder
        self._provider_id = provider_id
        self._clock = clock
        self._away = away
        self._away_since: float | None = None

    def look(self, workspace_id: str) -> Workspace | None:
        """The workspace, GONE when it was deleted, or None while Coder is away; away for too long is an error."""
        try:
            now = self._there_or_gone(workspace_id)
        except ClassicError as error:
            if not (outcome_unknown(error) or error.code in ("busy", "not_found")):
                raise
            moment = self._clock()
            self._away_since = moment if self._away_since is None else self._away_since
            if moment - self._away_since >= AWAY_SECONDS:
                raise
            self._away(error)
            return None
        self._away_since = None
        return now

    def _there_or_gone(self, workspace_id: str) -> Workspace:
        try:
            return self._coder.workspace(workspace_id)
        except ClassicError as error:
            # A proxy says 404 as well, while Coder is away behind it: only Coder's list proves the deletion.
            if error.code != "not_found":
                raise
            if any(row["id"] == workspace_id for row in self._coder.provider_workspaces(self._provider_id)):
                raise
            return GONE
