# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which parts of values and of Kubernetes objects are secrets, and how to show the rest. Pure.

Private to this collection.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any

HIDDEN = "********"
SECRET_KEY = re.compile(r"token|passw|secret|private_?key|credential|api_?key", re.IGNORECASE)
# Beside or below such a key these name a Secret, they do not hold one (certs.secret.name, tls.hostSecretName).
NAMING_KEY = re.compile(r"name$|^key$|namespace$", re.IGNORECASE)
# What programs are given, where nobody can tell a secret from the rest.
GIVEN_KEY = re.compile(r"^(extra_?)?env(s|_?vars?|_?from|ironment)?$|^args$|^command$|^httpHeaders$", re.IGNORECASE)
# Contents of ConfigMaps and Secrets, and the copy of a whole object that kubectl apply leaves on it.
CONTENT_KEY = re.compile(r"^(string|binary)?data$|^kubectl\.kubernetes\.io/last-applied-configuration$", re.IGNORECASE)
PRIVATE_KEY = "PRIVATE KEY-----"
PASSWORD_IN_URL = re.compile(r"(://[^/\s:@]*:)([^/\s@]+)(?=@)")
SHORTEST_SECRET = 4
# What is no secret for sure, but only given to programs, is not looked for where it is as short as a word.
SHORTEST_GIVEN = 8
# From here on the API server quotes the object around the place at which it gave up.
QUOTES = re.compile(r",? ?error found in #.*", re.DOTALL)

SHOWN, NAMED, GIVEN, CONTENT, SECRET = range(5)
OnSecret = Callable[[Any, int], Any]


def masked(values: Any) -> Any:
    """The values or the object with every secret replaced; shape and other values stay."""
    return _walk(values, SHOWN, lambda _secret, _kind: HIDDEN)


def scrub(text: str, values: Any) -> str:
    """The text without any secret of the values, as it is or in base64, for messages of programs that had them.

    values may be a list of several, and objects as well.
    """
    found: set[str] = set()

    def collect(secret: Any, kind: int) -> str:
        if len(str(secret)) >= (SHORTEST_SECRET if kind == SECRET else SHORTEST_GIVEN):
            found.update((str(secret), base64.b64encode(str(secret).encode()).decode()))
        return HIDDEN

    _walk(values, SHOWN, collect)
    for secret in sorted(found, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return text


def server_words(text: str | None, *objects: Any) -> str | None:
    """What an API server says about objects that it was sent, without what it quotes of them."""
    return text and scrub(QUOTES.sub("", text), list(objects))


def _walk(value: Any, inherited: int, on_secret: OnSecret) -> Any:
    if isinstance(value, dict):
        # {name: DB_PASSWORD, value: ...}, as in lists of parameters.
        pair = isinstance(value.get("name"), str) and SECRET_KEY.search(value["name"])
        return {
            key: _walk(item, SECRET if pair and key == "value" else _kind(str(key), inherited), on_secret)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_walk(item, inherited, on_secret) for item in value]
    if value in (None, "") or (isinstance(value, bool) and inherited != CONTENT):
        return value
    if inherited in (GIVEN, CONTENT, SECRET) or PRIVATE_KEY in str(value):
        return on_secret(value, SECRET if PRIVATE_KEY in str(value) else inherited)
    if isinstance(value, str):
        return PASSWORD_IN_URL.sub(lambda match: match[1] + str(on_secret(match[2], SECRET)), value)
    return value


def _kind(key: str, inherited: int) -> int:
    if inherited == CONTENT or CONTENT_KEY.search(key):
        return CONTENT
    if GIVEN_KEY.search(key):
        return GIVEN
    if inherited == GIVEN:
        return NAMED if key in ("name", "key") else SECRET if SECRET_KEY.search(key) else GIVEN
    if NAMING_KEY.search(key):
        return NAMED
    return SECRET if inherited == SECRET or SECRET_KEY.search(key) else SHOWN
