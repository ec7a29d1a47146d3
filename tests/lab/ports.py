# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Free ports of 127.0.0.1, chosen once for the life of a lab."""

from __future__ import annotations

import contextlib
import random
import socket
from collections.abc import Iterable

from .errors import LabError

# Below the ports that Linux gives to outgoing connections (from 32768 on), so that none of those takes one in between.
RANGE = range(20000, 32000)


def choose(names: Iterable[str]) -> dict[str, int]:
    """A different free port for each name. At random, so that two labs that start together do not meet."""
    wanted = list(names)
    chosen: dict[str, int] = {}
    with contextlib.ExitStack() as held:
        for port in random.sample(RANGE, len(RANGE)):
            if len(chosen) == len(wanted):
                return chosen
            attempt = socket.socket()
            try:
                attempt.bind(("127.0.0.1", port))
            except OSError:
                attempt.close()
                continue
            # Held until all are chosen: another process that looks at the same time finds them taken.
            held.enter_context(attempt)
            chosen[wanted[len(chosen)]] = port
    raise LabError(
        f"{len(wanted)} free ports are needed on 127.0.0.1 between {RANGE.start} and {RANGE.stop}, "
        f"only {len(chosen)} were found. Nothing was started. End what listens there (`ss -ltnp`) and run this again."
    )
