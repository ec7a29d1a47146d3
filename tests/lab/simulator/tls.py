# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's CA, a certificate per listener, and the bad certificates of the faults."""

from __future__ import annotations

import os
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme

LOOPBACK = ("127.0.0.1", "localhost")


class Certificates:
    """One server context per listener; swapping its certificate meets new connections only."""

    def __init__(self, folder: Path, ca_path: Path):
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._ca = open_ca(folder)
        self._ca.cert_pem.write_to_path(str(ca_path))
        self._contexts: dict[str, ssl.SSLContext] = {}

    def context(self, listener: str, names: list[str]) -> ssl.SSLContext:
        """Kept on disk and used again at the next start, so that a client may pin it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._contexts[listener] = context
        if not self._file(listener).exists():
            write_pair(self._ca.issue_cert(*LOOPBACK, *names), self._file(listener))
        context.load_cert_chain(self._file(listener))
        return context

    def spoil(self, listener: str, how: str) -> None:
        """``how``: expired, untrusted or wrong_name."""
        path = self._file(f"{listener}.{how}")
        if not path.exists():
            write_pair(self._bad(how), path)
        self._contexts[listener].load_cert_chain(path)

    def heal(self, listener: str) -> None:
        self._contexts[listener].load_cert_chain(self._file(listener))

    def listeners(self) -> list[str]:
        return list(self._contexts)

    def _bad(self, how: str) -> trustme.LeafCert:
        if how == "expired":
            start = datetime.now(UTC)
            return self._ca.issue_cert(
                *LOOPBACK, not_before=start - timedelta(days=30), not_after=start - timedelta(days=1)
            )
        if how == "untrusted":
            return trustme.CA(organization_name="Somebody else").issue_cert(*LOOPBACK)
        return self._ca.issue_cert("other.invalid")

    def _file(self, name: str) -> Path:
        return self._folder / f"{name.replace('/', '_')}.pem"


def open_ca(folder: Path) -> trustme.CA:
    certificate, key = folder / "ca.pem", folder / "ca.key"
    if certificate.exists() and key.exists():
        return trustme.CA.from_pem(certificate.read_bytes(), key.read_bytes())
    ca = trustme.CA(organization_name="Coder lab")
    _write_private(key, ca.private_key_pem.bytes())
    ca.cert_pem.write_to_path(str(certificate))
    return ca


def write_pair(leaf: trustme.LeafCert, path: Path) -> None:
    chain = b"".join(blob.bytes() for blob in leaf.cert_chain_pems)
    _write_private(path, leaf.private_key_pem.bytes() + chain)


def _write_private(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
