# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which room may know of which, read from the imports: any Helm user can have helm_release_* and what they stand on."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PLUGINS = Path(__file__).resolve().parents[4] / "plugins"
PREFIX = "ansible_collections.coder.classic.plugins."
MODULE_UTILS = f"{PREFIX}module_utils."

#: Room → the rooms that it may import from, besides itself and the files beside the rooms.
MAY_KNOW = {
    "_kubernetes": set(),
    "_helm": {"_kubernetes"},
    "_lock": {"_kubernetes"},
    "_values": {"_kubernetes"},
    "_coder": {"_kubernetes", "_helm", "_values"},
}
RELEASE_MODULES = sorted((PLUGINS / "modules").glob("helm_release_*.py"))


def rooms_of(file: Path) -> set[str]:
    """The rooms that a file imports from; not the files beside them."""
    names = []
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    parts = [name.removeprefix(MODULE_UTILS).split(".")[0] for name in names if name.startswith(MODULE_UTILS)]
    return {part for part in parts if (PLUGINS / "module_utils" / part).is_dir()}


@pytest.mark.parametrize("room", MAY_KNOW)
def test_a_room_knows_only_what_it_stands_on(room: str) -> None:
    files = sorted((PLUGINS / "module_utils" / room).rglob("*.py"))
    assert files
    too_much = {file.name: rooms_of(file) - MAY_KNOW[room] - {room} for file in files}
    assert {name: rooms for name, rooms in too_much.items() if rooms} == {}


@pytest.mark.parametrize("file", RELEASE_MODULES, ids=lambda file: file.stem)
def test_a_module_of_helm_releases_knows_nothing_of_coder(file: Path) -> None:
    assert rooms_of(file) <= {"_kubernetes", "_helm"}


def test_no_other_product_is_named_where_any_helm_user_reads() -> None:
    ours = ("coder.classic", "coder-classic", "ansible_collections.coder")
    for room in ("_kubernetes", "_helm", "_values"):
        for file in sorted((PLUGINS / "module_utils" / room).rglob("*.py")):
            for line in file.read_text().splitlines():
                rest = line
                for own in ours:
                    rest = rest.replace(own, "")
                assert "coder" not in rest.lower(), f"{file.name}: {line.strip()}"
