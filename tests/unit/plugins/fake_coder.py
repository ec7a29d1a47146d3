# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A requests.Session that plays a written list of calls: an unexpected, different or left-over call fails the test."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from ansible_collections.coder.classic.plugins.module_utils._coder.api import Coder
from ansible_collections.coder.classic.plugins.module_utils._coder.transport import Transport

URL = "https://coder.example.com"
TOKEN = "session-token-of-the-test"
DATE = "Mon, 02 Mar 2026 12:00:00 GMT"


@dataclass
class Call:
    """One expected request and its answer. path stands for a path of URL; another host is written in full."""

    method: str
    path: str
    answer: Any = None
    sent: Any = None
    status: int = 200
    text: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    raises: Exception | None = None

    @property
    def url(self) -> str:
        return self.path if self.path.startswith("http") else URL + self.path


class FakeSession:
    """in_order false: for requests that are made at the same time."""

    def __init__(self, *calls: Call, in_order: bool = True) -> None:
        self.expected = list(calls)
        self.in_order = in_order
        self._lock = threading.Lock()
        self.seen: list[dict[str, Any]] = []
        self.auth = None

    def request(self, method: str, url: str, **options: Any) -> requests.Response:
        asked = (method, url, options["json"])
        with self._lock:
            assert self.expected, f"unexpected {method} {url}"
            at = 0
            if not self.in_order:
                at = [(call.method, call.url, call.sent) for call in self.expected].index(asked)
            call = self.expected.pop(at)
        assert asked == (call.method, call.url, call.sent)
        assert options["timeout"] and options["verify"] and options["allow_redirects"] is False
        self.seen.append({"method": method, "url": url, **options})
        if call.raises:
            raise call.raises
        return _response(call)

    def finish(self) -> None:
        assert not self.expected, f"never requested: {[(call.method, call.url) for call in self.expected]}"


def coder(session: FakeSession, sleep: Callable[[float], None] | None = None) -> Coder:
    def too_early(seconds: float) -> None:
        raise AssertionError(f"slept {seconds} s although nothing was to be repeated")

    return Coder(Transport(URL, TOKEN, session=session, sleep=sleep or too_early))


def _response(call: Call) -> requests.Response:
    response = requests.Response()
    response.status_code = call.status
    response.reason = {200: "OK", 401: "Unauthorized", 502: "Bad Gateway"}.get(call.status, "")
    response.headers.update({"Date": DATE, **call.headers})
    if call.text is not None:
        response._content = call.text.encode()
    else:
        response._content = b"" if call.answer is None else json.dumps(call.answer).encode()
        response.headers.setdefault("Content-Type", "application/json")
    return response
