# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One request to Coder: authentication, patience, and errors that say what happened. Private to this collection."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import http_headers, said, tls
from ansible_collections.coder.classic.plugins.module_utils._coder.libraries import require
from ansible_collections.coder.classic.plugins.module_utils._coder.patience import within
from ansible_collections.coder.classic.plugins.module_utils._coder.urls import check_url, origin_of, without_query
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

try:
    import requests
except ImportError:
    requests = None

#: The header in which Coder tells its version.
VERSION = "coder-version"
RETRIED_STATUS = frozenset({429, 502, 503, 504})
# Seconds before each repetition of a read; its length is the number of repetitions.
PAUSES = (0.5, 1.0, 2.0)
LONGEST_PAUSE = 30.0

_CODE = {401: "unauthorized", 403: "forbidden", 404: "not_found", 429: "busy"}
_UNCLEAR = "not known: the request may or may not have taken effect"
_NEXT = {
    "unauthorized": "give a valid session token (it may have expired) and run again",
    "forbidden": "give the session token of a user with the role site-manager or site-admin and run again",
    "not_found": "check the URL and, if it is right, whether this version of Coder knows the request",
    "busy": "wait a while, as Coder or a proxy in front of it limits the number of requests, then run again",
    "timeout": "look whether what runs at this address, its database and its load balancer are well, then run again",
    "unreachable": "check the URL, DNS and the network between this machine and Coder, then run again",
    "redirected": "if the address it points to is the right one, give that address as the URL",
    "server_error": "look at Coder's and its load balancer's health, then run again",
    "refused": "correct what Coder names, then run again",
    "not_json": "check that the URL is Coder's own and that no login page or proxy answers in its place",
}


