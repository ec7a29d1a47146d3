# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which parts of values are secrets, and how to show the rest. Pure; private to this collection."""

from __future__ import annotations

import base64
import re
from typing import Any

HIDDEN = "********"
SECRET_KEY = re.compile(r"token|passw|secret|private_?key|credential|api_?key", re.IGNORECASE)
# Beside or below such a key these name a Secret, they do not hold one (certs.secret.name, coderd.tls.hostSecretName).
NAMING_KEY = re.compile(r"name$|^key$|namespace$", re.IGNORECASE)
PRIVATE_KEY = "PRIVATE KEY-----"
SHORTEST_SECRET = 4


def masked(values: Any) -> Any:
    """The values with every secret replaced; shape and other values stay."""
    return _walk(values, False, lambda _secret: HIDDEN)


def scrub(text: str, values: Any) -> str:
    """The text without any secret of the values, as it is or in base64, for messages of programs that had them."""
    found: list[str] = []
    _walk(values, False, lambda secret: found.append(str(secret)))
    found += [base64.b64encode(secret.encode()).decode() for secret in found if len(secret) >= SHORTEST_SECRET]
    for secret in sorted(found, key=len, reverse=True):
        if len(secret) >= SHORTEST_SECRET:
            text = text.replace(secret, HIDDEN)
    return text


def _walk(value: Any, is_secret: bool, on_secret: Any) -> Any:
    if isinstance(value, dict):
        return {key: _walk(item, _is_secret(str(key), is_secret), on_secret) for key, item in value.items()}
    if isinstance(value, list):
        return [_walk(item, is_secret, on_secret) for item in value]
    if value in (None, "") or isinstance(value, bool):
        return value
    return on_secret(value) if is_secret or PRIVATE_KEY in str(value) else value


def _is_secret(key: str, inherited: bool) -> bool:
    return not NAMING_KEY.search(key) and (inherited or bool(SECRET_KEY.search(key)))
