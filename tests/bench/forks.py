# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which processes were started, told by the kernel (Linux' process event connector): none is too short to be seen.

The kernel tells it to root only. For anybody else nothing is counted, and the figure stays empty.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import threading
from collections.abc import Iterable
from typing import NamedTuple

CONNECTOR, PROC = 11, 1
HEADER = struct.Struct("=IHHII")  # nlmsghdr
MESSAGE = struct.Struct("=IIIIHH")  # cn_msg
EVENT = struct.Struct("=IIQ")  # what, cpu, timestamp of proc_event
FORK = struct.Struct("=IIII")  # parent pid and tgid, child pid and tgid
LISTEN, IGNORE, IS_FORK = 1, 2, 1


class Fork(NamedTuple):
    parent: int
    child: int


def descendants(forks: Iterable[Fork], root: int) -> int:
    """How many processes came from ``root``, itself among them (pure)."""
    family, count = {root}, 1
    for fork in forks:
        if fork.parent in family:
            family.add(fork.child)
            count += 1
    return count


def parse(datagram: bytes) -> Fork | None:
    """A new process; None for a new thread and for any other event (pure)."""
    event = datagram[HEADER.size + MESSAGE.size :]
    if len(event) < EVENT.size + FORK.size or EVENT.unpack_from(event)[0] != IS_FORK:
        return None
    _thread, parent, child_thread, child = FORK.unpack_from(event, EVENT.size)
    return Fork(parent, child) if child_thread == child else None


class Forks:
    """Listens from ``start`` to ``stop``; ``seen`` is None where the kernel does not tell."""

    def __init__(self) -> None:
        self.seen: list[Fork] | None = None
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        try:
            self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, CONNECTOR)
            # Forced: a build of a whole lab starts many processes in a moment.
            self._socket.setsockopt(socket.SOL_SOCKET, 33, 1 << 24)
            self._socket.bind((0, PROC))
            self._tell(LISTEN)
        except (OSError, AttributeError):
            self.seen = None
            return
        self.seen = []
        self._socket.settimeout(0.2)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        if self._thread and self._socket:
            self._ending.set()
            self._thread.join()
            with contextlib.suppress(OSError):
                self._tell(IGNORE)
        if self._socket:
            self._socket.close()

    def _read(self) -> None:
        assert self._socket is not None and self.seen is not None
        while True:
            try:
                fork = parse(self._socket.recv(4096))
            except TimeoutError:
                if self._ending.is_set():
                    return
                continue
            except OSError:
                # Some were lost: then a number would be a lie.
                self.seen = None
                return
            if fork:
                self.seen.append(fork)

    def _tell(self, operation: int) -> None:
        assert self._socket is not None
        body = MESSAGE.pack(1, 1, 0, 0, 4, 0) + struct.pack("=I", operation)
        self._socket.send(HEADER.pack(HEADER.size + len(body), 3, 0, 0, os.getpid()) + body)
