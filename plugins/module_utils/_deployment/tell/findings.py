# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Blockers and warnings of the main deployment: the shape of a region's, with goals of its own. Pure.

Private to this collection.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._region.tell import findings as of_region

#: To install another version; to change to the layout serviceNext in the same version.
UPDATE, SERVICE_NEXT = "update", "service_next"
GOALS = (UPDATE, SERVICE_NEXT)

Finding = dict[str, Any]
# Of one cause once, whoever met it.
unique = of_region.unique
named = of_region.named
joined = of_region.joined


def finding(
    code: str,
    message: str,
    *,
    where: str | None,
    why: str | None,
    next_step: str | None,
    goals: Iterable[str] = GOALS,
) -> Finding:
    """``{code, message, where, why, untouched, next, for}``; for are the goals that it stands in the way of."""
    return of_region.finding(code, message, where=where, why=why, next_step=next_step, goals=goals)


def warning(
    code: str,
    message: str,
    *,
    where: str | None,
    why: str | None,
    next_step: str | None,
    goals: Iterable[str] = GOALS,
) -> list[Finding]:
    """One finding that stops nothing; goals are those for which it matters."""
    return [finding(code, message, where=where, why=why, next_step=next_step, goals=goals)]


def of_failure(failure: dict[str, Any], *, where: str | None) -> Finding:
    """A ClassicError.failure as a finding for all goals; where stands in for one that the layer below did not know."""
    return of_region.of_failure(failure, GOALS, where=where)


def of_cluster_failure(failure: dict[str, Any], *, where: str | None) -> Finding:
    """of_failure for what the API server refused: its credential is not Coder's session token."""
    return of_region.of_cluster_failure(failure, GOALS, where=where)
