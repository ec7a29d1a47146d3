# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Coder's WebSockets: the log of a build, and the way to a workspace. Private to this collection."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from ansible_collections.coder.classic.plugins.module_utils._coder import tls
from ansible_collections.coder.classic.plugins.module_utils._coder.libraries import require
from ansible_collections.coder.classic.plugins.module_utils._coder.patience import within
from ansible_collections.coder.classic.plugins.module_utils._coder.transport import Transport
from ansible_collections.coder.classic.plugins.module_utils._coder.urls import origin_of
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

try:
    import websocket
except ImportError:
    websocket = None

NO_WORKSPACE = "00000000-0000-0000-0000-000000000000"
LOG_LINES = 20
LOG_SECONDS = 5.0
MESSAGE = ("id", "workspace_id", "build_id", "time", "type", "msg")


def build_log(transport: Transport, workspace_id: str, seconds: float) -> list[dict[str, Any]]:
    """Messages of the newest build, ``{id, workspace_id, build_id, time, type, msg}``, as far as they come in time.

    Ends after the message of type ``done``, when Coder closes, or after so many seconds. Raises ClassicError when the
    log cannot be opened.
    """
    path = f"/api/private/workspaces/{quote(workspace_id, safe='')}/watch-update"
    headers = {"Session-Token": transport.token or ""}
    if transport.proxy_authorization:
        headers["Authorization"] = transport.proxy_authorization
    until = time.monotonic() + seconds
    opened, answer = _open(transport.origin + path, headers, transport.ca_path, min(transport.timeout, seconds))
    if opened is None:
        raise ClassicError(
            "The build log cannot be read",
            code="refused" if answer["status"] else "unreachable",
            where=transport.origin + path,
            why=answer["reason"],
            untouched="the build itself goes on",
            next_step="look at the build log in Coder's dashboard",
            status=answer["status"],
        )
    messages: list[dict[str, Any]] = []
    left = max(0.1, until - time.monotonic())
    opened.settimeout(left)
    try:
        within(left, lambda: _read_into(messages, opened))
    except (websocket.WebSocketException, OSError):
        # Closed, lost or late: what was read is all there is.
        pass
    finally:
        _leave(opened)
    return list(messages)


def log_tail(
    transport: Transport, workspace_id: str, read: Callable[..., list[dict[str, Any]]] = build_log
) -> tuple[str | None, list[str]]:
    """(the last error of the newest build or None, the end of its log); why there is none stands in place of the log."""
    try:
        messages = read(transport, workspace_id, LOG_SECONDS)
    except ClassicError as error:
        return None, [f"({error.what}: {error.why})"]
    said = [(message.get("type"), transport.scrub(str(message.get("msg")))) for message in messages]
    errors = [text for kind, text in said if kind == "error"]
    return errors[-1] if errors else None, [f"{kind}: {text}" for kind, text in said][-LOG_LINES:]


def probe_connect(
    url: str, workspace_id: str, token: str | None, *, ca_path: str | None = None, timeout: float = 10
) -> dict[str, Any]:
    """Whether the address lets a client through to the broker of a workspace.

    ``{"reachable": bool, "status": int|None, "reason": str, "milliseconds": float}``; HTTP 101 is reachable. The token
    travels in the query, as in Coder's own client, and is in no result. Only an unusable URL or CA file is an error.
    """
    origin = origin_of(url)
    query = "?" + urlencode({"session_token": token}) if token else ""
    address = f"{origin}/api/private/envagent/{quote(workspace_id, safe='')}/connect{query}"
    begun = time.monotonic()
    opened, answer = _open(address, {}, ca_path, timeout)
    milliseconds = round((time.monotonic() - begun) * 1000, 1)
    if opened is not None:
        _leave(opened)
    return {
        "reachable": opened is not None,
        "status": answer["status"],
        "reason": answer["reason"],
        "milliseconds": milliseconds,
    }


def probe_upgrade(url: str, *, ca_path: str | None = None, timeout: float = 10) -> dict[str, Any]:
    """What an upgrade without a token, for a workspace that does not exist, is answered with.

    ``{"status": int|None, "reason": str, "coder": bool}``: coder is true when Coder itself seems to have answered (an
    upgrade, or its JSON refusal) and not a proxy. A refusal of Coder does not prove that upgrades get through.
    """
    address = f"{origin_of(url)}/api/private/envagent/{NO_WORKSPACE}/connect"
    opened, answer = _open(address, {}, ca_path, timeout)
    if opened is not None:
        _leave(opened)
    coder = answer["status"] == 101 or (answer["status"] in (401, 403, 404) and answer["json"])
    return {"status": answer["status"], "reason": answer["reason"], "coder": coder}


def _read_into(messages: list[dict[str, Any]], opened: Any) -> None:
    while True:
        frame = opened.recv()
        # The library gives an empty frame for a close.
        if not frame:
            return
        message = _message(frame)
        messages.append(message)
        if message.get("type") == "done":
            return


def _open(address: str, headers: dict[str, str], ca_path: str | None, timeout: float) -> tuple[Any, dict[str, Any]]:
    """(socket or None, {"status", "reason", "json"}); the library's texts are not used, they may repeat what was sent."""
    require("websocket-client", websocket)
    parts = urlsplit(address)
    scheme = "ws" if parts.scheme == "http" else "wss"
    options = {"context": tls.context(ca_path)} if scheme == "wss" else {}
    opened = websocket.WebSocket(sslopt=options)
    opened.settimeout(timeout)
    try:
        target = parts._replace(scheme=scheme).geturl()
        within(timeout, lambda: opened.connect(target, header=headers, redirect_limit=0))
    except websocket.WebSocketBadStatusException as refused:
        kind = {name.lower(): value for name, value in (refused.resp_headers or {}).items()}.get("content-type", "")
        return None, _answered(refused.status_code, "json" in kind)
    except (websocket.WebSocketTimeoutException, TimeoutError):
        return None, _unanswered(f"no answer within {timeout:g} seconds")
    except ssl.SSLCertVerificationError as refused:
        return None, _unanswered(f"{tls.code_of(refused)}: {refused.verify_message}")
    except socket.gaierror:
        return None, _unanswered(f"the name {parts.hostname} does not resolve")
    except (websocket.WebSocketException, OSError) as lost:
        # A redirect, which is not followed, arrives here as well (or below, with older releases of the library).
        if opened.getstatus() is None:
            return None, _unanswered(f"the connection failed ({type(lost).__name__})")
    status = opened.getstatus()
    if status == 101:
        return opened, {"status": 101, "reason": "connected", "json": False}
    opened.shutdown()
    return None, _answered(status, False)


def _leave(opened: Any) -> None:
    # Not the library's close(), which waits for the other side's farewell.
    with contextlib.suppress(websocket.WebSocketException, OSError):
        opened.send_close()
    opened.shutdown()


def _answered(status: int | None, json_body: bool) -> dict[str, Any]:
    return {"status": status, "reason": f"the upgrade was answered with {status}", "json": json_body}


def _unanswered(reason: str) -> dict[str, Any]:
    return {"status": None, "reason": reason, "json": False}


def _message(frame: str | bytes) -> dict[str, Any]:
    try:
        message = json.loads(frame)
    except ValueError:
        message = None
    return {key: message[key] for key in MESSAGE if key in message} if isinstance(message, dict) else {}
