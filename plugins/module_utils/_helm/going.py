# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Objects that are being deleted: as long as a finalizer holds them they can be written to, and all that is lost. Pure. Private to
this collection.
"""

from __future__ import annotations

from typing import Any

WHY = "What is put on them now would go with them."
NEXT = "Wait until they are gone, then run again. A finalizer is for its own controller to take off."


def is_going(live: dict[str, Any] | None) -> bool:
    return bool(((live or {}).get("metadata") or {}).get("deletionTimestamp"))


def held(metadata: dict[str, Any]) -> str:
    """What holds one that is going, and since when."""
    finalizers = ", ".join(metadata.get("finalizers") or ["none"])
    return f"finalizers: {finalizers}; since {metadata['deletionTimestamp']}"
