# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter labelled: a text behind its label, in lines that fit a terminal. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Callable

WIDTH = 79


def labelled(text: str, label: str = "", width: int = WIDTH) -> str:
    """Further lines stand below the text's first one. Words, such as paths and URLs, stay whole, and lines stay lines."""
    wrapper = textwrap.TextWrapper(
        width,
        initial_indent=label,
        subsequent_indent=" " * len(label),
        break_long_words=False,
        break_on_hyphens=False,
    )
    first, *others = str(text).splitlines() or [""]
    lines = wrapper.wrap(first) or [label.rstrip()]
    wrapper.initial_indent = wrapper.subsequent_indent
    return "\n".join([*lines, *(line for other in others for line in wrapper.wrap(other))])


class FilterModule:
    def filters(self) -> dict[str, Callable]:
        return {"labelled": labelled}
