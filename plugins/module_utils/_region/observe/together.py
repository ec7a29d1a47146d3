# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several reads at the same time. Private to this collection."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

# Below the connections that the Kubernetes client keeps to one server on the smallest machine.
THREADS = 10


def together(reads: Mapping[str, Callable[[], Any]], problems: list[dict[str, Any]]) -> dict[str, Any]:
    """The answers by name. One that raises ClassicError is left out and its failure goes into problems."""
    answers = {}
    with ThreadPoolExecutor(max_workers=THREADS) as pool:
        waiting = {name: pool.submit(read) for name, read in reads.items()}
        for name, future in waiting.items():
            try:
                answers[name] = future.result()
            except ClassicError as error:
                problems.append(error.failure)
    return answers
