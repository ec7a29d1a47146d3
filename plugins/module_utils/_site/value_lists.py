# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values that are texts in YAML, or lists of names. Pure. Private to this collection."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import yaml_documents
from ansible_collections.coder.classic.plugins.module_utils._site.unfit import Unfit, describe
from ansible_collections.coder.classic.plugins.module_utils._site.variable import Variable

TRUE, FALSE = frozenset({"true", "yes", "on", "1"}), frozenset({"false", "no", "off", "0"})


def loaded(text: str, allowed: str) -> Any:
    try:
        return yaml_documents.load(text)
    except (ClassicError, ValueError, RecursionError, OverflowError):
        # Nothing of the reason is told: it may quote the text.
        raise Unfit("a text that is no valid YAML", allowed) from None


def names(variable: Variable, value: Any) -> list[str]:
    choices = variable.choices
    allowed = (
        f"one or more of {', '.join(choices)}" if choices else "names, as a list of texts or as one text with commas"
    )
    found = _listed(value, allowed)
    if choices and not set(found) <= set(choices):
        raise Unfit(describe(value), allowed)
    return found


def _listed(value: Any, allowed: str) -> list[str]:
    """The texts of a list, or the parts of one text, each once and in order."""
    if isinstance(value, str) and value.lstrip().startswith("["):
        # A list in the form in which -e and a survey can give it.
        value = loaded(value, allowed)
    if isinstance(value, str):
        parts = [part.strip() for part in value.split(",")]
        if value.strip() and not any(parts):
            raise Unfit(describe(value), allowed)
        return list(dict.fromkeys(filter(None, parts)))
    if not isinstance(value, (list, tuple)):
        raise Unfit(describe(value), allowed)
    for entry in value:
        if not isinstance(entry, str) or not all(part.strip() for part in entry.split(",")):
            raise Unfit(f"a list with {describe(entry)} in it", allowed)
    return list(dict.fromkeys(part.strip() for entry in value for part in entry.split(",")))


def regions(variable: Variable, value: Any, known: Iterable[str] | None) -> list[str]:
    known = None if known is None else list(known)
    allowed = f"the names of regions, with commas between them: -e {variable.name}={known[0] if known else '<region>'}"
    given = _listed(value, allowed)
    for name in given:
        is_word = name.lower() in TRUE | FALSE or re.fullmatch(r"[+-]?[0-9.]+", name)
        if name not in known if known is not None else is_word:
            raise Unfit(describe(value), allowed + (f" (known: {', '.join(known)})" if known else ""))
    return given
