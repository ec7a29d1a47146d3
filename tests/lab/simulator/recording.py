# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every request that a listener got, for tests. Never a query, a header or a body: they may hold tokens."""

from __future__ import annotations

import time


class Recorder:
    def __init__(self) -> None:
        self._entries: list[dict] = []
        self._count = 0

    def begin(self, listener: str, method: str, path: str, user: str | None) -> dict:
        """The entry; its ``status`` is set when an answer is given, its ``seconds`` when it was."""
        self._count += 1
        entry = {
            "seq": self._count,
            "time": time.time(),
            "listener": listener,
            "method": method,
            "path": path,
            "status": None,
            "seconds": None,
            "user": user,
        }
        self._entries.append(entry)
        return entry

    def since(self, seq: int) -> list[dict]:
        """Entries younger than ``seq``; numbers go on after ``clear``."""
        return [entry for entry in self._entries if entry["seq"] > seq]

    def clear(self) -> None:
        self._entries = []
