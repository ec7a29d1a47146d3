# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A command in a container of a pod, through the API server (subresource ``exec``, protocol ``v4.channel.k8s.io``).

Never with a terminal, which would rewrite line ends of what comes back. The protocol cannot close standard input: a command that
reads it must know where it ends. Private to this collection.
"""

from __future__ import annotations

import contextlib
import json
import select
import ssl
import time
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import masks, transport, transport_causes
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster

try:
    import websocket
except ImportError:
    websocket = None

STDIN, STDOUT, STDERR, STATUS = range(4)
PROTOCOL = "v4.channel.k8s.io"
CONNECT_SECONDS = 30
#: After so much silence a ping goes out: load balancers cut connections on which nothing moves.
PING_SECONDS = 15
#: For the rest of a message whose beginning is there.
SECONDS_OF_A_GLANCE = 0.05
#: What one message takes: kubelets and proxies have limits, this is below all that are known.
PIECE = 64 * 1024
#: Of what a command says on standard error the end is kept.
MESSAGES = 4 * 1024 * 1024


class PodCommand:
    """One command. Not for two threads at a time."""

    def __init__(self, opened: Any, what: str, where: str) -> None:
        self._opened, self._what, self._where = opened, what, where
        # What a ping is answered with must not come into the middle of a message that is being sent.
        self._pongs: list[bytes] = []
        opened.pong = self._pongs.append
        self._said = bytearray()
        self._come: list[bytes] = []
        self._ended: int | None = None

    def send(self, data: bytes, seconds: float) -> None:
        """To its standard input; what comes after its end is dropped. Raises TimeoutError, and ClassicError ``connection_lost``."""
        until = time.monotonic() + seconds
        for start in range(0, len(data), PIECE):
            message = bytes([STDIN]) + data[start : start + PIECE]
            rest = memoryview(websocket.ABNF.create_frame(message, websocket.ABNF.OPCODE_BINARY).format())
            while rest and self._ended is None:
                rest = rest[self._sent(rest, until) :]
            if self._ended is not None:
                return
            self._answer_pings()

    def finish_input(self) -> None:
        """Nothing that the protocol knows: whoever sent something has told the command how much."""

    def read(self, seconds: float) -> bytes:
        """The next piece of its standard output; empty once it has ended.

        Raises TimeoutError, and ClassicError ``connection_lost``.
        """
        until = time.monotonic() + seconds
        while not self._come and self._ended is None:
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError
            if not self._take(min(left, PING_SECONDS)):
                with contextlib.suppress(websocket.WebSocketException, OSError):
                    self._opened.ping()
            self._answer_pings()
        return self._come.pop(0) if self._come else b""

    def messages(self) -> str:
        """What it said on standard error until now."""
        return self._said.decode(errors="replace")

    def status(self) -> int:
        """Its exit status, once read answered with nothing."""
        return 0 if self._ended is None else self._ended

    def close(self) -> None:
        """Lets go of it, also where it has not ended."""
        with contextlib.suppress(Exception):
            self._opened.shutdown()

    def _sent(self, rest: memoryview, until: float) -> int:
        """How much of it went out; what comes meanwhile is taken. Else both sides could wait for each other, each with more to say
        than what lies between takes.
        """
        socket, left = self._opened.sock, until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        has_come = getattr(socket, "pending", lambda: 0)()
        readable, writable, _broken = select.select([socket], [socket], [], 0 if has_come else left)
        if readable or has_come:
            self._take(SECONDS_OF_A_GLANCE)
        if not writable or self._ended is not None:
            return 0
        socket.settimeout(0)
        try:
            return socket.send(rest)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return 0
        except OSError as error:
            raise self._lost(type(error).__name__) from None

    def _answer_pings(self) -> None:
        with contextlib.suppress(websocket.WebSocketException, OSError):
            while self._pongs:
                self._opened.send(self._pongs.pop(0), websocket.ABNF.OPCODE_PONG)

    def _take(self, seconds: float) -> bool:
        """Whether something came."""
        channel, data = self._message(seconds)
        if channel == STDOUT and data:
            self._come.append(data)
        elif channel == STDERR:
            self._said += data
            del self._said[:-MESSAGES]
        elif channel == STATUS:
            self._ended = exit_status(data)
            self._said += why_not_run(data)
        return channel is not None

    def _message(self, seconds: float) -> tuple[int | None, bytes]:
        """Channel and what came on it; (None, nothing) where nothing did."""
        self._opened.settimeout(seconds)
        try:
            data = self._opened.recv()
        except websocket.WebSocketTimeoutException:
            return None, b""
        except (websocket.WebSocketException, OSError) as error:
            raise self._lost(type(error).__name__) from None
        if not data:
            raise self._lost("closed before the command's status came")
        message = data.encode() if isinstance(data, str) else data
        return message[0], message[1:]

    def _lost(self, why: str) -> ClassicError:
        return ClassicError(
            f"The connection to {self._what} was lost.",
            code="connection_lost",
            where=self._where,
            why=why,
            next_step="Check the network, the pod and its node, then run again.",
        )


def exit_status(message: bytes) -> int:
    """Of the protocol's last message: 0, the command's own status, or 1 where it is not told. Pure."""
    told = _told(message)
    if told.get("status") == "Success":
        return 0
    code = _exit_code(told)
    return int(code) if code and code.isdigit() else 1


def why_not_run(message: bytes) -> bytes:
    """What the last message says of a command that did not end with a status of its own: there is no such program. Pure."""
    told = _told(message)
    if told.get("status") == "Success" or _exit_code(told):
        return b""
    return f"{told.get('message') or 'its end was not told'}\n".encode()


def _told(message: bytes) -> dict[str, Any]:
    try:
        told = json.loads(message)
    except ValueError:
        told = None
    return told if isinstance(told, dict) else {"message": message.decode(errors="replace")}


def _exit_code(told: dict[str, Any]) -> str | None:
    causes = (told.get("details") or {}).get("causes") or []
    return next((str(one.get("message")) for one in causes if one.get("reason") == "ExitCode"), None)


def start(cluster: Cluster, namespace: str, pod: str, container: str, command: list[str]) -> PodCommand:
    """Only in the cluster that is expected: it may write. Its arguments are in the API server's audit log: no secrets.

    Raises ClassicError: ``cluster_mismatch``, ``forbidden``, ``unauthorized``, ``refused`` (no such pod, not running),
    ``server_error``, ``cluster_unreachable``, ``invalid`` (library missing).
    """
    if websocket is None:
        raise ClassicError(
            "The Python library 'websocket-client' is missing.",
            code="invalid",
            untouched="Nothing was changed.",
            next_step="pip install websocket-client for the Python that runs Ansible's modules.",
        )
    cluster.prove_identity()
    what = f"{command[0]} in pod {pod}"
    query = [("container", container), ("stdin", "true"), ("stdout", "true"), ("stderr", "true")]
    query += [("command", part) for part in command]
    path = f"/api/v1/namespaces/{quote(namespace, safe='')}/pods/{quote(pod, safe='')}/exec"
    connected = cluster.connected()
    url = urlsplit(connected.server.rstrip("/") + path)
    target = url._replace(scheme="wss" if url.scheme == "https" else "ws", query=urlencode(query, quote_via=quote))
    opened = websocket.WebSocket(sslopt=_tls(connected.pools.connection_pool_kw))
    opened.settimeout(CONNECT_SECONDS)
    # They are as http.client takes them; this library writes them as UTF-8 itself.
    headers = [
        f"{name}: {value.encode('latin-1', 'replace').decode(errors='replace')}" for name, value in connected.headers
    ]
    try:
        opened.connect(
            target.geturl(), header=headers, subprotocols=[PROTOCOL], redirect_limit=0, **_proxy(cluster.access.cluster)
        )
    except websocket.WebSocketBadStatusException as refused:
        text = masks.scrub(_text(refused.resp_body), {"secret": connected.secrets})
        raise transport.refusal(cluster.where, "GET", path, refused.status_code, text) from None
    except (websocket.WebSocketException, OSError) as error:
        raise transport.unreachable(cluster.where, "GET", path, transport_causes.words(error)) from None
    return PodCommand(opened, what, f"{namespace}/{pod}, {cluster.where}")


def _tls(settings: dict[str, Any]) -> dict[str, Any]:
    """The connection's own context, with its authority and client certificate."""
    context, name = settings.get("ssl_context"), settings.get("server_hostname")
    return {**({"context": context} if context else {}), **({"server_hostname": name} if name else {})}


def _proxy(entry: dict[str, Any]) -> dict[str, Any]:
    """That of the access and no other: without one, none of the environment either."""
    if "proxy-url" not in entry:
        return {"http_no_proxy": ["*"]}
    url = urlsplit(entry["proxy-url"])
    kind = "http" if not url.scheme.startswith("socks") else "socks5h"
    known = {"http_proxy_host": url.hostname, "http_proxy_port": url.port, "proxy_type": kind}
    if url.username is not None:
        known["http_proxy_auth"] = (unquote(url.username), unquote(url.password or ""))
    return known


def _text(body: Any) -> str:
    return body.decode(errors="replace") if isinstance(body, bytes) else str(body or "")
