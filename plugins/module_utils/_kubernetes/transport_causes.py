# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why an API server could not be reached, in our own words. Private to this collection."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
from typing import Any

# connection.connect says when it is missing.
with contextlib.suppress(ImportError):
    from urllib3 import exceptions


def words(error: Any) -> str:
    """Of an exception of urllib3 or of Python; nothing of its own text but what OpenSSL says about the server's
    certificate.
    """
    chain = list(_chain(error))
    for cause in chain:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"The server's certificate is not accepted: {cause.verify_message}."
        if isinstance(cause, ssl.SSLError):
            said = (cause.reason or "").replace("_", " ").lower()
            return f"The TLS handshake failed{': ' + said if said else ''}."
    if any(isinstance(cause, socket.gaierror) for cause in chain):
        return "The name of the server, or of the proxy, cannot be resolved."
    through = "The proxy: " if any(isinstance(cause, exceptions.ProxyError) for cause in chain) else ""
    number = next((cause.errno for cause in chain if isinstance(cause, OSError) and cause.errno), None)
    if number:
        return f"{through}{os.strerror(number)}."
    # After the numbers: in urllib3 a refused connection is a kind of ConnectTimeoutError.
    for kind, text in (
        (exceptions.ConnectTimeoutError, "connection"),
        (exceptions.TimeoutError, "answer"),
        (TimeoutError, "answer"),
    ):
        if any(isinstance(cause, kind) for cause in chain):
            return f"No {text} in time."
    if through:
        return "The proxy refuses the connection."
    if any(isinstance(cause, exceptions.ProtocolError) for cause in chain):
        return "The connection was cut off in the middle of the answer."
    return f"{type(chain[-1]).__name__}."


def _chain(error: Any) -> Any:
    """The exception and what it comes from, each once."""
    seen: list[Any] = []
    waiting = [error]
    while waiting:
        cause = waiting.pop(0)
        if isinstance(cause, BaseException) and not any(cause is one for one in seen):
            seen.append(cause)
            yield cause
            waiting += [getattr(cause, "reason", None), *cause.args, cause.__cause__, cause.__context__]
