# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The newest look of a run at a region. Private to this collection."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils import _kept_look

#: Options that say what is done, and not what is looked at; a file of values has another name in each task.
NOT_LOOKED_AT = ("goal", "step", "run", "progress_file", "cordoned_by_this_run", "max_age", "token")


class KeptLook(_kept_look.KeptLook):
    """of: the options (wanted.wanted) that the look is for."""

    def __init__(self, folder: str | None, of: Mapping[str, Any], clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(folder, asked(of), of["region"], clock)


def asked(of: Mapping[str, Any]) -> dict[str, Any]:
    """Pure."""
    satellite = {key: value for key, value in of["satellite"].items() if key != "values_file"}
    rest = {key: value for key, value in of.items() if key not in NOT_LOOKED_AT}
    return {**rest, "satellite": satellite}
