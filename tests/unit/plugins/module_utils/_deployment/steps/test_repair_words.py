# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a repair of any release calls its options is told in the playbooks' variables."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from ansible_collections.coder.classic.plugins.module_utils import _helm
from ansible_collections.coder.classic.plugins.module_utils._deployment.steps import repair
from ansible_collections.coder.classic.plugins.module_utils._site.variables import BY_NAME


def texts() -> str:
    """Every text of the code that knows nothing of Coder, as it is put together."""
    found = []
    for path in Path(next(iter(_helm.__path__))).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr):
                found.append("".join(one.value if isinstance(one, ast.Constant) else "{}" for one in node.values))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    return "\n".join(found)


TEXTS = texts()


@pytest.mark.parametrize(("of_module", "of_playbook"), repair.WORDS)
def test_each_word_is_still_said_there_and_is_a_variable_here(of_module, of_playbook) -> None:
    assert of_module in TEXTS
    assert repair.translated(f"a{of_module}b", "1.21.7") == f"a{of_playbook.format(version='1.21.7')}b"
    named = [word.strip("()[],.:;=") for word in of_playbook.replace("=", " ").split() if "coder_" in word]
    assert [name for name in named if name not in BY_NAME] == []
