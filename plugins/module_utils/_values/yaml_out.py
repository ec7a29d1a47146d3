# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values written as YAML for people and for helm alike. Pure; private to this collection.

A text that either YAML 1.1 or Go takes for something else (yes, 12:30, 1e3, 0o17) stands in quotes.
"""

from __future__ import annotations

import contextlib
import functools
import json
import re
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._kubernetes import yaml_documents

# connection.require_libraries says when it is missing.
with contextlib.suppress(ImportError):
    import yaml

# Older readers of Go's family take these for booleans.
LETTERS = ("bool", r"^[yYnN]$", "yYnN")
# Long lines stay lines: helm and people find them again.
WIDTH = 1 << 20


def block(values: dict[str, Any], *, sort_keys: bool = False) -> str:
    """The values in block style, indented by two, texts of several lines as they are. Nothing for an empty mapping."""
    if not values:
        return ""
    return yaml.dump(
        values, Dumper=_dumper(), sort_keys=sort_keys, default_flow_style=False, width=WIDTH, allow_unicode=True
    )


def entry(key: str, value: Any, column: int, eol: str) -> str:
    """The lines of one key with its value, that many spaces from the left."""
    lines = block({key: value}).splitlines(keepends=True) if value is not None else [f"{name(key)}: null\n"]
    return "".join(" " * column + line if line.strip() else line for line in lines).replace("\n", eol)


def name(key: str) -> str:
    """A key as it is written before its colon."""
    return block({key: 1})[: -len(": 1\n")]


def scalar(value: Any, style: str | None = None) -> str | None:
    """The value on one line, in these quotes if it can be; None for what takes several lines."""
    if isinstance(value, str) and style == '"' and value.isprintable():
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and style == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    lines = entry("k", value, 0, "\n").splitlines()
    return lines[0][len("k: ") :] if len(lines) == 1 else None


def shifted(lines: str, by: int) -> str | None:
    """The lines that many columns further right (left, if negative); None where there is no room."""
    found = []
    for line in re.findall(r"[^\n]*\n|[^\n]+", lines):
        room = len(line) - len(line.lstrip(" "))
        if line in ("\n", "\r\n"):
            found.append(line)
        elif by >= 0:
            found.append(" " * by + line)
        elif room >= -by or line[room : room + 1] in ("#", "\n", "\r"):
            found.append(line[min(room, -by) :])
        else:
            return None
    return "".join(found)


@functools.cache
def _dumper() -> type:
    class Dumper(yaml.SafeDumper):
        def ignore_aliases(self, data: Any) -> bool:
            return True

        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
            # Lists stand below their key, further right.
            super().increase_indent(flow, False)

    for tag, pattern, first in [*yaml_documents.RESOLVERS, LETTERS]:
        Dumper.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), list(first))
    Dumper.add_representer(str, _represent_text)
    return Dumper


def _represent_text(dumper: Any, text: str) -> Any:
    style = "|" if "\n" in text.strip("\n") else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)
