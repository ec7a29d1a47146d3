# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Coder's WebSockets: the log of a build, and the way to a workspace. Private to this collection."""

from __future__ import annotations

import json
import socket
import ssl
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from ansible_collections.coder.classic.plugins.module_utils._coder import tls
from ansible_collections.coder.classic.plugins.module_utils._coder.libraries import require
from ansible_collections.coder.classic.plugins.module_utils._coder.transport import Transport, origin_of
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

try:
    import websocket
except ImportError:
    websocket = None

NO_WORKSPACE = "00000000-0000-0000-0000-000000000000"
MESSAGE = ("id", "workspace_id", "build_id", "time", "type", "msg")


def build_log(transport: Transport, workspace_id: str, deadline: float) -> Iterator[dict[str, Any]]:
    """Messages of the newest build, ``{id, workspace_id, build_id, time, type, msg}``, as they come.

    Ends after the message of type ``done``, when Coder closes, or at the deadline (a value of time.monotonic()).
    Raises ClassicError when the log cannot be opened.
    """
    path = f"/api/private/workspaces/{quote(workspace_id, safe='')}/watch-update"
    headers = {"Session-Token": transport.token or ""}
    if transport.proxy_authorization:
        headers["Authorization"] = transport.proxy_authorization
    opened, answer = _open(transport.origin + path, headers, transport.ca_path, min(transport.timeout, _left(deadline)))
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
    try:
        while _left(deadline) > 0:
            opened.settimeout(_left(deadline))
            message = _message(opened.recv())
            if message is None:
                return
            yield message
            if message.get("type") == "done":
                return
    except (websocket.WebSocketException, OSError):
        # Closed, lost or late: what was read is all there is.
        return
    finally:
        opened.close()


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
        opened.close()
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
        opened.close()
    coder = answer["status"] == 101 or (answer["status"] in (401, 403, 404) and answer["json"])
    return {"status": answer["status"], "reason": answer["reason"], "coder": coder}


def _open(address: str, headers: dict[str, str], ca_path: str | None, timeout: float) -> tuple[Any, dict[str, Any]]:
    """(socket or None, {"status", "reason", "json"}); the library's texts are not used, they may repeat what was sent."""
    require("websocket-client", websocket)
    parts = urlsplit(address)
    scheme = "ws" if parts.scheme == "http" else "wss"
    options = {"context": tls.context(ca_path)} if scheme == "wss" else {}
    opened = websocket.WebSocket(sslopt=options)
    opened.settimeout(timeout)
    try:
        opened.connect(parts._replace(scheme=scheme).geturl(), header=headers, redirect_limit=0)
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
    opened.close()
    return None, _answered(status, False)


def _answered(status: int | None, json_body: bool) -> dict[str, Any]:
    return {"status": status, "reason": f"the upgrade was answered with {status}", "json": json_body}


def _unanswered(reason: str) -> dict[str, Any]:
    return {"status": None, "reason": reason, "json": False}


def _message(frame: str | bytes) -> dict[str, Any] | None:
    # The library gives an empty frame for a close.
    if not frame:
        return None
    try:
        message = json.loads(frame)
    except ValueError:
        message = None
    return {key: message[key] for key in MESSAGE if key in message} if isinstance(message, dict) else {}


def _left(deadline: float) -> float:
    return max(0.0, deadline - time.monotonic())
