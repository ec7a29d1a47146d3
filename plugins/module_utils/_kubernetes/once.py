# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers that several threads need at the same time, each asked for once. Private to this collection."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any


class Reads:
    """Whoever comes first asks, the others wait for that answer, or get its error. Nobody may change an answer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: dict[str, Future[Any]] = {}

    def answer(self, question: Any, ask: Callable[[], Any]) -> Any:
        """question: what tells one read from another (JSON)."""
        key = json.dumps(question, sort_keys=True)
        with self._lock:
            known = self._asked.get(key)
            if known is None:
                mine = self._asked[key] = Future()
        if known is not None:
            return known.result()
        try:
            mine.set_result(ask())
        except BaseException as error:
            mine.set_exception(error)
            raise
        return mine.result()
