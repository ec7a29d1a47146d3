# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Operations on the text of a file of values: what no operation touches stays as it is, byte for byte.

Comments, blank lines, order, quotes, line ends and the end of the file stay, since nothing is written anew: lines are cut out,
put in, and moved as they are. What comes out is read again and compared with the operation on plain data; an edit that is
not exact is refused with its line. Pure; private to this collection.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._values import line_edits, paths, yaml_text
from ansible_collections.coder.classic.plugins.module_utils._values.operations import Operation, applied, told
from ansible_collections.coder.classic.plugins.module_utils._values.paths import Path
from ansible_collections.coder.classic.plugins.module_utils._values.places import Document
from ansible_collections.coder.classic.plugins.module_utils._values.yaml_text import Node


def edited(text: str, operations: Iterable[Operation]) -> str:
    """The text after the operations (see operations.applied, whose result it holds).

    Raises ClassicError ``unsupported_values``, with the line, for a file that helm or this cannot read (yaml_text.load), and
    for a place that cannot be edited without changing something else: inside of a mapping in braces, through an anchor, an
    alias or a merge key. Raises ``invalid`` as applied does.
    """
    values, now = yaml_text.load(text), text
    for operation in operations:
        wanted = applied(values, [operation])
        if not paths.same(wanted, values):
            now, values = _checked(now, operation, wanted, before=text), wanted
    return now


def demand_booleans(values: dict[str, Any], booleans: Iterable[Path], text: str = "") -> None:
    """Raises ClassicError ``unsupported_values`` where a text such as "false" stands for a boolean.

    A template that asks whether it is true takes every text for true. text: in which the line is looked for.
    """
    for path in booleans:
        value = paths.get(values, path)
        if isinstance(value, str) and value.lower() in ("true", "false", "yes", "no", "on", "off"):
            found = Document(text).find(path) if text else None
            raise yaml_text.unsupported(
                f"{paths.text(path)} is a text where a boolean is needed.",
                line=found and yaml_text.line_of(text, found.key.start),
                why='Charts take every text for true, "false" too.',
                next_step="Write true or false without quotes, then run again.",
            )


def _checked(text: str, operation: Operation, wanted: dict[str, Any], before: str) -> str:
    """before: the file as it is, in which people look for the line."""
    document = Document(text)
    try:
        result = line_edits.spliced(text, line_edits.edits(document, operation))
        if paths.same(yaml_text.load(result), wanted):
            return result
        why = "More than this would change: other parts of the file use it, or its last line has no end."
    except line_edits.Refused as refused:
        why, place = str(refused), refused.place
        raise _by_hand(before, operation, place if text == before else None, why) from None
    except ClassicError:
        why = "What would come out is not valid YAML."
    found = document.find(operation["path"])
    if found and found.value.has_anchor():
        why = "It has an anchor (&) that other parts of the file may use."
    raise _by_hand(before, operation, None, why)


def _by_hand(text: str, operation: Operation, place: Node | None, why: str) -> ClassicError:
    place = place or Document(text).nearest(operation["path"])
    return yaml_text.unsupported(
        f"The values file cannot be edited: {told(operation)}.",
        line=place and yaml_text.line_of(text, place.start),
        why=why,
        next_step=f"Do it by hand ({told(operation)}), then run again.",
    )
