# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one sentence that says how the site goes on. Pure. Private to this collection."""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._deployment.tell.findings import Finding


def next_step(way: dict[str, Any], blockers: list[Finding]) -> str:
    """way is what journey answers; only the blockers of its next leg are named, where that has a goal here."""
    if way["next_command"] is None:
        if blockers and not way["remaining"]:
            return f"Resolve {_codes(blockers)}: {way['reason']}."
        return f"{way['reason'][0].upper()}{way['reason'][1:]}."
    leg = way["remaining"][0]
    first = [entry for entry in blockers if leg["for"] in entry["for"]]
    onwards = f"run {way['next_command']}: it {way['reason']}."
    if first:
        return f"Resolve {_codes(first)} first, then {onwards}"
    return onwards[0].upper() + onwards[1:]


def _codes(blockers: list[Finding]) -> str:
    return ", ".join(dict.fromkeys(entry["code"] for entry in blockers))
