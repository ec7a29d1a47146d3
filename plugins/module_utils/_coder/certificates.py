# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which hosts a certificate is for. Pure; private to this collection."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any

try:
    from cryptography import x509
except ImportError:
    x509 = None  # type: ignore[assignment]


def names(shown: Any) -> list[str]:
    """DNS names and addresses that an x509 certificate is for; the common name does not count any more."""
    try:
        found = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [*found.get_values_for_type(x509.DNSName), *map(str, found.get_values_for_type(x509.IPAddress))]


def covers(known: Sequence[str], host: str) -> bool:
    """Whether a certificate with these names is good for the host (or for ``*.host``); a wildcard covers one label."""
    wanted = host.lower().rstrip(".")
    lower = {name.lower() for name in known}
    if wanted in lower:
        return True
    return not _is_address(wanted) and not wanted.startswith("*.") and "*." + wanted.partition(".")[2] in lower


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
