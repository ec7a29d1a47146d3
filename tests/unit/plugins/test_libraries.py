# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from ansible_collections.coder.classic.plugins.module_utils._kubernetes import connection

CHECKOUT = Path(__file__).resolve().parents[3]

# An error of another kind than ImportError, which a guarded import would take for a library that is missing.
IMPORT_ALL = """
import importlib, sys

class Refusing:
    def find_spec(self, name, *_unused):
        assert name.partition(".")[0] != "kubernetes", "somebody imports the library kubernetes"

sys.meta_path.insert(0, Refusing())
for name in sys.argv[1:]:
    importlib.import_module("ansible_collections.coder.classic.plugins." + name)
"""


def test_the_library_kubernetes_is_imported_nowhere() -> None:
    """It takes time and memory in each of a run's processes, and all that is needed of it is urllib3."""
    plugins = CHECKOUT / "plugins"
    names = [".".join(path.relative_to(plugins).with_suffix("").parts) for path in sorted(plugins.rglob("*.py"))]
    names = [name for name in names if not name.endswith("__init__")]
    assert "module_utils._kubernetes.transport" in names and "modules.coder_region_step" in names
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT / "build" / "collections")}
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, *names], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_what_has_to_be_imported_is_among_the_requirements() -> None:
    lines = (CHECKOUT / "requirements.txt").read_text().splitlines()
    assert set(connection.LIBRARIES.values()) <= set(lines)
