# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""kubernetes.core for the way by tasks: the project does not depend on it, only the bench does.

Taken from the package ``ansible`` of the Python package index, which holds it, so that Ansible Galaxy need not be reached.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from site_runs import CHECKOUT

PACKAGE = "ansible==12.3.0"
INSIDE = "ansible_collections/kubernetes/core/"
COLLECTIONS = CHECKOUT / "build" / "bench" / "collections"


def provide(say: Callable[[str], None]) -> None:
    """Once; RuntimeError with pip's words when it cannot be had."""
    marker = COLLECTIONS / "package.json"
    if marker.exists() and json.loads(marker.read_text()) == PACKAGE:
        return
    say(f"fetching kubernetes.core out of {PACKAGE} (50 MB, once)")
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, PACKAGE]
        done = subprocess.run(pip, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{PACKAGE}, of which the way by tasks needs kubernetes.core: {done.stderr}")
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(COLLECTIONS, [one for one in archive.namelist() if one.startswith(INSIDE)])
    marker.write_text(json.dumps(PACKAGE))
