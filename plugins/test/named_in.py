# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The test named_in: whether a consent names a region."""

from __future__ import annotations

from collections.abc import Callable, Iterable


def named_in(name: str, consent: str | Iterable[str] | None) -> bool:
    """Whether name is one of the names in consent: a text with commas (as given with -e) or a list of such; none for None."""
    texts = [consent] if isinstance(consent, str) else consent or []
    return name in {part.strip() for text in texts for part in text.split(",")} - {""}


class TestModule:
    # Only a name: not for pytest.
    __test__ = False

    def tests(self) -> dict[str, Callable]:
        return {"named_in": named_in}
