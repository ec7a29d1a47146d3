# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the objects of releases are written on the control node, and whether that was done. Private to this collection."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._cluster import release_backup, satellite_secret
from ansible_collections.coder.classic.plugins.module_utils._cluster.client import Cluster
from ansible_collections.coder.classic.plugins.module_utils._coder.satellite_key import public_key_of, same_public_key
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError


def folder(wanted: dict[str, Any], of: str) -> Path:
    """A provider has a folder of its own (its name); its region's satellite is one for all of them (``satellite``)."""
    return Path(wanted["backup_dir"]) / wanted["region"] / of


def write(
    cluster: Cluster, wanted: dict[str, Any], of: str, release: dict[str, str], check_mode: bool
) -> dict[str, Any]:
    """release_backup.run of a release ``{name, namespace}`` into folder(); in a check run only whether it can be written.

    Raises ClassicError: ``no_backup_place``, ``backup_failed`` (a full disk, a folder that is not writable), and those of
    release_backup.run.
    """
    if not wanted["backup_dir"]:
        raise _not_written(release, "no_backup_place", "coder_backup_dir", "it is not set")
    place = folder(wanted, of)
    try:
        return release_backup.run(cluster, {**release, "directory": str(place)}, check_mode)
    except OSError as error:
        raise _not_written(release, "backup_failed", str(place), str(error)) from error


def _not_written(release: dict[str, str], code: str, where: str, why: str) -> ClassicError:
    return ClassicError(
        f"The backup of release {release['name']} cannot be written.",
        code=code,
        where=where,
        why=why,
        untouched=f"Release {release['name']} and all its objects: nothing is removed without a backup.",
        next_step="Make room there and the folder writable, or name another one in coder_backup_dir, then run it again.",
    )


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
