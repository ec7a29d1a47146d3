# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The names of the steps of a repair, for whoever only has to name them. Pure; private to this collection."""

from __future__ import annotations

#: The ladder, mildest first: what is written is three marks of an object, a record, what is missing, and so on to everything.
ADOPT, MAP_APIS, RESTORE_LOST, UPGRADE, ROLLBACK, REINSTALL = STEPS = (
    "adopt",
    "map_apis",
    "restore_lost",
    "upgrade",
    "rollback",
    "reinstall",
)
