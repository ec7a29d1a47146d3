# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes of values as data, so that they can be told, applied to a mapping and applied to a text. Pure.

An operation is ``{op: "set", path, value}``, ``{op: "remove", path}`` or ``{op: "move", path, to}``. Removing and moving also
takes the mappings away that are empty thereby; a move keeps the value, and wants no key where it goes to. Private to this
collection.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._values import paths
from ansible_collections.coder.classic.plugins.module_utils._values.paths import Path

Operation = dict[str, Any]


def set_(path: Path, value: Any) -> Operation:
    return {"op": "set", "path": path, "value": value}


def remove(path: Path) -> Operation:
    return {"op": "remove", "path": path}


def move(path: Path, to: Path) -> Operation:
    return {"op": "move", "path": path, "to": to}


def applied(values: dict[str, Any], operations: Iterable[Operation]) -> dict[str, Any]:
    """The values after the operations, one after the other. Removing or moving what is not there changes nothing.

    Raises ClassicError ``invalid`` where a move would overwrite, and as paths.put does.
    """
    for operation in operations:
        path, to = operation["path"], operation.get("to", ())
        if operation["op"] == "set":
            values = paths.put(values, path, operation["value"])
        elif operation["op"] == "remove":
            values = paths.without(values, path)
        elif paths.has(values, path):
            if paths.has(values, to) or to[: len(path)] == path:
                raise _occupied(path, to)
            moved = paths.get(values, path)
            # The other way round, a parent of both would be taken away in between.
            values = paths.without(paths.put(values, to, moved), path, kept=to)
    return values


def told(operation: Operation) -> str:
    """What somebody does by hand instead; without the value, which may be a secret."""
    path = paths.text(operation["path"])
    return {
        "set": f"set {path}",
        "remove": f"remove {path}",
        "move": f"move {path} to {paths.text(operation.get('to', ()))}",
    }[operation["op"]]


def _occupied(path: Path, to: Path) -> ClassicError:
    return ClassicError(
        f"{paths.text(path)} cannot be moved to {paths.text(to)}.",
        code="invalid",
        why="There is a value already.",
        untouched="Nothing was changed.",
        next_step="Remove one of the two, then run again.",
    )
