# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates and keys of an access, checked before they are used. Private to this collection."""

from __future__ import annotations

import base64
import re
import ssl
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._kubernetes.kubeconfig_entry import Entry, content, refusal

try:
    from cryptography import x509
except ImportError:
    x509 = None  # type: ignore[assignment]

CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
UNREADABLE = "It is no certificate with its key, in PEM."
OTHER_KEY = "Its key is one of another certificate."


def authority(cluster: Entry) -> str | None:
    """The authority of the API server's certificate, as base64 of PEM."""
    found = content(cluster, "certificate-authority")
    if found is None:
        return None
    blocks = CERTIFICATE.findall(found)
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=b"\n".join(blocks).decode())
    except (ssl.SSLError, ValueError):
        raise refusal(cluster, "certificate-authority", "It holds no certificate in PEM.") from None
    return base64.b64encode(b"\n".join(blocks) + b"\n").decode()


def client_certificate(user: Entry) -> dict[str, str]:
    """The fields client-certificate-data and client-key-data, or none. Raises ClassicError ``invalid``."""
    certificate, key = content(user, "client-certificate"), content(user, "client-key")
    if not certificate and not key:
        return {}
    if not certificate or not key:
        field = "client-key" if certificate else "client-certificate"
        raise refusal(user, field, "It is missing or empty, and its counterpart is there.")
    check(user, "client-certificate", certificate, key)
    return fields(certificate, key)


def fields(certificate: bytes, key: bytes) -> dict[str, str]:
    return {
        "client-certificate-data": base64.b64encode(certificate).decode(),
        "client-key-data": base64.b64encode(key).decode(),
    }


def check(user: Entry, field: str, certificate: bytes, key: bytes) -> None:
    """Raises ClassicError ``invalid``: no PEM, an encrypted or another key, or outside of its time."""
    if b"ENCRYPTED" in key:
        raise refusal(user, "client-key", "It is encrypted, and nobody is asked for its password here.")
    if unlike := pair_fault(certificate, key):
        raise refusal(user, field, unlike)
    valid = _validity(certificate)
    now = datetime.now(UTC)
    if valid and now > valid[1]:
        raise refusal(user, field, f"It expired at {valid[1]:%Y-%m-%dT%H:%M:%SZ}.", "Renew it, then run again.")
    if valid and now < valid[0]:
        raise refusal(user, field, f"It is valid from {valid[0]:%Y-%m-%dT%H:%M:%SZ} on only; see this machine's clock.")


def pair_fault(certificate: bytes, key: bytes) -> str | None:
    """OTHER_KEY, UNREADABLE, or None for a certificate with its own key."""
    try:
        load_into(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), certificate, key)
    except (ssl.SSLError, ValueError) as error:
        return OTHER_KEY if getattr(error, "reason", None) == "KEY_VALUES_MISMATCH" else UNREADABLE
    return None


def load_into(context: ssl.SSLContext, certificate: bytes, key: bytes) -> None:
    """Python takes them from a file only: one (0600) that is gone at once. Raises ssl.SSLError, ValueError."""
    with tempfile.NamedTemporaryFile(prefix="coder-classic-") as file:
        file.write(certificate.rstrip() + b"\n" + key)
        file.flush()
        # Without a password the library would ask for one at the terminal.
        context.load_cert_chain(file.name, password="")


class _Shared(ssl.SSLContext):
    """For connections that are made at the same time. urllib3 says the protocols anew for each of them, and OpenSSL frees
    the former ones while another thread writes its greeting out of them: the server then refuses a greeting of garbage.
    """

    def __init__(self, _protocol: int) -> None:
        super().set_alpn_protocols(["http/1.1"])

    def set_alpn_protocols(self, alpn_protocols: Iterable[str]) -> None:
        """They were said once and for all."""


def context_of(cluster: dict[str, Any], user: dict[str, Any]) -> ssl.SSLContext:
    """What a complete kubeconfig's cluster and user say; as strict as kubectl, not stricter."""
    context = _Shared(ssl.PROTOCOL_TLS_CLIENT)
    # Python from 3.13 on may refuse an authority without key identifiers, or one that is not a root.
    context.verify_flags = (context.verify_flags | ssl.VERIFY_X509_PARTIAL_CHAIN) & ~ssl.VERIFY_X509_STRICT
    if cluster.get("insecure-skip-tls-verify"):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif "certificate-authority-data" in cluster:
        context.load_verify_locations(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
    else:
        context.load_default_certs()
    if "client-certificate-data" in user:
        load_into(context, base64.b64decode(user["client-certificate-data"]), base64.b64decode(user["client-key-data"]))
    return context


def _validity(certificate: bytes) -> tuple[datetime, datetime] | None:
    """(from, until); None where it cannot be told: then the API server does."""
    first = CERTIFICATE.search(certificate)
    if x509 is None or first is None:
        return None
    try:
        found = x509.load_pem_x509_certificate(first[0])
    except ValueError:
        return None
    return valid_times(found)


def valid_times(certificate: Any) -> tuple[datetime, datetime]:
    """(from, until)"""
    # The attributes with a zone came with cryptography 42.
    if hasattr(certificate, "not_valid_after_utc"):
        return certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return certificate.not_valid_before.replace(tzinfo=UTC), certificate.not_valid_after.replace(tzinfo=UTC)
