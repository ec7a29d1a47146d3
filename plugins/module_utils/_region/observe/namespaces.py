# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A namespace that is being deleted: it takes nothing new, and all that is in it goes. Pure.

Private to this collection.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._region.tell.findings import Finding, finding


def terminating(live: dict[str, Any] | None) -> dict[str, Any] | None:
    """``{since, held}`` of a namespace that is being deleted, held being Kubernetes' own words for what keeps it."""
    metadata, status = (live or {}).get("metadata") or {}, (live or {}).get("status") or {}
    if not metadata.get("deletionTimestamp") and status.get("phase") != "Terminating":
        return None
    conditions = [row for row in status.get("conditions") or [] if row.get("status") == "True"]
    return {
        "since": metadata.get("deletionTimestamp"),
        "held": [str(row.get("message") or row.get("reason") or row.get("type")) for row in conditions],
    }


def being_deleted(
    found: dict[str, Any] | None, whose: str, name: str, where: str, goals: Iterable[str]
) -> list[Finding]:
    """A finding of what terminating() answered."""
    if not found:
        return []
    since = f"since {found['since']}; " if found["since"] else ""
    return [
        finding(
            "namespace_terminating",
            f"{whose} namespace {name} is being deleted",
            where=where,
            why=since + ("; ".join(found["held"]) or "nothing says what holds it; it may be gone in a moment"),
            next_step=f"wait until it is gone (kubectl get namespace {name}), or remove what holds it, and find out who "
            "deletes it; then run again",
            goals=goals,
        )
    ]
