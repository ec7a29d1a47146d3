# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding a provider by its name. Pure. Private to this collection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError


def find(providers: Sequence[Mapping[str, Any]], name: str) -> Mapping[str, Any] | None:
    """The provider of exactly that name, or None; ClassicError ``ambiguous`` when there are several."""
    found = [provider for provider in providers if provider.get("name") == name]
    if len(found) > 1:
        raise ClassicError(
            f"Coder has {len(found)} workspace providers with the name {name!r}",
            code="ambiguous",
            why="ids: " + ", ".join(str(provider.get("id")) for provider in found),
            untouched="nothing was changed",
            next_step="rename one of them in Coder's dashboard, then run again",
        )
    return found[0] if found else None


def pick(providers: Sequence[Mapping[str, Any]], name: str) -> Mapping[str, Any]:
    """As find(), but a missing one is ClassicError ``unknown_provider`` that lists the known ones with their status."""
    provider = find(providers, name)
    if provider is None:
        known = ", ".join(f"{row.get('name')} ({row.get('status')})" for row in providers) or "none at all"
        raise ClassicError(
            f"Coder knows no workspace provider with the name {name!r}",
            code="unknown_provider",
            why=f"known are: {known}",
            untouched="nothing was changed",
            next_step="correct the name (case counts), then run again",
            details=[{"name": row.get("name"), "status": row.get("status")} for row in providers],
        )
    return provider
