# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far pg_dump and pg_restore are, by what they say with --verbose. Pure but for the clock. Private to this collection."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from ansible_collections.coder.classic.plugins.module_utils._database.judge import size

SECONDS_BETWEEN = 5.0
#: An estimate is told once this part of all is behind: one tenth.
ENOUGH = 10
TABLE = re.compile(r'(?:dumping contents of table|processing data for table) "([^"]*)\.([^".]*)"')


class Progress:
    """Tells a line now and then: ``dump: 12 of 40 tables, 1.2 GiB, 48.1 MiB/s, about 2 min to go``.

    sizes: bytes of each table, by its quoted name. What is done is reckoned by the tables that are behind.
    """

    def __init__(
        self,
        what: str,
        sizes: dict[str, int],
        tell: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._what, self._tell, self._clock = what, tell, clock
        self._sizes = {_plain(name): number for name, number in sizes.items()}
        self._begun = self._told = clock()
        self.bytes = 0

    def add(self, count: int, said: Callable[[], str]) -> None:
        """So many bytes more; said answers the program's words until now, which may be long."""
        self.bytes += count
        now = self._clock()
        if now - self._told >= SECONDS_BETWEEN:
            self._told = now
            self._tell(self.line(said(), now - self._begun))

    def line(self, said: str, seconds: float) -> str:
        begun = [f"{schema}.{table}" for schema, table in TABLE.findall(said)]
        rate = self.bytes / seconds if seconds else 0.0
        done = sum(self._sizes.get(name, 0) for name in begun[:-1])
        whole = sum(self._sizes.values())
        parts = [f"table {len(begun)} of {len(self._sizes)}", size(self.bytes), f"{size(rate)}/s"]
        # By a small table that is behind nobody can reckon a large one.
        if done * ENOUGH >= whole > 0:
            parts.append(f"about {left(seconds * (whole - done) / done)} to go")
        return f"{self._what}: {', '.join(parts)}"


def left(seconds: float) -> str:
    """90 → ``2 min``."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def _plain(name: str) -> str:
    return name.replace('"', "")
