# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whom to trust over TLS, and what a failed handshake means. Private to this collection."""

from __future__ import annotations

import os
import ssl

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

# OpenSSL's X509_V_ERR_* numbers, as ssl.SSLCertVerificationError.verify_code has them.
_EXPIRED = {9, 10}
_OTHER_NAME = {62, 64}

_MEANING = {
    "tls_expired": (
        "the certificate is outside the time it is valid for",
        "renew the certificate, or set this machine's clock, then run again",
    ),
    "tls_name": (
        "the certificate is for other names than the host of this URL",
        "correct the URL, its DNS record, or the names in the certificate, then run again",
    ),
    "tls_untrusted": (
        "the certificate comes from an authority that is not trusted here",
        "give the authority's certificate as a PEM file in the ca_path option that belongs to this URL",
    ),
}


def authorities(ca_path: str | None) -> str | bool:
    """File or folder of trusted certificates, for requests: the given one, else the system's (not certifi's)."""
    if ca_path and not os.path.exists(ca_path):
        raise ClassicError(
            f"The file with certificates {ca_path} does not exist",
            code="invalid",
            untouched="nothing was read or changed",
            next_step="correct the ca_path option",
        )
    system = ssl.get_default_verify_paths()
    return ca_path or os.environ.get("REQUESTS_CA_BUNDLE") or system.cafile or system.capath or True


def context(ca_path: str | None) -> ssl.SSLContext:
    """A verifying TLS context with the same trust as authorities()."""
    trusted = authorities(ca_path)
    try:
        if trusted is True:
            return ssl.create_default_context()
        if os.path.isdir(trusted):
            return ssl.create_default_context(capath=trusted)
        return ssl.create_default_context(cafile=trusted)
    except (ssl.SSLError, OSError) as error:
        raise ClassicError(
            f"No certificates can be read from {trusted}",
            code="invalid",
            why=str(error),
            untouched="nothing was read or changed",
            next_step="give a file with certificates in PEM in the ca_path option",
        ) from error


def code_of(error: BaseException) -> str | None:
    """``tls_expired``, ``tls_name`` or ``tls_untrusted`` when a refused certificate is behind the error, else None."""
    refused = _refused_certificate(error, set())
    if refused is None:
        return None
    if refused.verify_code in _EXPIRED:
        return "tls_expired"
    return "tls_name" if refused.verify_code in _OTHER_NAME else "tls_untrusted"


def refusal(code: str, where: str, untouched: str) -> ClassicError:
    """The error for one of the codes of code_of()."""
    meaning, remedy = _MEANING[code]
    return ClassicError(
        "The server's certificate is refused",
        code=code,
        where=where,
        why=meaning,
        untouched=untouched,
        next_step=remedy,
    )


def _refused_certificate(error: object, seen: set[int]) -> ssl.SSLCertVerificationError | None:
    # requests and urllib3 each wrap the error of the layer below, as an argument, a reason or a cause.
    if not isinstance(error, BaseException) or id(error) in seen:
        return None
    seen.add(id(error))
    if isinstance(error, ssl.SSLCertVerificationError):
        return error
    inner = [*error.args, getattr(error, "reason", None), error.__cause__, error.__context__]
    return next(filter(None, (_refused_certificate(candidate, seen) for candidate in inner)), None)
