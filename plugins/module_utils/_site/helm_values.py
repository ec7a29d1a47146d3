# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values as helm stores them, so that two sets can be compared. Pure. Private to this collection.

What helm 3.22 was seen to do with a file of values (sigs.k8s.io/yaml, then the release as JSON): every number is a float64
(1.0 is stored as 1, 1e3 as 1000, 1234567890123456789 as 1234567890123456800), every key is a text, .inf and .nan are refused, and
null stays in the release, where it takes a default of the chart away.

helm gets them as JSON, so that what is a text to Ansible (1e3, 08, y) stays one.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

# From here on Go writes an exponent.
GO_EXPONENT_FROM = 1e21


def as_stored(values: Any) -> Any:
    """The values with helm's types; two sets are the same to helm when these are equal.

    Raises ClassicError ``invalid`` for a number that helm refuses. Its own result, and what a release holds, stay the same.
    """
    if isinstance(values, Mapping):
        return {_key(key): as_stored(value) for key, value in values.items()}
    if isinstance(values, (list, tuple)):
        return [as_stored(value) for value in values]
    if isinstance(values, bool) or values is None:
        return values
    if isinstance(values, (int, float)):
        return _number(values)
    if isinstance(values, (datetime.date, datetime.time)):
        return values.isoformat()
    # Not as it is: a text of Ansible's own type is more than a text.
    return str(values)


def sha256(values: Mapping[str, Any]) -> str:
    """Tells whether two sets of values are the same to helm, without telling them."""
    return hashlib.sha256(json.dumps(as_stored(values), sort_keys=True).encode()).hexdigest()


def _key(key: Any) -> str:
    stored = as_stored(key)
    return stored if isinstance(stored, str) else json.dumps(stored)


def _number(number: float) -> float:
    try:
        stored = float(number)
    except OverflowError:
        stored = math.inf
    if not math.isfinite(stored):
        raise ClassicError(
            "The values hold a number that helm cannot store (too big, .inf or .nan)",
            code="invalid",
            why="helm keeps values as JSON, with numbers of 64 bits",
            next_step="write it as a text, in quotes",
        )
    # The shortest digits that mean this float, then zeros: as Go writes it.
    return int(Decimal(repr(stored))) if stored.is_integer() and abs(stored) < GO_EXPONENT_FROM else stored
