# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is at work in a provider's workspaces right now. Private to this collection."""

from __future__ import annotations

from ansible_collections.coder.classic.plugins.module_utils._coder import versions, workspaces
from ansible_collections.coder.classic.plugins.module_utils._coder.api import Coder
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError


def in_use(coder: Coder, provider_id: str, idle_minutes: int) -> list[str]:
    """Names of the workspaces in which somebody was connected within so many minutes."""
    now = coder.server_time()
    rows = coder.provider_workspaces(provider_id)
    return [str(row.get("name")) for row in rows if workspaces.in_use(row, now, idle_minutes)]


def demand_none_cut(coder: Coder, provider_id: str, name: str, idle_minutes: int) -> None:
    """Before Networking v2 is switched without consent: from 1.21.1 on Coder then rebuilds running workspaces by itself.

    Raises ClassicError ``consent_missing`` with the names of those whose sessions it would cut.
    """
    try:
        if not versions.rebuilds_on_toggle(coder.version()):
            return
    except ClassicError:
        # Of an unknown version the worst is to be expected.
        pass
    busy = in_use(coder, provider_id, idle_minutes)
    if busy:
        raise ClassicError(
            f"Workspaces of {name} are in use: {', '.join(busy)}",
            code="consent_missing",
            where=coder.transport.url,
            why="with the switch Coder rebuilds every running workspace, which cuts sessions",
            untouched="the provider and its workspaces",
            next_step="run it when nobody is at work, or consent with consent_in_use",
        )
