# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.coder.classic.plugins.module_utils import _border, _python

OLDEST_OF_ANSIBLE = (3, 8)
UTILS = "ansible_collections.coder.classic.plugins.module_utils"
FOLDER = Path(_border.__file__).parent
MODULES = sorted(path.stem for path in (FOLDER.parent / "modules").glob("*.py"))
# A module is run as by Ansible, in a Python that takes itself for an older one and lacks what that one lacks.
AS_IN_OLD_PYTHON = """
import datetime, runpy, sys
import ansible.module_utils.basic
sys.version_info = (3, 10, 13, "final", 0)
del datetime.UTC
runpy.run_module("ansible_collections.coder.classic.plugins.modules." + sys.argv[1], run_name="__main__")
"""


def imports_of_ours(path: Path) -> list[str]:
    """The modules of this collection that a file imports, in its order."""
    nodes = ast.parse(path.read_text(encoding="utf-8"), feature_version=OLDEST_OF_ANSIBLE).body
    froms = [node for node in nodes if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(UTILS)]
    return [f"{node.module}.{alias.name}".removeprefix(f"{UTILS}.") for node in froms for alias in node.names]


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_the_check_before_all_else_of_ours(module: str) -> None:
    assert imports_of_ours(FOLDER.parent / "modules" / f"{module}.py")[0] == "_module"
    assert imports_of_ours(FOLDER / "_module.py") == ["_border"]
    assert imports_of_ours(FOLDER / "_border.py") == ["_python", "_errors.ClassicError"]
    assert imports_of_ours(FOLDER / "_python.py") == ["_errors.ClassicError"]
    assert imports_of_ours(FOLDER / "_errors.py") == []


@pytest.mark.parametrize("module", ["coder_info", "helm_release_backup"])
def test_an_old_python_is_named_with_the_one_that_is_needed(module: str) -> None:
    path = {"PYTHONPATH": ":".join(filter(None, sys.path))}
    command = [sys.executable, "-c", AS_IN_OLD_PYTHON, module]
    ended = subprocess.run(command, env=path, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    result = json.loads(ended.stdout)
    assert ended.returncode == 1 and ended.stderr == "" and result["failed"]
    assert result["failure"]["code"] == "python_too_old"
    assert result["msg"].startswith("Python 3.11 or newer is needed, and this is Python 3.10.13.\nWhere: ")
    assert sys.executable in result["msg"] and "ansible_python_interpreter" in result["failure"]["next"]


def test_the_python_of_the_tests_is_new_enough() -> None:
    assert sys.version_info >= _python.NEEDED
