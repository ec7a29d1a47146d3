# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A certificate with its key, as a Secret of type kubernetes.io/tls holds it: whether it can serve a host. Pure but for a file that
is gone at once. Private to this collection.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import certificates
from ansible_collections.coder.classic.plugins.module_utils._coder.libraries import require
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import tls_material

try:
    from cryptography import x509
except ImportError:
    x509 = None  # type: ignore[assignment]

CERTIFICATE, KEY = "tls.crt", "tls.key"
FAULTS = {
    tls_material.OTHER_KEY: "its key is one of another certificate",
    tls_material.UNREADABLE: "it holds no certificate with its key in PEM",
}


def problems(secret: Mapping[str, Any], host: str | None, now: datetime) -> list[str]:
    """What keeps the Secret's certificate from serving the host, ``*.example.com`` for all below it; nothing of its content.

    host None: whatever its names. Raises ClassicError where the library cryptography is missing.
    """
    require("cryptography", x509)
    try:
        pair = [
            base64.b64decode((secret.get("data") or {}).get(key) or "", validate=True) for key in (CERTIFICATE, KEY)
        ]
    except binascii.Error:
        return ["its data is no base64"]
    lacking = [key for key, content in zip((CERTIFICATE, KEY), pair, strict=True) if not content.strip()]
    if lacking:
        return [f"it has no {' and no '.join(lacking)}"]
    if fault := tls_material.pair_fault(*pair):
        return [FAULTS[fault]]
    try:
        certificate = x509.load_pem_x509_certificate(pair[0])
    except ValueError:
        return [FAULTS[tls_material.UNREADABLE]]
    return [*_times(certificate, now), *_names(certificate, host)]


def _times(certificate: Any, now: datetime) -> list[str]:
    begins, ends = tls_material.valid_times(certificate)
    if now > ends:
        return [f"it expired at {ends:%Y-%m-%dT%H:%M:%SZ}"]
    return [f"it is valid from {begins:%Y-%m-%dT%H:%M:%SZ} on only"] if now < begins else []


def _names(certificate: Any, host: str | None) -> list[str]:
    found = certificates.names(certificate)
    if host is None or certificates.covers(found, host):
        return []
    return [f"it is for {', '.join(found) or 'no host'}, not for {host}"]