class Transport:
    """Requests to one base URL.

    Only reads (GET) are repeated, after 429, 502, 503, 504 and lost connections, as often as pauses has numbers. A
    write is sent once. timeout is for a request as a whole, however the answer comes. No redirect is followed. date is
    the newest Date header (UTC) or None, version that of VERSION. Every error is a ClassicError whose text holds neither the token nor a query.
    """

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        ca_path: str | None = None,
        timeout: float = 10,
        proxy_authorization: str | None = None,
        session: Any = None,
        sleep: Callable[[float], None] = time.sleep,
        pauses: tuple[float, ...] = PAUSES,
    ) -> None:
        require("requests", requests)
        if timeout <= 0:
            raise ClassicError("timeout must be more than 0", code="invalid", next_step="correct the option timeout")
        http_headers.check_value("session token", token)
        http_headers.check_value("authorization for the proxy", proxy_authorization)
        self.url = check_url(url).rstrip("/")
        self.token = token
        self.ca_path = ca_path
        self.timeout = timeout
        self.proxy_authorization = proxy_authorization
        self.date: datetime | None = None
        self.version: str | None = None
        self._sleep = sleep
        self._pauses = pauses
        self._verify = tls.authorities(ca_path)
        if ca_path:
            # An unreadable file shows here, and not as a lost connection later.
            tls.context(ca_path)
        self._session = session or requests.Session()
        # An own (idle) auth keeps requests from putting a netrc entry into the Authorization header.
        self._session.auth = lambda prepared: prepared

    @property
    def origin(self) -> str:
        """Scheme, host and port of the base URL: where WebSockets and satellite keys live, whatever the path prefix."""
        return origin_of(self.url)

    def get(self, path: str) -> Any:
        """The JSON of a 2xx answer."""
        response = self._read(path)
        self._demand_success("GET", path, response)
        return self._json("GET", path, response)

    def get_header(self, path: str, name: str) -> str | None:
        """A header of the answer, whatever its body; only an answer of a proxy (3xx, 5xx) without it is an error."""
        response = self._read(path)
        value = response.headers.get(name)
        if value is None and (300 <= response.status_code < 400 or response.status_code >= 500):
            self._demand_success("GET", path, response)
        return value

    def look(self, path: str) -> Any:
        """The bare answer to one read, whatever its status; not repeated."""
        return self._once("GET", path)

    def send(self, verb: str, path: str, body: Any = None) -> Any:
        """A write: sent once. The answer's JSON, or None where the 2xx answer has no JSON."""
        response = self._once(verb, path, body)
        self._demand_success(verb, path, response)
        kind = response.headers.get("Content-Type", "").lower()
        # A login page with status 200 means that Coder never saw the request.
        if "json" in kind and response.content or "html" in kind:
            return self._json(verb, path, response)
        return None

    def scrub(self, text: str) -> str:
        """The text without the secrets of this transport."""
        for secret in (self.token, self.proxy_authorization):
            if secret:
                text = text.replace(secret, "***")
        return text

    def _read(self, path: str) -> Any:
        for pause in self._pauses:
            try:
                response = self._once("GET", path)
            except ClassicError as error:
                if error.code != "unreachable":
                    raise
                self._sleep(pause)
                continue
            if response.status_code not in RETRIED_STATUS:
                return response
            self._sleep(
                min(LONGEST_PAUSE, max(pause, http_headers.seconds_to_wait(response.headers.get("Retry-After"))))
            )
        return self._once("GET", path)

    def _once(self, verb: str, path: str, body: Any = None) -> Any:
        headers = {"Accept": "application/json"}
        if self.token:
            headers["Session-Token"] = self.token
        if self.proxy_authorization:
            headers["Authorization"] = self.proxy_authorization

        def request() -> Any:
            return self._session.request(
                verb,
                self.url + path,
                headers=headers,
                json=body,
                timeout=self.timeout,
                verify=self._verify,
                allow_redirects=False,
            )

        try:
            response = within(self.timeout, request)
        except (requests.exceptions.RequestException, TimeoutError) as error:
            raise self._no_answer(verb, path, error) from None
        self.date = http_headers.date(response.headers.get("Date")) or self.date
        self.version = response.headers.get(VERSION) or self.version
        return response

    def _no_answer(self, verb: str, path: str, error: Exception) -> ClassicError:
        where = f"{verb} {self.url}{path}"
        certificate = tls.code_of(error)
        if certificate:
            return tls.refusal(certificate, where, "nothing was sent")
        late = isinstance(error, (requests.exceptions.Timeout, TimeoutError))
        return ClassicError(
            f"No answer within {self.timeout} seconds" if late else "No connection, or it was lost",
            code="timeout" if late else "unreachable",
            where=where,
            why=said.why_late(error) if late else self.scrub(said.innermost(error)),
            untouched="this was a read: nothing was changed" if verb == "GET" else _UNCLEAR,
            next_step=_NEXT["timeout" if late and not said.unconnected(error) else "unreachable"],
        )

    def _demand_success(self, verb: str, path: str, response: Any) -> None:
        status = response.status_code
        if 200 <= status < 300:
            return
        code = _CODE.get(status) or ("redirected" if status < 400 else "server_error" if status >= 500 else "refused")
        of_coder = said.coder_error(response)
        why = of_coder.get("msg") or said.others_words(response) or "the answer has no text"
        if code == "redirected":
            why = f"it points to {without_query(response.headers.get('Location', ''))}"
        unclear = verb != "GET" and code == "server_error"
        raise ClassicError(
            f"Coder answered {status} {response.reason or ''}".rstrip(),
            code=code,
            where=f"{verb} {self.url}{path}",
            why=self.scrub(why),
            untouched=_UNCLEAR if unclear else "this request changed nothing",
            next_step=_NEXT[code],
            status=status,
            details={key: self.scrub(str(value)) for key, value in of_coder.items()} or None,
        )

    def _json(self, verb: str, path: str, response: Any) -> Any:
        try:
            return response.json()
        except ValueError:
            kind = response.headers.get("Content-Type", "no content type")
            # What calls itself JSON may be Coder's own answer, cut short: until 1.26 there are secrets in those.
            words = f"{len(response.content)} bytes" if "json" in kind.lower() else said.first_words(response.text)
            raise ClassicError(
                "The answer is not JSON, so it is not Coder's",
                code="not_json",
                where=f"{verb} {self.url}{path}",
                why=self.scrub(f"status {response.status_code}, {kind}: {words}"),
                untouched="this was a read: nothing was changed" if verb == "GET" else _UNCLEAR,
                next_step=_NEXT["not_json"],
                status=response.status_code,
            ) from None
