# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files (0600) in the folder (0700) of one run of Ansible, which ends with the run: what its tasks, each a process of its own,
leave for one another. Private to this collection.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any


def name_of(told: Any) -> str:
    """For a file's name: the same for what is the same as JSON, and it tells nothing of it. Pure."""
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()[:32]


def write(path: str, text: str) -> None:
    """In one piece: whoever reads it meanwhile has the file that was there before. Raises OSError."""
    new = f"{path}.{os.getpid()}"
    with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(new, path)


def append(path: str, text: str) -> None:
    """In one piece: other threads and workers append as well. Raises OSError."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(file, text.encode())
    finally:
        os.close(file)
