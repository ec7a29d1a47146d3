# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an answer, or the lack of one, says in words. Pure. Private to this collection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

try:
    import requests
except ImportError:
    requests = None


def coder_error(response: Any) -> Mapping[str, Any]:
    """``{msg, code, details}`` as far as Coder gives them; empty for anything else, which is a proxy's."""
    try:
        error = response.json()["error"]
        return {key: error[key] for key in ("msg", "code", "details") if error.get(key)}
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}


def others_words(response: Any) -> str:
    """What a proxy or a gateway says, out of its JSON where it speaks that; empty where it says nothing."""
    try:
        answer = response.json()
    except ValueError:
        return first_words(response.text)
    if isinstance(answer, str):
        return first_words(answer)
    texts = [answer.get(key) for key in ("message", "msg", "error", "detail")] if isinstance(answer, dict) else []
    told = next((text for text in texts if isinstance(text, str) and text), None)
    return first_words(told) if told else "the answer is JSON, but without a message"


def first_words(text: str) -> str:
    return " ".join(text.split())[:200]


def unconnected(error: Exception) -> bool:
    return isinstance(error, requests.exceptions.ConnectTimeout)


def why_late(error: Exception) -> str:
    """Of a time-out, whose own text is none, or the library's."""
    if unconnected(error):
        return "no connection came about in that time: nobody is at this address, or something on the way is silent"
    return (
        "the answer did not come, or not as a whole, in that time: the server hangs or has too much to do, or something "
        "on the way holds it back"
    )


def innermost(error: BaseException) -> str:
    """The system's reason: the layers above it repeat the URL with its query."""
    inner = error
    while True:
        context = None if inner.__suppress_context__ else inner.__context__
        deeper = next(
            (
                candidate
                for candidate in (*inner.args, getattr(inner, "reason", None), inner.__cause__, context)
                if isinstance(candidate, BaseException) and candidate is not inner
            ),
            None,
        )
        if deeper is None:
            return f"{type(inner).__name__}: {inner}" if str(inner) else type(inner).__name__
        inner = deeper
