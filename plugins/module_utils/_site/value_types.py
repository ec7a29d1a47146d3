# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One given value, read by the kind of its variable. Pure. Private to this collection.

Strict about what is meant, kind about how it is written: the command line and a survey of AWX can give nothing but text.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder.urls import check_url
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._site import helm_values, value_lists
from ansible_collections.coder.classic.plugins.module_utils._site import variable as kinds
from ansible_collections.coder.classic.plugins.module_utils._site.unfit import Unfit, Unreadable, describe
from ansible_collections.coder.classic.plugins.module_utils._site.variable import Variable


def read(variable: Variable, value: Any, regions: Iterable[str] | None = None) -> Any:
    """The value in its type: str, int, bool, dict or list of str. Raises Unfit.

    regions are the names that a consent may give; None where they are not known.
    """
    if isinstance(value, Unreadable):
        raise Unfit(describe(value), "a value, or a template of one whose variables are known")
    if variable.kind == kinds.REGIONS:
        return value_lists.regions(variable, value, regions)
    return READERS[variable.kind](variable, value)


def _text(variable: Variable, value: Any, allowed: str = "a text that is not empty") -> str:
    if not isinstance(value, str) or not value.strip():
        hint = ", in quotes" if isinstance(value, (bool, int, float)) else ""
        raise Unfit(describe(value, secret=variable.secret), allowed + hint)
    text = value.strip()
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise Unfit("a text with a line break or another control character in it", allowed + ", on one line")
    return text


def _path(variable: Variable, value: Any) -> str:
    path = os.path.expanduser(os.path.expandvars(_text(variable, value, "the path of a file or folder")))
    # Whoever may replace a device by a file (root) would do so.
    if variable.written and os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path)):
        raise Unfit(f"{path}, which is a device, a pipe or a socket", "the path of a file or folder")
    return path


def _chart(variable: Variable, value: Any) -> str:
    return os.path.expanduser(_text(variable, value, "the name of a chart, a file or a URL"))


def _url(variable: Variable, value: Any) -> str:
    allowed = "a URL that begins with https:// or http:// and a host, without user name, query and fragment"
    text = _text(variable, value, allowed)
    try:
        return check_url(text)
    except ClassicError:
        raise Unfit(describe(text), allowed) from None


def _uid(variable: Variable, value: Any) -> str:
    allowed = "a UID as the API server tells it, without spaces"
    text = _text(variable, value, allowed)
    if re.search(r"\s", text):
        raise Unfit(describe(text), allowed)
    return text


def _choice(variable: Variable, value: Any) -> str:
    if not isinstance(value, str) or value.strip() not in variable.choices:
        raise Unfit(describe(value), f"one of {', '.join(variable.choices)}")
    return value.strip()


def _number(variable: Variable, value: Any) -> int:
    allowed = f"a whole number from {variable.least} to {variable.most}"
    if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]{1,18}", value.strip()):
        number = int(value)
    elif isinstance(value, int) and not isinstance(value, bool):
        number = value
    else:
        raise Unfit(describe(value), allowed)
    if not variable.least <= number <= variable.most:
        raise Unfit(describe(value), allowed)
    return int(number)


def _flag(_variable: Variable, value: Any) -> bool:
    if isinstance(value, bool):
        return bool(value)
    word = str(value).strip().lower() if isinstance(value, (str, int)) else ""
    if word not in value_lists.TRUE | value_lists.FALSE:
        raise Unfit(describe(value), "true or false (yes, no, on, off, 1 and 0 mean the same)")
    return word in value_lists.TRUE


def _mapping(variable: Variable, value: Any) -> dict[str, Any]:
    allowed = "a mapping, or a text that is one in YAML or JSON"
    given = describe(value, secret=variable.secret)
    if isinstance(value, str):
        given, value = "a text that is no mapping in YAML", value_lists.loaded(value, allowed) if value.strip() else {}
        value = {} if value is None else value
    if not isinstance(value, Mapping):
        raise Unfit(given, allowed)
    try:
        helm_values.as_stored(value)
    except ClassicError:
        raise Unfit("a mapping with a number that helm cannot store (too big, .inf or .nan)", allowed) from None
    except RecursionError:
        raise Unfit("a mapping that holds itself, by an alias (*)", allowed) from None
    return dict(value)


READERS = {
    kinds.TEXT: _text,
    kinds.PATH: _path,
    kinds.CHART: _chart,
    kinds.URL: _url,
    kinds.UID: _uid,
    kinds.CHOICE: _choice,
    kinds.NUMBER: _number,
    kinds.FLAG: _flag,
    kinds.MAPPING: _mapping,
    kinds.NAMES: value_lists.names,
}
