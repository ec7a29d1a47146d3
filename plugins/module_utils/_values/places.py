# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where in the text of a file of values something stands, and where something new would. Pure; private to this collection."""

from __future__ import annotations

from typing import NamedTuple

from ansible_collections.coder.classic.plugins.module_utils._values import yaml_text
from ansible_collections.coder.classic.plugins.module_utils._values.paths import Path
from ansible_collections.coder.classic.plugins.module_utils._values.yaml_text import Node

STEP = 2


class Found(NamedTuple):
    """A key and its value, and the mapping that they are in."""

    mapping: Node
    key: Node
    value: Node


class Place(NamedTuple):
    """Where lines go in, their column, and how many keys of the path are there. emptied: what goes away for them ({} or null).
    refused: why they cannot, at node.
    """

    at: int
    column: int
    depth: int
    emptied: tuple[int, int] | None = None
    refused: str | None = None
    node: Node | None = None


class Document:
    """One text with its tree. step: the columns by which it indents; eol: its line end."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.root = yaml_text.tree(text)
        self.eol = "\r\n" if text.partition("\n")[0].endswith("\r") else "\n"
        self.step = self._step(self.root) or STEP

    def find(self, path: Path) -> Found | None:
        """None for what is not written there, also where an alias or a merge key brings it."""
        found, mapping = None, self.root
        for key in path:
            entries = mapping.entries if mapping else []
            found = next((Found(mapping, k, v) for k, v in entries if k.kind == "scalar" and k.value == key), None)
            if found is None:
                return None
            mapping = found.value
        return found

    def nearest(self, path: Path) -> Node | None:
        """The key of the path, or else of its nearest parent that is written."""
        found = (self.find(path[:length]) for length in range(len(path), 0, -1))
        return next((one.key for one in found if one), self.root)

    def place_for(self, path: Path) -> Place:
        """Behind the last key of the deepest parent that is there."""
        depth = next((n for n in range(len(path) - 1, 0, -1) if self.find(path[:n])), 0)
        parent = self.find(path[:depth])
        node = parent.value if parent else self.root
        if node is None:
            return Place(len(self.text), 0, 0)
        if node.anchor or node.kind == "alias":
            return Place(0, 0, depth, refused="It has an anchor, or is an alias (& or *).", node=node)
        if node.entries and not node.flow:
            last = node.entries[-1]
            return Place(self.end(Found(node, *last)), self.column(node.entries[0][0]), depth)
        is_empty = not node.entries and not node.items
        if parent is None or not is_empty or parent.mapping.flow:
            return Place(0, 0, depth, refused="It is inside of a mapping in braces.", node=node)
        # A null, written or not, or {}: the key's line stays, the lines go below.
        emptied = (self.text.index(":", parent.key.end) + 1, node.end) if node.end > node.start else None
        return Place(self.line_end(node.end), self.column(parent.key) + self.step, depth, emptied)

    def span(self, found: Found) -> tuple[int, int]:
        """From the comment directly above, at the same column, to the end."""
        start = self.line_start(found.key.start)
        begin, above = start, start
        while above and self._is_comment(before := self.line_start(above - 1), self.column(found.key)):
            begin = above = before
        # What a file begins with is about the file.
        is_top = not above or self.text[self.line_start(above - 1) : above].startswith(("---", "%"))
        return (start if is_top else begin), self.end(found)

    def end(self, found: Found) -> int:
        """Behind the last line of the value and the comments below it that are further right than its key."""
        end = at = self.line_end(found.value.end)
        while at < len(self.text):
            line = self.text[at : self.line_end(at + 1)]
            content = line.strip()
            if content and not (content.startswith("#") and self._indentation(at) > self.column(found.key)):
                break
            at += len(line)
            end = at if content else end
        return end

    def column(self, node: Node) -> int:
        return node.start - self.line_start(node.start)

    def is_first_on_line(self, node: Node) -> bool:
        return not self.text[self.line_start(node.start) : node.start].strip(" \ufeff")

    def line_start(self, index: int) -> int:
        return self.text.rfind("\n", 0, index) + 1

    def line_end(self, index: int) -> int:
        """Behind the line's end; the index itself, if a line begins there."""
        if index and self.text[index - 1] == "\n":
            return index
        return self.text.find("\n", index) + 1 or len(self.text)

    def _is_comment(self, start: int, column: int) -> bool:
        return self._indentation(start) == column and self.text[start + column : start + column + 1] == "#"

    def _indentation(self, start: int) -> int:
        line = self.text[start : self.text.find("\n", start) if "\n" in self.text[start:] else None]
        return len(line) - len(line.lstrip(" "))

    def _step(self, node: Node | None) -> int | None:
        if node is None or node.flow:
            return None
        for key, value in node.entries:
            if value.entries and not value.flow:
                return self.column(value.entries[0][0]) - self.column(key)
        return None
