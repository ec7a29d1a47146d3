# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Coder's answers: errors with their body, JSON bodies, and what a load balancer says in Coder's place."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

BAD_GATEWAY = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><h1>502 Bad Gateway</h1></body>\r\n</html>"
)
#: Of a load balancer that has nobody to send users to.
NO_ENTRY = (
    "<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n"
    "<body><h1>503 Service Temporarily Unavailable</h1></body>\r\n</html>"
)
LOGIN_PAGE = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><form method=post></form></body></html>"
STATUS_CODES = {
    400: "bad_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    409: "conflict",
    502: "bad_gateway",
}


class Refused(Exception):
    """Ends a request with Coder's error body."""

    def __init__(self, status: int, msg: str, code: str | None = None, details: Any = None):
        super().__init__(msg)
        self.status, self.msg, self.details = status, msg, details
        self.code = code or STATUS_CODES.get(status, "internal_error")


class Dropped(Exception):
    """Ends a request without an answer: the connection is reset."""


def error(status: int, msg: str, code: str | None = None, details: Any = None, headers: dict | None = None):
    code = code or STATUS_CODES.get(status, "internal_error")
    body = {"error": {"msg": msg, "code": code, "details": details}}
    return web.json_response(body, status=status, headers=headers)


def html(status: int, text: str) -> web.Response:
    return web.Response(status=status, text=text, content_type="text/html")


async def json_object(request: web.Request) -> dict:
    """The request's body. Refused (400) when it is not a JSON object."""
    try:
        body = json.loads(await request.text() or "{}")
    except ValueError as failure:
        raise Refused(400, "Invalid JSON body.", details=str(failure)) from failure
    if not isinstance(body, dict):
        raise Refused(400, "Invalid JSON body.", details="not an object")
    return body
