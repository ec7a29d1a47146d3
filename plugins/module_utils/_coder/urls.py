# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a URL must be, and which part of it may be told. Private to this collection."""

from __future__ import annotations

from urllib.parse import urlsplit

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError


def check_url(url: str) -> str:
    """The URL itself; ClassicError (``invalid``) unless it is http(s) with a host and without user, query, fragment."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
        usable = usable and not parts.query and not parts.fragment
        # Reading the port checks it.
        usable = usable and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ClassicError(
            "The URL is not a usable http or https URL",
            code="invalid",
            where=without_query(url) if "@" not in url else None,
            why="it needs a scheme and a host, and neither user name nor query nor fragment",
            next_step="write it like https://coder.example.com",
        )
    return url


def origin_of(url: str) -> str:
    """Scheme, host and port of a checked URL."""
    parts = urlsplit(check_url(url))
    return f"{parts.scheme}://{parts.netloc}"


def without_query(url: str) -> str:
    """A query may hold secrets."""
    return url.split("?", 1)[0].split("#", 1)[0]
