# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the Leases are called: one of each region, and one of the main deployment. Pure. Private to this collection."""

from __future__ import annotations

import hashlib
import re

PREFIX = "coder-classic"
#: No region has it: theirs begin otherwise.
MAIN_DEPLOYMENT = f"{PREFIX}--main-deployment"


def of_region(region: str) -> str:
    """A region whose name no object may have gets one that no other region has."""
    plain = re.sub(r"[^a-z0-9-]+", "-", region.lower()).strip("-")
    if plain == region:
        return f"{PREFIX}-{region}"
    return f"{PREFIX}-{plain}-{hashlib.sha256(region.encode()).hexdigest()[:8]}"
