# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A release written down on the control node, before anything of it may go. Private to this collection."""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import release_backup
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster
from ansible_collections.coder.classic.plugins.module_utils._region import backups


def write(
    cluster: Cluster, wanted: dict[str, Any], of: str, release: dict[str, str], check_mode: bool
) -> dict[str, Any]:
    """release_backup.run of a release ``{name, namespace}`` into backups.folder(); in a check run only whether it can be written.

    Raises ClassicError: ``no_backup_place``, ``backup_failed`` (a full disk, a folder that is not writable), and those of
    release_backup.run.
    """
    if not wanted["backup_dir"]:
        raise _not_written(release, "no_backup_place", "coder_backup_dir", "it is not set")
    place = backups.folder(wanted, of)
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
