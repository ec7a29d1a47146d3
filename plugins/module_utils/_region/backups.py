# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the objects of releases are written on the control node, and whether that was done. Private to this collection."""

from __future__ import annotations

import base64
import json
import shutil
from pathlib import Path
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import satellite_secret
from ansible_collections.coder.classic.plugins.module_utils._coder.satellite_key import public_key_of, same_public_key
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import backup

#: Bytes; a release record is at most 1 MiB, and a release keeps ten of them.
LEAST_FREE = 32 * 1024 * 1024


def folder(wanted: dict[str, Any], of: str) -> Path:
    """A provider has a folder of its own (its name); its region's satellite is one for all of them (``satellite``)."""
    return Path(wanted["backup_dir"]) / wanted["region"] / of


def wrong_with(directory: str | None) -> str | None:
    """Why nothing can be written there, or None; nothing is tried, so that the act may still meet what was not seen."""
    if not directory:
        return None
    try:
        there = backup.demand_writable(Path(directory))
        free = shutil.disk_usage(there).free
    except OSError as error:
        return error.strerror or str(error)
    return f"only {free} bytes are free there" if free < LEAST_FREE else None


def satellite_is_held(wanted: dict[str, Any], seen: dict[str, Any]) -> bool | None:
    """Whether a backup there has the key that the cluster holds; None without a place for backups, or without a key.

    seen is observation.satellite. Whatever the revision: the key is made once.
    """
    if not wanted["backup_dir"] or not seen["public_key"]:
        return None
    release = wanted["satellite"]["release"]
    return any(_holds(path, seen["public_key"]) for path in folder(wanted, "satellite").glob(f"{release}.v*.json"))


def _holds(path: Path, public_key: str) -> bool:
    try:
        items = json.loads(path.read_text(encoding="utf-8"))["items"]
        keys = [one["data"][satellite_secret.KEY] for one in items if _is_key(one)]
        return any(same_public_key(public_key_of(base64.b64decode(key).decode()), public_key) for key in keys)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, ClassicError):
        # What cannot be read is no backup.
        return False


def _is_key(item: dict[str, Any]) -> bool:
    return (item["kind"], item["metadata"]["name"]) == ("Secret", satellite_secret.SECRET)
