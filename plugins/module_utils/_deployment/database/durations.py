# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long steps took, kept beside the backups for whoever plans the next one. Nothing is decided by it. Private to this collection."""

from __future__ import annotations

import contextlib
import json
import os
from datetime import UTC, datetime
from typing import Any

NAME = "durations.jsonl"
#: More than anybody looks at.
LINES = 200


def note(backup_dir: str | None, step: str, version_from: str | None, version_to: str | None, seconds: float) -> None:
    """Adds a line. Where it cannot be written it is left out: the step was done all the same."""
    if not backup_dir:
        return
    row = {"step": step, "from": version_from, "to": version_to, "seconds": round(seconds, 1)}
    row["at"] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    with contextlib.suppress(OSError):
        os.makedirs(backup_dir, mode=0o700, exist_ok=True)
        file = os.open(os.path.join(backup_dir, NAME), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(file, f"{json.dumps(row)}\n".encode())
        finally:
            os.close(file)


def read(backup_dir: str | None) -> list[dict[str, Any]]:
    """``{step, from, to, seconds, at}``, the oldest first; a line that is none is passed over."""
    if not backup_dir:
        return []
    try:
        with open(os.path.join(backup_dir, NAME), encoding="utf-8") as file:
            lines = file.readlines()[-LINES:]
    except OSError:
        return []
    found = []
    for line in lines:
        with contextlib.suppress(ValueError, TypeError, KeyError):
            row = json.loads(line)
            found.append({**{key: row[key] for key in ("step", "from", "to", "at")}, "seconds": float(row["seconds"])})
    return found
