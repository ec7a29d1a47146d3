# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What would be written over or removed, saved to files (0600) that are read back. Private to this collection."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import backup


def demand_writable(directory: str) -> None:
    """Raises ClassicError ``backup_failed`` where writing would, also in a check run."""
    try:
        backup.demand_writable(Path(directory))
    except OSError as error:
        raise _failed(directory, str(error)) from error


def folder(directory: Path) -> Path:
    """Made if it is missing, and the one above it, for nobody else (0700). Raises ClassicError ``backup_failed``."""
    try:
        for one in (directory.parent, directory):
            one.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise _failed(str(directory), str(error)) from error
    return directory


def items(path: Path, found: list[dict[str, Any]]) -> None:
    """A List as that of a backup. Raises ClassicError ``backup_failed``."""
    text(path, json.dumps({"apiVersion": "v1", "kind": "List", "items": found}, indent=2, sort_keys=True) + "\n")


def text(path: Path, content: str) -> None:
    """Raises ClassicError ``backup_failed`` where the file is not what was written."""
    try:
        if not backup.is_written(path, content):
            backup.write(path, content)
        is_good, why = backup.is_written(path, content), "It was written, and reads differently."
    except OSError as error:
        is_good, why = False, str(error)
    if not is_good:
        raise _failed(str(path), why)


def _failed(where: str, why: str) -> ClassicError:
    return ClassicError(
        "What would be written over cannot be saved.",
        code="backup_failed",
        where=where,
        why=why,
        untouched="Nothing was changed in the cluster.",
        next_step="Make the folder writable or choose another one (backup_dir), then run again.",
    )
