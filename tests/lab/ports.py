# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Free ports of 127.0.0.1, chosen once for the life of a lab."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterable

from .errors import LabError

# Below the ports that Linux gives to outgoing connections (from 32768 on), so that none of those takes one in between.
RANGE = range(20000, 32000)

# Labs may start beside each other, and seconds pass until a chosen port is listened on: until this process ends it holds the
# UDP port of the same number, which is nobody else's here, and whoever chooses meanwhile takes another.
_claims: list[socket.socket] = []


def choose(names: Iterable[str]) -> dict[str, int]:
    """A different free port for each name."""
    wanted = list(names)
    chosen: dict[str, int] = {}
    for port in random.sample(RANGE, len(RANGE)):
        if len(chosen) == len(wanted):
            break
        claim = _bound(port, socket.SOCK_DGRAM)
        listener = claim and _bound(port, socket.SOCK_STREAM)
        if listener:
            listener.close()
            _claims.append(claim)
            chosen[wanted[len(chosen)]] = port
        elif claim:
            claim.close()
    if len(chosen) == len(wanted):
        return chosen
    raise LabError(
        f"{len(wanted)} free ports are needed on 127.0.0.1 between {RANGE.start} and {RANGE.stop}, "
        f"only {len(chosen)} were found. Nothing was started. End what listens there (`ss -ltnp`) and run this again."
    )


def _bound(port: int, kind: socket.SocketKind) -> socket.socket | None:
    """A socket at that port; None if it is taken."""
    attempt = socket.socket(type=kind)
    try:
        attempt.bind(("127.0.0.1", port))
    except OSError:
        attempt.close()
        return None
    return attempt
