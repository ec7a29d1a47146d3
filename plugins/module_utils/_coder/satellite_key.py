# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A satellite's key: fetched from its URL, derived from its private key, compared. Private to this collection."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder.libraries import require
from ansible_collections.coder.classic.plugins.module_utils._coder.transport import Transport
from ansible_collections.coder.classic.plugins.module_utils._coder.urls import origin_of
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

try:
    from cryptography.hazmat.primitives import serialization
except ImportError:
    serialization = None

PATH = "/api/private/satellites/key"


def fetch_key(
    url: str,
    *,
    ca_path: str | None = None,
    timeout: float = 10,
    authorization: str | None = None,
    session: Any = None,
) -> dict[str, Any]:
    """``{"key", "fingerprint", "version"}`` as served at the URL's host; a path of the URL is replaced, as Coder's CLI does.

    version is None where the answer does not tell it. No session token is sent, no redirect followed, JSON demanded.
    ClassicError codes: ``not_json`` (a login page, or JSON without a key), ``redirected``, ``tls_*``, ``unreachable``,
    ``timeout``, or as the HTTP status says.
    """
    origin = origin_of(url)
    # One repetition only: who waits for a satellite to come up calls again anyway.
    host = Transport(
        origin, ca_path=ca_path, timeout=timeout, proxy_authorization=authorization, session=session, pauses=(0.2,)
    )
    answer = host.get(PATH)
    served = {field: answer.get(field) for field in ("key", "fingerprint")} if isinstance(answer, dict) else {}
    if not served or not all(isinstance(value, str) and value for value in served.values()):
        raise ClassicError(
            "The answer holds no key and fingerprint, so it is not a satellite's",
            code="not_json",
            where=f"GET {origin}{PATH}",
            untouched="this was a read: nothing was changed",
            next_step="check that the URL is the satellite's own and that Coder runs there in satellite mode",
        )
    return {**served, "version": host.version}


def public_key_of(private_key_pem: str) -> str:
    """The public half, PEM SubjectPublicKeyInfo. Raises ClassicError (``invalid``) that shows nothing of the input."""
    require("cryptography", serialization)
    try:
        private = serialization.load_pem_private_key(private_key_pem.encode(), password=None)
    except (ValueError, TypeError):
        raise ClassicError(
            "The satellite's private key cannot be read",
            code="invalid",
            why="it is not an unencrypted private key in PEM",
            untouched="nothing was changed",
            next_step="restore the Secret from its backup, or let the chart make a new one and register it anew",
        ) from None
    return (
        private.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def same_public_key(a: str, b: str) -> bool:
    """Whether two public keys, each PEM or base64 of DER, are one. ClassicError (``invalid``) for an unreadable one."""
    return _der(a) == _der(b)


def _der(text: str) -> bytes:
    require("cryptography", serialization)
    try:
        if "-----BEGIN" in text:
            key = serialization.load_pem_public_key(text.strip().encode())
        else:
            key = serialization.load_der_public_key(base64.b64decode("".join(text.split()), validate=True))
    except (ValueError, TypeError, binascii.Error):
        raise ClassicError(
            "A public key cannot be read",
            code="invalid",
            why="it is neither PEM nor base64 of DER (SubjectPublicKeyInfo)",
            untouched="nothing was changed",
            next_step="check that the URL is the satellite's own, and the public key that was given",
        ) from None
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
