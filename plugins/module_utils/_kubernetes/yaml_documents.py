# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""YAML as helm and the API server understand it, and where in a text a key stands. Pure; private to this collection.

PyYAML's own rules differ from Go's: it reads ``12:30`` as a number to the base 60, ``2021-09-22`` as a date, ``1e3`` as
text, and stops at ``=``. A manifest read so would be sent back as something else.

Where PyYAML has libyaml, that reads: ten times as fast, and Go's reader is a port of it. Else PyYAML's own reader does.
"""

from __future__ import annotations

import contextlib
import functools
import re
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

# connection.require_libraries says when it is missing.
with contextlib.suppress(ImportError):
    import yaml

# helm splits a manifest at these lines before any YAML is parsed (releaseutil.SplitManifests).
SEPARATOR = re.compile(r"(^---[ \t\r]*(?:#[^\n]*)?(?:\n|\Z))", re.MULTILINE)

# tag, pattern, first characters: Go's implicit types (the yaml.v2 rules that sigs.k8s.io/yaml follows)
RESOLVERS = [
    ("bool", r"^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$", "yYnNtTfFoO"),
    ("int", r"^[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|0|[1-9][0-9_]*)$", "-+0123456789"),
    ("float", r"^[-+]?(?:(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|\.(?:inf|Inf|INF))$", "-+0123456789."),
    ("float", r"^\.(?:nan|NaN|NAN)$", "."),
    ("merge", r"^<<$", "<"),
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
]


def split(text: str) -> list[tuple[str, bool]]:
    """(part, is document) in order; joined again the parts are the text, byte for byte."""
    return [(part, index % 2 == 0) for index, part in enumerate(SEPARATOR.split(text))]


def load(document: str) -> Any:
    """The one document of a text; None for comments only. Raises ClassicError ``invalid``."""
    found = _parsed(yaml.load, document, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    # Only an alias can lead back; most documents have none.
    if "*" in document and "&" in document and _holds_itself(found, set(), set()):
        raise ClassicError(
            "A YAML document holds itself.",
            code="invalid",
            why="An alias (*) stands inside of what its anchor (&) names; helm refuses that too.",
            untouched="Nothing was changed.",
        )
    return found


def compose(document: str) -> yaml.Node | None:
    """The document's nodes; their marks' ``index`` is a position in the text. Raises ClassicError ``invalid``."""
    return _parsed(yaml.compose, document, yaml.SafeLoader)


def dump(value: Any) -> str:
    """The value as YAML for people: innermost lists and mappings on one line, keys in their order."""
    return yaml.safe_dump(value, sort_keys=False, default_flow_style=None, width=118)


def is_mapping(node: yaml.Node | None) -> bool:
    return isinstance(node, yaml.MappingNode)


def child(mapping: yaml.Node | None, key: str) -> yaml.Node | None:
    """The node under a key of a mapping node."""
    if not is_mapping(mapping):
        return None
    return next((value for name, value in mapping.value if name.value == key), None)


def _holds_itself(value: Any, above: set[int], good: set[int]) -> bool:
    """above: ids of what the value is part of; good: of what was looked through already."""
    if not isinstance(value, (dict, list)) or id(value) in good:
        return False
    if id(value) in above:
        return True
    parts = value.values() if isinstance(value, dict) else value
    found = any(_holds_itself(part, above | {id(value)}, good) for part in parts)
    good.add(id(value))
    return found


def _parsed(parse: Any, document: str, reader: type) -> Any:
    try:
        # libyaml's reader takes no text of a class of its own, such as Ansible's.
        return parse(str(document), Loader=_loader(reader))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        # What the problem quotes may be a part of a secret.
        problem = re.sub(r"'.*'", "...", getattr(error, "problem", None) or "error", flags=re.DOTALL)
        raise ClassicError(
            "A document of the manifest is not valid YAML.",
            code="invalid",
            # Without the text around it: that may be a Secret.
            why=problem + (f" in its line {mark.line + 1}" if mark else ""),
        ) from None


@functools.cache
def _loader(reader: type) -> type:
    loader = type("Loader", (reader,), {"yaml_implicit_resolvers": {}})
    for tag, pattern, first in RESOLVERS:
        loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), list(first))
    loader.add_constructor("tag:yaml.org,2002:int", _integer)
    return loader


def _integer(loader: Any, node: yaml.ScalarNode) -> int:
    text = loader.construct_scalar(node).replace("_", "")
    sign, digits = (-1, text[1:]) if text[0] == "-" else (1, text.lstrip("+"))
    is_octal = digits.isdigit() and len(digits) > 1 and digits[0] == "0"
    return sign * int(digits, 8 if is_octal else 0)
