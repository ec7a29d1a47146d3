# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request to a Kubernetes API server, with a connection's credential. Private to this collection."""

from __future__ import annotations

import contextlib
import http.client
import json
from typing import Any
from urllib.parse import quote, urlencode

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import masks, transport_causes
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.connection import Connection

# connection.connect says when it is missing, before anything here is used.
with contextlib.suppress(ImportError):
    import urllib3

CONNECT_SECONDS = 10
READ_SECONDS = 30

NEXT_STEPS = {
    401: "Renew the credential of this context, then run again.",
    403: "Ask for this right, or use a context that has it, then run again.",
    409: "Somebody else changed it at the same time: run again, which looks at it anew.",
    429: "The API server is busy: run again in a while.",
}


def request(
    connection: Connection,
    where: str,
    method: str,
    path: str,
    *,
    body: Any = None,
    query: dict[str, str] | None = None,
    content_type: str = "application/json",
    accept: str = "application/json",
) -> dict[str, Any]:
    """The JSON answer; query values are escaped here, the path's parts by discovery.path. where is for errors.

    Raises ClassicError: ``unauthorized`` (401), ``forbidden`` (403), ``refused`` (other 4xx), ``server_error`` (5xx, and
    429: too busy), ``cluster_unreachable`` (no answer), ``not_json``.
    """
    status, text = _answer(
        connection, where, method, path, body, query, {"Accept": accept, "Content-Type": content_type}
    )
    try:
        return json.loads(text)
    except ValueError:
        raise ClassicError(
            f"{method} {path} was answered with something else than JSON.",
            code="not_json",
            where=where,
            why="The address may be that of a proxy or a login page.",
            untouched=_untouched(method, status),
            next_step="Check the address of the API server in this context, then run again.",
            status=status,
        ) from None


def text(connection: Connection, where: str, path: str, query: dict[str, str] | None = None) -> str:
    """What a read answers with, where that is no JSON (a log). Raises as request, but for ``not_json``."""
    return _answer(connection, where, "GET", path, None, query, {"Accept": "*/*"})[1]


def _answer(
    connection: Connection,
    where: str,
    method: str,
    path: str,
    body: Any,
    query: dict[str, str] | None,
    headers: dict[str, str],
) -> tuple[int, str]:
    """Status (2xx) and text."""
    parameters = f"?{urlencode(query, quote_via=quote)}" if query else ""
    url = connection.server.rstrip("/") + path + parameters
    try:
        status, answer = _exchange(connection, method, url, body, headers)
    except (urllib3.exceptions.HTTPError, OSError, http.client.HTTPException) as error:
        raise unreachable(where, method, path, transport_causes.words(error)) from None
    except (ValueError, TypeError) as error:
        # HTTP libraries refuse a header with its value in their words, and that may be the credential.
        raise _unsendable(where, method, path, error) from None
    if not 200 <= status <= 299:
        raise refusal(where, method, path, status, masks.scrub(answer, {"secret": connection.secrets}))
    return status, answer


def _exchange(connection: Connection, method: str, url: str, body: Any, headers: dict[str, str]) -> tuple[int, str]:
    sent = urllib3.HTTPHeaderDict(headers)
    for name, value in connection.headers:
        sent.add(name, value)
    response = connection.pools.request(
        method,
        url,
        body=None if body is None else json.dumps(body).encode(),
        headers=sent,
        timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
        retries=_patience(),
        # Else it would also ask again for an answer that breaks off in its middle.
        preload_content=False,
    )
    return response.status, response.data.decode("utf-8", "replace")


def _patience() -> urllib3.Retry:
    # Bounded: a connection is tried twice; only reading is tried again, after a lost answer or one that says that the
    # server is busy. How long to wait is not left to the server, which may say an hour.
    return urllib3.Retry(
        connect=1,
        read=1,
        redirect=0,
        status=2,
        other=0,
        allowed_methods=["GET"],
        status_forcelist=[429, 502, 503, 504],
        respect_retry_after_header=False,
        raise_on_status=False,
        backoff_factor=0.5,
    )


def unreachable(where: str, method: str, path: str, why: str) -> ClassicError:
    return ClassicError(
        f"The cluster's API server does not answer ({method} {path}).",
        code="cluster_unreachable",
        where=where,
        why=why,
        untouched=_untouched(method, 0),
        next_step="Check the address, the network and the authority of the certificate, then run again.",
    )


def _unsendable(where: str, method: str, path: str, error: Exception) -> ClassicError:
    return ClassicError(
        f"The request {method} {path} could not be made.",
        code="invalid",
        where=where,
        why=f"{type(error).__name__}: its address, a header or its content holds what HTTP or JSON cannot.",
        untouched="This request was not sent.",
        next_step="Check the server, the user and whom it acts as (as) in this context for odd characters.",
    )


def refusal(where: str, method: str, path: str, status: int, text: str) -> ClassicError:
    code = {401: "unauthorized", 403: "forbidden", 429: "server_error"}.get(status)
    return ClassicError(
        f"{method} {path} was answered with status {status}.",
        code=code or ("server_error" if status >= 500 else "refused"),
        where=where,
        why=_server_words(text),
        untouched=_untouched(method, status),
        next_step=NEXT_STEPS.get(status),
        status=status,
    )


def _untouched(method: str, status: int) -> str:
    """A read changes nothing, nor does what the server turned down; without an answer, or after 5xx, nobody knows."""
    is_known = method == "GET" or 400 <= status <= 499
    return "This request changed nothing." if is_known else "Unknown: the request may have been carried out."


def _server_words(text: str) -> str | None:
    try:
        return json.loads(text).get("message")
    except (ValueError, AttributeError):
        return text[:200].strip() or None
