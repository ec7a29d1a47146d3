# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What helm sends for an object that a new manifest changes: the new document, and word of what it no longer has. Pure.

Private to this collection.
"""

from __future__ import annotations

from typing import Any

#: Lists that the API server merges item by item, and what tells the items apart (the kinds' patchMergeKey).
MERGED_BY = {
    "containers": ("name",),
    "env": ("name",),
    "hostAliases": ("ip",),
    "imagePullSecrets": ("name",),
    "initContainers": ("name",),
    # Of a Service they are told apart by port, of a container by containerPort.
    "ports": ("containerPort", "port"),
    "volumeDevices": ("devicePath",),
    "volumeMounts": ("mountPath",),
    "volumes": ("name",),
}


def strategic(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """The strategic merge patch from old to new, whatever is live: all of new, and what only old has as a deletion."""
    return _mapping(old, new, is_strategic=True)


def plain(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """The same for kinds whose lists are replaced as a whole (custom resources)."""
    return _mapping(old, new, is_strategic=False)


def _mapping(old: dict[str, Any], new: dict[str, Any], *, is_strategic: bool) -> dict[str, Any]:
    patch: dict[str, Any] = {key: None for key in old if key not in new and old[key] is not None}
    for key, value in new.items():
        before = old.get(key)
        if isinstance(value, dict) and isinstance(before, dict):
            patch[key] = _mapping(before, value, is_strategic=is_strategic)
        elif is_strategic and key in MERGED_BY and isinstance(value, list) and isinstance(before, list):
            patch[key] = _items(before, value, MERGED_BY[key])
        else:
            patch[key] = value
    return patch


def _items(old: list[Any], new: list[Any], keys: tuple[str, ...]) -> list[Any]:
    key = next((one for one in keys if all(isinstance(item, dict) and one in item for item in [*old, *new])), None)
    if key is None:
        return new
    before = {item[key]: item for item in old}
    after = {item[key] for item in new}
    merged = [_mapping(before.get(item[key], {}), item, is_strategic=True) for item in new]
    return merged + [{"$patch": "delete", key: name} for name in before if name not in after]
