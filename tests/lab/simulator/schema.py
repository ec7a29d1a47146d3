# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The schema of Coder's database, as one number for each minor version of Coder: 1.21.7 needs 121. Pure.

Migrations raise it, and nothing but a restored dump lowers it: neither a rollback by helm nor an older chart does. How the
product behaves on a schema that is newer than its code is not known; here it answers 500 to everything. ``None``: nobody
keeps account, and every version works. A real database would answer these questions in place of this file.
"""

from __future__ import annotations

from .versions import parse


def of(version: str) -> float:
    """What that version works on."""
    major, minor, _unused = parse(version)
    return major * 100 + minor


def migrated(present: float | None, version: str) -> float | None:
    """After ``coderd migrate up`` of that version."""
    return None if present is None else max(present, of(version))


def half_migrated(present: float | None, version: str) -> float | None:
    """After one that failed in the middle: beyond what the version before works on, short of its own."""
    return None if present is None else max(present, of(version) - 0.5)


def serves(version: str, present: float | None) -> bool:
    """Whether the code of that version works on the schema that is there."""
    return present is None or present <= of(version)
