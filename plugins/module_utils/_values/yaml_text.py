# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A file of Helm values as text: what helm reads in it, and where each part stands. Pure; private to this collection.

What it means, yaml_documents says (Go's rules, as helm); where it stands, the events of ruamel.yaml do, with anchors and
aliases as they are written.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import yaml_documents
from ansible_collections.coder.classic.plugins.module_utils._values import paths

# tree says when it is missing.
with contextlib.suppress(ImportError):
    import ruamel.yaml
    from ruamel.yaml.error import YAMLError

LIBRARY = "ruamel.yaml>=0.18"
# helm get values prints one of these before the values, unless it is asked for YAML.
HEADINGS = ("USER-SUPPLIED VALUES", "COMPUTED VALUES")


@dataclass
class Node:
    """kind: mapping, sequence, scalar or alias. Text[start:end] is what it is written as, without the comments and blank
    lines behind it, with its anchor and tag. style: of a scalar, one of ``' " | >`` or None. entries: of a mapping.
    """

    kind: str
    start: int
    end: int
    flow: bool = False
    style: str | None = None
    anchor: str | None = None
    value: str = ""
    entries: list[tuple[Node, Node]] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)

    def has_anchor(self) -> bool:
        """Whether it, or something in it, is what an alias elsewhere may stand for."""
        parts = [*self.items, *(part for entry in self.entries for part in entry)]
        return (self.anchor is not None and self.kind != "alias") or any(part.has_anchor() for part in parts)


def load(text: str) -> dict[str, Any]:
    """The values, plain (paths.plain); none for a text of comments only.

    Raises ClassicError ``unsupported_values``: what is no YAML mapping, has several documents or a key twice in a mapping.
    """
    root = tree(text)
    try:
        values = yaml_documents.load(text)
    except ClassicError as error:
        raise unsupported("The values are not valid YAML.", why=error.why) from None
    if values is None:
        return {}
    if root is None or root.kind != "mapping" or not isinstance(values, dict):
        raise unsupported("The values are not a mapping.", why="Helm wants keys with values, such as web: ...")
    _demand_each_key_once(text, root)
    for heading in HEADINGS:
        if heading in values:
            line = line_of(text, next(key.start for key, _value in root.entries if key.value == heading))
            raise unsupported(
                f"The values begin with the heading {heading}.",
                line=line,
                why="That is what helm get values prints for people.",
                next_step="Remove that line, then run again.",
            )
    return paths.plain(values)


def tree(text: str) -> Node | None:
    """The root of the one document; None for comments only. Raises as load does, and ``invalid`` without the library."""
    if "ruamel" not in globals():
        raise ClassicError(
            "The Python library 'ruamel.yaml' is missing or too old.",
            code="invalid",
            untouched="Nothing was changed.",
            next_step=f"pip install '{LIBRARY}' for the Python that runs Ansible's modules.",
        )
    if text.lstrip("\ufeff").startswith("$ANSIBLE_VAULT"):
        raise unsupported(
            "The values are encrypted with Ansible Vault.",
            why="Their lines cannot be edited.",
            next_step="Decrypt the file with ansible-vault, keep secrets in Kubernetes Secrets, then run again.",
        )
    try:
        events = list(ruamel.yaml.YAML(typ="safe", pure=True).parse(text))
    except YAMLError as error:
        raise _unreadable(text, error) from None
    documents = [event for event in events if type(event).__name__ == "DocumentStartEvent"]
    if len(documents) > 1:
        line = line_of(text, documents[1].start_mark.index)
        raise unsupported("The values are several YAML documents.", line=line, why="Helm reads one.")
    content = iter([event for event in events if not re.match("Stream|Document", type(event).__name__)])
    first = next(content, None)
    return first and _node(text, first, content)


def line_of(text: str, index: int) -> int:
    """Lines are counted from 1."""
    return text.count("\n", 0, index) + 1


def unsupported(
    what: str, *, line: int | None = None, why: str | None = None, next_step: str | None = None
) -> ClassicError:
    """The error of this room; whoever knows the file puts it in front of where."""
    return ClassicError(
        what,
        code="unsupported_values",
        where=line and f"line {line}",
        why=why,
        untouched="Nothing was changed.",
        next_step=next_step or "Correct the file by hand, then run again.",
        details={"line": line},
    )


def _node(text: str, event: Any, events: Iterator[Any], floor: int = 0) -> Node:
    """floor: where what is before it ends."""
    name, anchor = type(event).__name__, getattr(event, "anchor", None)
    start, end = event.start_mark.index, event.end_mark.index
    if name == "AliasEvent":
        return Node("alias", start, end, anchor=anchor)
    if name == "ScalarEvent":
        style = event.style or None
        if style in ("|", ">"):
            end = _trimmed(text, start, end)
        elif style is None and not event.value:
            start, end = _place_of_nothing(text, start, end, floor)
        return Node("scalar", start, end, style=style, anchor=anchor, value=event.value)
    node = Node(name.removesuffix("StartEvent").lower(), start, end, flow=bool(event.flow_style), anchor=anchor)
    parts: list[Node] = []
    while not type(event := next(events)).__name__.endswith(("MappingEndEvent", "SequenceEndEvent")):
        parts.append(_node(text, event, events, parts[-1].end if parts else start))
    # Where a block ends, its event only says where the next thing begins.
    node.end = event.end_mark.index if node.flow else parts[-1].end if parts else end
    node.items = parts if node.kind == "sequence" else []
    node.entries = list(zip(parts[::2], parts[1::2], strict=True)) if node.kind == "mapping" else []
    return node


def _place_of_nothing(text: str, start: int, end: int, floor: int) -> tuple[int, int]:
    """Behind the colon or dash of a value that is not written; the reader only knows where the next thing begins."""
    written = text[start:end].partition("\n")[0].rstrip()
    if written:
        # An anchor or a tag.
        return start, start + len(written)
    mark = re.compile(r"(?:[ \t\r\n]|(?<![^\s])#[^\n]*)*[:-]").match(text, floor, start)
    return (mark.end(), mark.end()) if mark else (start, end)


def _trimmed(text: str, start: int, end: int) -> int:
    """The end of a block scalar without the blank lines behind it, unless they are a part of it (|+)."""
    header = text[start:end].partition("\n")[0].partition("#")[0]
    if "+" in header:
        return end
    newline = text.find("\n", start + len(text[start:end].rstrip()))
    return end if newline < 0 else min(end, newline + 1)


def _demand_each_key_once(text: str, node: Node) -> None:
    seen: dict[str, int] = {}
    for key, value in node.entries:
        if key.kind == "scalar" and key.value != "<<" and key.value in seen:
            raise unsupported(
                f"The key {key.value} stands twice in one mapping.",
                line=line_of(text, key.start),
                why=f"It is in line {seen[key.value]} already; the last one would count.",
            )
        seen[key.value] = line_of(text, key.start)
        _demand_each_key_once(text, value)
    for item in node.items:
        _demand_each_key_once(text, item)


def _unreadable(text: str, error: Any) -> ClassicError:
    mark = getattr(error, "problem_mark", None)
    line = mark.line + 1 if mark else None
    # What the problem quotes may be a part of a secret.
    why = re.sub(r"(['\"]).*\1", "...", str(getattr(error, "problem", None) or "error"), flags=re.DOTALL)
    lines = text.split("\n")[: line or 0]
    if tab := next((number for number, one in enumerate(lines, 1) if re.match(r" *\t", one)), None):
        line, why = tab, "The line begins with a tab, and YAML is indented with spaces."
    return unsupported("The values are not valid YAML.", line=line, why=why)
