# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a satellite's chart is to be deployed: for the plan, and for the role satellite, which does it. Pure.

Private to this collection.
"""

from __future__ import annotations

from typing import Any


def to_be_deployed(found: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """found: ``status``, ``chart_version`` and ``values_sha256`` of the release, empty or None without one.

    wanted: the module's option satellite, in which a version or a sum that is not given counts as equal.
    """
    return found.get("status") != "deployed" or any(
        wanted[key] is not None and wanted[key] != found[key] for key in ("chart_version", "values_sha256")
    )
