# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several reads at the same time. Private to this collection."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import side_by_side


def together(reads: Mapping[str, Callable[[], Any]], problems: list[dict[str, Any]]) -> dict[str, Any]:
    """The answers by name. One that raises ClassicError is left out and its failure goes into problems."""

    def outcome(read: Callable[[], Any]) -> tuple[Any, ClassicError | None]:
        try:
            return read(), None
        except ClassicError as error:
            return None, error

    answers = {}
    for name, (answer, error) in zip(reads, side_by_side.each(outcome, reads.values()), strict=True):
        if error is None:
            answers[name] = answer
        else:
            problems.append(error.failure)
    return answers
