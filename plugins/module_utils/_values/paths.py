# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Paths into Helm values: a path is a tuple of keys, ``("web", "image")``. Pure; private to this collection.

People read and write it with dots, as JMESPath does: ``web.image``, ``"a.b".c``. Every function returns new mappings and
leaves what it was given as it is. Values are plain: mappings whose keys are texts, lists, texts, numbers, booleans, None
(see plain).
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

Path = tuple[Any, ...]

# What JMESPath takes without quotes.
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
PART = re.compile(r'"(?:[^"\\]|\\.)*"|[^."\[\]\s]+')


def text(path: Path) -> str:
    """``web.image``, ``"a.b".c``, ``hosts[0]``: as people and JMESPath write it."""
    parts = ""
    for key in path:
        if isinstance(key, int):
            parts += f"[{key}]"
        else:
            parts += ("." if parts else "") + (key if WORD.fullmatch(key) else json.dumps(key, ensure_ascii=False))
    return parts


def parse(written: str) -> Path:
    """The path of a text. A key such as ``a-b`` may stand without quotes; places in lists cannot be named.

    Raises ClassicError ``invalid``.
    """
    found, at = [], 0
    while match := PART.match(written, at):
        found.append(json.loads(match[0]) if match[0].startswith('"') else match[0])
        at = match.end()
        if at == len(written):
            return tuple(found)
        if written[at] != ".":
            break
        at += 1
    raise ClassicError(
        "A path into the values cannot be read.",
        code="invalid",
        where=f"character {at + 1} of {written!r}",
        why="Keys are divided by dots, a key that holds a dot stands in double quotes, and lists are set as a whole.",
        untouched="Nothing was changed.",
        next_step='Write it as web.image or "a.b".c, then run again.',
    )


def get(values: Any, path: Path, default: Any = None) -> Any:
    """What is there, also None; else the default."""
    for key in path:
        is_there = key in values if isinstance(values, dict) else isinstance(key, int) and _is_place(values, key)
        if not is_there:
            return default
        values = values[key]
    return values


def has(values: Any, path: Path) -> bool:
    """Whether the key is there, whatever its value."""
    nothing = object()
    return get(values, path, nothing) is not nothing


def put(values: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    """The values with this one, in mappings that are made where there are none (or null).

    Raises ClassicError ``invalid`` where something else than a mapping is on the way.
    """
    key, *rest = path
    if rest:
        below = values.get(key)
        if below is not None and not isinstance(below, dict):
            raise ClassicError(
                f"{text(path)} cannot be set.",
                code="invalid",
                why=f"On the way to it, at the key {key}, there is no mapping.",
                untouched="Nothing was changed.",
                next_step="Correct the path, or that key of the values, then run again.",
            )
        value = put(below or {}, tuple(rest), value)
    return {**values, key: value}


def without(values: dict[str, Any], path: Path, kept: Path = ()) -> dict[str, Any]:
    """The values without this key, and without the mappings that are empty when it is gone.

    kept: a path whose own parents stay. What is not there is left out already.
    """
    if not has(values, path):
        return values
    key, *rest = path
    below = without(values[key], tuple(rest), kept[1:] if kept[:1] == (key,) else ()) if rest else None
    if below or (rest and kept[:1] == (key,)):
        return {**values, key: below}
    return {name: value for name, value in values.items() if name != key}


def plain(value: Any) -> Any:
    """The values in plain types, as this file wants them; a key that is no text becomes the one that helm stores."""
    if isinstance(value, Mapping):
        return {str(key) if isinstance(key, str) else _key(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if value is None or isinstance(value, bool):
        return value
    for kind in (int, float):
        if isinstance(value, kind):
            return kind(value)
    return value.isoformat() if isinstance(value, (datetime.date, datetime.time)) else str(value)


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same to YAML: 1, 1.0, true and "1" are four different ones."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and (one == other or repr(one) == repr(other) == "nan")


def _is_place(values: Any, index: int) -> bool:
    return isinstance(values, list) and 0 <= index < len(values)


def _key(key: Any) -> str:
    stored = plain(key)
    return stored if isinstance(stored, str) else json.dumps(stored)
