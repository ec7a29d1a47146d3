# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of one variable of the site. Pure. Private to this collection."""

from __future__ import annotations

from typing import Any, NamedTuple

# Kinds of values; value_types.py reads each of them.
TEXT, PATH, URL, UID, CHART, CHOICE = "text", "path", "URL", "UID", "chart", "choice"
NUMBER, FLAG, MAPPING = "whole number", "true or false", "mapping"
# Names of workspaces; and consent, which is data and names regions.
NAMES, REGIONS = "names", "regions"

# Where a variable belongs.
ALL, REGION, PROVIDER, HOW, CONSENT = "all", "region", "provider", "how", "consent"
DEPLOYMENT = "deployment"


class Variable(NamedTuple):
    """default is a value; derived says in words what stands in where there is none (defaults.py may compute it).

    least and most bound a whole number. What is secret is never told. written: a path that is written to.
    """

    name: str
    kind: str
    scope: str
    what: str
    default: Any = None
    derived: str | None = None
    required: bool = False
    least: int | None = None
    most: int | None = None
    choices: tuple[str, ...] = ()
    secret: bool = False
    written: bool = False
