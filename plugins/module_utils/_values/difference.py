# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What two sets of values differ in, for people, with no secret in it. Pure; private to this collection.

A secret is masked on both sides; one that changed is marked so, that the two can be told apart. What a secret is, masks says,
and beyond it what its key calls one in charts of any product: in doubt something is hidden.
"""

from __future__ import annotations

import difflib
import re
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._kubernetes import masks
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.masks import HIDDEN
from ansible_collections.coder.classic.plugins.module_utils._values import paths, yaml_out

CHANGED = " (changed)"
# Beyond masks.SECRET_KEY. A key that only names a Secret is none (masks.NAMING_KEY).
SECRET_KEY = re.compile(
    r"(?:[a-z0-9]|[_-])keys?$|.[_-]key[_-]|pass_?phrase|pwd|dsn$|connection_?string|licen[cs]e|bearer|cookie|salt$|auth$",
    re.IGNORECASE,
)
# Beside one of these, key is the name of something (in a Secret, of a label or a taint).
NAMING_SIBLINGS = {"name", "operator", "effect", "values", "topologyKey"}
NO_SECRETS = {"topologykey", "labelkey", "matchlabelkeys"}


def masked(values: Any) -> Any:
    """The values without their secrets; shape and all other values stay."""
    return _hidden(masks.masked(paths.plain(values)))


def texts(before: Any, after: Any) -> tuple[str, str]:
    """Both as YAML with sorted keys, masked, for before and after of Ansible's diff."""
    before, after = paths.plain(before), paths.plain(after)
    shown, changed = masked(before), _marked(before, after, masked(before), masked(after))
    return yaml_out.block(shown, sort_keys=True), yaml_out.block(changed, sort_keys=True)


def unified(before: Any, after: Any) -> str:
    """The lines that differ with three around them, as diff -u prints them; nothing for equal values."""
    one, other = (text.splitlines(keepends=True) for text in texts(before, after))
    return "".join(difflib.unified_diff(one, other, "before", "after"))


def secrets(values: Any) -> list[str]:
    """The texts that masked hides, for whoever must keep them out of everything else."""
    found: list[str] = []
    _collect(paths.plain(values), masked(values), found)
    return found


def _hidden(value: Any) -> Any:
    """Applied to what masks has masked already."""
    if isinstance(value, list):
        return [_hidden(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: _all_hidden(item) if _is_secret(key, value) else _hidden(item) for key, item in value.items()}


def _is_secret(key: str, siblings: dict[str, Any]) -> bool:
    is_meant = key.lower() == "key" or SECRET_KEY.search(key) is not None
    return is_meant and key.lower() not in NO_SECRETS and not _is_naming(key, siblings)


def _is_naming(key: str, siblings: dict[str, Any]) -> bool:
    if key.lower() == "key":
        return bool(NAMING_SIBLINGS & siblings.keys())
    return masks.NAMING_KEY.search(key) is not None


def _all_hidden(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: item if _is_naming(key, value) else _all_hidden(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_all_hidden(item) for item in value]
    return value if value in (None, "") or isinstance(value, bool) else HIDDEN


def _marked(before: Any, after: Any, shown_before: Any, shown_after: Any) -> Any:
    """What is shown of after, with a mark where it looks like before and is not."""
    if isinstance(after, dict) and isinstance(before, dict):
        return {
            key: _marked(before[key], after[key], shown_before[key], item) if key in before else item
            for key, item in shown_after.items()
        }
    if isinstance(after, list) and isinstance(before, list):
        # Of a longer list the rest is shown as it is.
        known = [_marked(*four) for four in zip(before, after, shown_before, shown_after, strict=False)]
        return known + shown_after[len(known) :]
    is_hidden = paths.same(shown_before, shown_after) and not paths.same(before, after)
    return f"{shown_after}{CHANGED}" if is_hidden else shown_after


def _collect(value: Any, shown: Any, found: list[str]) -> None:
    if isinstance(value, dict):
        for key, item in value.items():
            _collect(item, shown[key], found)
    elif isinstance(value, list):
        for item, seen in zip(value, shown, strict=True):
            _collect(item, seen, found)
    elif not paths.same(value, shown):
        found.append(str(value))
