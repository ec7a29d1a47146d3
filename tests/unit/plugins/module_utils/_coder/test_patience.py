# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers that never stop answering: every wait ends all the same."""

from __future__ import annotations

import socket
import struct
import threading
import time

import pytest
from unit.plugins.live_server import frame, upgraded

from ansible_collections.coder.classic.plugins.module_utils._coder import endpoint, patience
from ansible_collections.coder.classic.plugins.module_utils._coder.patience import within
from ansible_collections.coder.classic.plugins.module_utils._coder.transport import Transport
from ansible_collections.coder.classic.plugins.module_utils._coder.websockets import build_log, probe_connect
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

PING = struct.pack("!BB", 0x89, 0)


@pytest.fixture
def trickle():
    """trickle(begin, more): a server that answers begin(request head), then `more` every 0.1 s for ever; its port."""
    listening = []

    def serve(accepting, begin, more):
        while True:
            try:
                connection, _peer = accepting.accept()
            except OSError:
                return
            threading.Thread(target=feed, args=(connection, begin, more), daemon=True).start()

    def feed(connection, begin, more):
        with connection:
            try:
                connection.sendall(begin(connection.recv(65536).decode("latin-1")))
                while True:
                    connection.sendall(more)
                    time.sleep(0.1)
            except OSError:
                return

    def start(begin, more):
        listening.append(socket.create_server(("127.0.0.1", 0)))
        threading.Thread(target=serve, args=(listening[-1], begin, more), daemon=True).start()
        return listening[-1].getsockname()[1]

    yield start
    for accepting in listening:
        accepting.shutdown(socket.SHUT_RDWR)
        accepting.close()


def test_what_ends_in_time_is_passed_on():
    assert within(5, lambda: 3) == 3
    with pytest.raises(KeyError):
        within(5, lambda: {}["a"])
    with pytest.raises(TimeoutError):
        within(0.05, lambda: time.sleep(1))


@pytest.mark.parametrize("begin", [b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: "])
def test_an_answer_that_trickles_is_given_up(trickle, begin):
    port, started = trickle(lambda _head: begin, b"x"), time.monotonic()
    with pytest.raises(ClassicError) as caught:
        Transport(f"http://127.0.0.1:{port}", "token", timeout=0.5).send("PATCH", "/x", {})
    assert caught.value.code == "timeout"
    assert "not as a whole" in caught.value.why or "no connection" in caught.value.why
    assert "Empty" not in caught.value.why
    assert "may or may not" in caught.value.untouched
    assert time.monotonic() - started < 2


def test_a_log_with_pings_only_is_given_up(trickle):
    port = trickle(lambda head: upgraded(head, frame({"id": "1", "type": "start", "msg": "go"})), PING)
    started = time.monotonic()
    read = build_log(Transport(f"http://127.0.0.1:{port}", "token"), "w", 0.5)
    assert [message["id"] for message in read] == ["1"]
    assert time.monotonic() - started < 2


def test_an_upgrade_that_trickles_is_given_up(trickle):
    port, started = trickle(lambda _head: b"HTTP/1.1 101 X\r\nY: ", b"x"), time.monotonic()
    probed = probe_connect(f"http://127.0.0.1:{port}", "w", "token", timeout=0.5)
    assert (probed["reachable"], probed["reason"]) == (False, "no answer within 0.5 seconds")
    assert time.monotonic() - started < 2


def test_a_handshake_that_trickles_is_given_up(trickle):
    # The head of a TLS record of 16 KiB.
    port, started = trickle(lambda _head: b"\x16\x03\x03\x40\x00", b"\x00"), time.monotonic()
    assert "did not end" in endpoint.certificate(f"https://127.0.0.1:{port}", None, 0.5)["error"]
    assert time.monotonic() - started < 2


def test_what_may_end_at_once_is_looked_at_sooner() -> None:
    assert [round(patience.pause(waited), 1) for waited in (0, 5, 15, 600)] == [0.5, 1.0, 2.0, 2.0]
