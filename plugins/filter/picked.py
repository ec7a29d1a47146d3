# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter picked: a part of data, by JMESPath. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

try:
    import jmespath
except ImportError:
    jmespath = None


def picked(data: Any, query: str) -> Any:
    """All of the data for an empty query. Raises AnsibleFilterError for one that is no JMESPath."""
    if not query:
        return data
    if jmespath is None:
        raise AnsibleFilterError("The Python library jmespath is missing: pip install jmespath, then run again.")
    try:
        return jmespath.search(query, data)
    except (jmespath.exceptions.JMESPathError, ValueError) as error:
        raise AnsibleFilterError(
            f"The query {query!r} is no JMESPath: {error}\nNext: correct it; https://jmespath.org has the language."
        ) from None


class FilterModule:
    def filters(self) -> dict[str, Callable]:
        return {"picked": picked}
