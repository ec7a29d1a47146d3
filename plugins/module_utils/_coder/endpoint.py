# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looking at an access URL from here: DNS, certificate, answer, WebSockets, latency. Reads only.

Private to this collection. What is broken is returned, not raised; no token is sent anywhere.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.coder.classic.plugins.module_utils._coder import certificates, times, tls
from ansible_collections.coder.classic.plugins.module_utils._coder.libraries import require
from ansible_collections.coder.classic.plugins.module_utils._coder.patience import within
from ansible_collections.coder.classic.plugins.module_utils._coder.transport import Transport
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import tls_material

try:
    from cryptography import x509
except ImportError:
    x509 = None


def addresses(host: str) -> list[str]:
    """The addresses of a host name, sorted; none if it does not resolve."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError):
        return []
    return sorted({entry[4][0] for entry in found})


def certificate(url: str, ca_path: str | None, timeout: float) -> dict[str, Any]:
    """``{names, issuer, not_after, days_left, chain_ok, refused}``, or ``{error}`` when there is no TLS to talk to.

    refused is the code of the refusal, whatever the names say: ``tls_untrusted``, ``tls_expired`` or None.
    """
    require("cryptography", x509)
    anyone = ssl.create_default_context()
    anyone.check_hostname = False
    anyone.verify_mode = ssl.CERT_NONE
    trusting = tls.context(ca_path)
    trusting.check_hostname = False
    try:
        shown = x509.load_der_x509_certificate(within(timeout, lambda: _handshake(url, anyone, timeout)))
    except (OSError, ValueError) as error:
        return {"error": f"{type(error).__name__}: {error}"}
    refused = None
    try:
        within(timeout, lambda: _handshake(url, trusting, timeout))
    except OSError as error:
        refused = tls.code_of(error)
        if refused is None:
            return {"error": f"{type(error).__name__}: {error}"}
    _begin, end = tls_material.valid_times(shown)
    return {
        "names": certificates.names(shown),
        "issuer": shown.issuer.rfc4514_string(),
        "not_after": times.rfc3339(end),
        "days_left": (end - datetime.now(UTC)).days,
        "chain_ok": refused is None,
        "refused": refused,
    }


def answer(transport: Transport) -> dict[str, Any]:
    """``{status, coder_version}`` of GET /api, or ``{error, code}``."""
    try:
        response = transport.look("/api")
    except ClassicError as error:
        return {"error": f"{error.what}: {error.why}", "code": error.code}
    return {"status": response.status_code, "coder_version": response.headers.get("coder-version")}


def latency(
    transport: Transport, samples: int, clock: Callable[[], float] = time.perf_counter
) -> dict[str, Any] | None:
    """``{samples, p50_ms, p95_ms}`` of so many further GET /api over the open connection; None if one fails."""
    taken = []
    try:
        for _sample in range(samples):
            begun = clock()
            transport.look("/api")
            taken.append((clock() - begun) * 1000)
    except ClassicError:
        return None
    return {"samples": samples, "p50_ms": percentile(taken, 50), "p95_ms": percentile(taken, 95)} if taken else None


def percentile(values: Sequence[float], percent: int) -> float:
    """Nearest rank: the smallest value that is not exceeded by so many percent of them."""
    ordered = sorted(values)
    return round(ordered[-(-len(ordered) * percent // 100) - 1], 1)


def _handshake(url: str, context: ssl.SSLContext, timeout: float) -> bytes:
    """The certificate. timeout: seconds of the caller's wait; a socket left behind by it ends a little later by itself."""
    parts = urlsplit(url)
    with (
        socket.create_connection((parts.hostname, parts.port or 443), timeout=2 * timeout) as connection,
        context.wrap_socket(connection, server_hostname=parts.hostname) as secured,
    ):
        return secured.getpeercert(binary_form=True) or b""
