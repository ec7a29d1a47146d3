# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/inventory.md as the table of variables would write it."""

from __future__ import annotations

from ansible_collections.coder.classic.plugins.module_utils._site import variable as kinds
from ansible_collections.coder.classic.plugins.module_utils._site.variable import Variable


def row(variable: Variable) -> str:
    return f"| `{variable.name}` | {of_kind(variable)} | {default(variable)} | {variable.what} |"


def of_kind(variable: Variable) -> str:
    if variable.kind == kinds.NUMBER:
        return f"{variable.least} to {variable.most}"
    if variable.kind == kinds.CHOICE:
        return " or ".join(f"`{choice}`" for choice in variable.choices)
    return variable.kind


def default(variable: Variable) -> str:
    if variable.required:
        return "**required**"
    if variable.derived is not None:
        return variable.derived
    if variable.default is None:
        return ""
    text = str(variable.default).lower() if isinstance(variable.default, bool) else str(variable.default)
    return text if variable.kind in (kinds.NUMBER, kinds.FLAG) else "none" if text == "[]" else f"`{text}`"
