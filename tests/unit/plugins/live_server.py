# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small server on this machine that answers with what a test says."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import socket
import struct
import threading
import time


class Server:
    """Answers each connection with reply(request head) and remembers the heads."""

    def __init__(self, reply, context=None):
        self.heads = []
        self._reply = reply
        self._context = context
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                accepted, _peer = self._listening.accept()
            except OSError:
                return
            # A client may refuse the certificate, or leave after the handshake.
            with accepted, contextlib.suppress(OSError):
                self._answer(accepted)

    def _answer(self, accepted):
        with self._context.wrap_socket(accepted, server_side=True) if self._context else accepted as connection:
            head = b""
            while b"\r\n\r\n" not in head:
                received = connection.recv(4096)
                if not received:
                    return
                head += received
            self.heads.append(head.decode())
            connection.sendall(self._reply(head.decode()))
            if b"Upgrade" in head:
                time.sleep(0.05)

    def close(self):
        # close() alone leaves accept() waiting.
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


def http(status, body, kind="application/json", **headers):
    lines = [f"HTTP/1.1 {status} X", f"Content-Type: {kind}", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def upgraded(head, frames=b""):
    key = next(line.split(": ")[1] for line in head.splitlines() if line.startswith("Sec-WebSocket-Key"))
    accept = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
    lines = ["HTTP/1.1 101 X", "Upgrade: websocket", "Connection: Upgrade", f"Sec-WebSocket-Accept: {accept}"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + frames


def frame(message):
    text = json.dumps(message).encode()
    return struct.pack("!BBH", 0x81, 126, len(text)) + text
