# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One operation as cuts and insertions of lines. Whether what comes out is right, edit sees. Pure; private to this collection."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._values import yaml_out
from ansible_collections.coder.classic.plugins.module_utils._values.operations import Operation
from ansible_collections.coder.classic.plugins.module_utils._values.paths import Path
from ansible_collections.coder.classic.plugins.module_utils._values.places import Document, Found
from ansible_collections.coder.classic.plugins.module_utils._values.yaml_text import Node

#: (start, end, what comes there), not overlapping
Edit = tuple[int, int, str]


class Refused(Exception):
    """This place cannot be edited, and why."""

    def __init__(self, place: Node | None, why: str) -> None:
        super().__init__(why)
        self.place = place


def edits(document: Document, operation: Operation) -> list[Edit]:
    """What the operation does to the document. Raises Refused."""
    path = operation["path"]
    if operation["op"] == "remove":
        return [_cut(document, path)]
    if operation["op"] == "set":
        return _set(document, path, operation["value"])
    to, found = operation["to"], _found(document, path)
    if to[:-1] == path[:-1]:
        # Only another name, at the same place.
        _demand_simple_key(document, found.key)
        return [(found.key.start, found.key.end, yaml_out.name(to[-1]))]
    _demand_simple_key(document, found.key)
    start, end = document.span(found)
    lines = document.text[start : found.key.start] + yaml_out.name(to[-1]) + document.text[found.key.end : end]
    lines += "" if lines.endswith("\n") else document.eol
    cut = _cut(document, path, kept=to)

    def moved(column: int) -> str:
        shifted = yaml_out.shifted(lines, column - document.column(found.key))
        if shifted is None:
            raise Refused(found.key, "Its lines cannot be moved to the left.")
        return shifted

    return [cut, *_insert(document, to, moved, cut)]


def _set(document: Document, path: Path, value: Any) -> list[Edit]:
    found = document.find(path)
    if found is None:
        return _insert(document, path, lambda column: yaml_out.entry(path[-1], value, column, document.eol))
    old = found.value
    if old.anchor or old.kind == "alias":
        raise Refused(old, "It has an anchor, or is an alias (& or *).")
    column, end = document.column(found.key), document.end(found)
    inline = yaml_out.scalar(value, old.style)
    if inline is None and found.mapping.flow:
        raise Refused(found.key, "It is inside of a mapping in braces.")
    is_one_line = old.flow or (old.kind == "scalar" and old.style not in ("|", ">"))
    if is_one_line and inline is not None:
        return [(old.start, old.end, inline if old.end > old.start else f" {inline}")]
    after_colon = document.text.index(":", found.key.end) + 1
    lines = yaml_out.entry(path[-1], value, column, document.eol)
    written = lines[column + len(yaml_out.name(path[-1])) + 1 :]
    below = "" if inline is not None or isinstance(value, str) else written.partition("\n")[2]
    if below and old.entries + old.items and not old.flow:
        # The key's own line stays, with the comment on it.
        return [(document.line_end(found.key.end), end, below)]
    if below and is_one_line:
        ended = "" if document.text[:end].endswith("\n") else document.eol
        return [(after_colon, max(old.end, after_colon), ""), (end, end, ended + below)]
    return [(after_colon, end, written)]


def _insert(document: Document, path: Path, lines_at: Callable[[int], str], cut: Edit | None = None) -> list[Edit]:
    """At the end of the parent, which is made where there is none."""
    place = document.place_for(path)
    if place.refused:
        raise Refused(place.node, place.refused)
    eol, column, head = document.eol, place.column, ""
    for key in path[place.depth : -1]:
        head += " " * column + yaml_out.name(key) + ":" + eol
        column += document.step
    lines = head + lines_at(column)
    before = cut[0] if cut and cut[1] == place.at else place.at
    if place.at == len(document.text) and document.text and not document.text.endswith("\n"):
        # To a block of text its last line end belongs.
        lines = lines if re.search(r":[ \t]+[|>]", lines) else lines.removesuffix(eol)
    if before and document.text[before - 1] != "\n":
        lines = eol + lines
    emptied = [(*place.emptied, "")] if place.emptied else []
    return [*emptied, (place.at, place.at, lines)]


def _cut(document: Document, path: Path, kept: Path = ()) -> Edit:
    """The lines of the key, or of the parent that would be empty without it and is none of kept's."""
    found = _found(document, path)
    for length in range(len(path) - 1, 0, -1):
        parent = document.find(path[:length])
        if parent is None or len(parent.value.entries) > 1 or kept[:length] == path[:length]:
            break
        found = parent
    _demand_simple_key(document, found.key)
    return (*document.span(found), "")


def _found(document: Document, path: Path) -> Found:
    found = document.find(path)
    if found is None:
        raise Refused(document.nearest(path), "It comes from an anchor or a merge key (<<).")
    if found.mapping.flow:
        raise Refused(found.key, "It is inside of a mapping in braces.")
    return found


def _demand_simple_key(document: Document, key: Node) -> None:
    if key.anchor or not document.is_first_on_line(key):
        raise Refused(key, "Something stands before the key.")


def spliced(text: str, edits: list[Edit]) -> str:
    """The text after all of them."""
    # At one place, what is cut out goes first: what is put in stands behind it.
    for start, end, lines in sorted(edits, key=lambda edit: (edit[0], edit[1]), reverse=True):
        text = text[:start] + lines + text[end:]
    return text
