# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""ECDSA keys of the primary and the satellites."""

from __future__ import annotations

import hashlib

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

SUBJECT_PUBLIC_KEY_INFO = serialization.PublicFormat.SubjectPublicKeyInfo


def new_private_key() -> str:
    return (
        ec.generate_private_key(ec.SECP256R1())
        .private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
        .decode()
    )


def public_key(private_pem: str) -> str:
    """PEM of the public part. ValueError if it is no key."""
    key = serialization.load_pem_private_key(private_pem.encode(), password=None)
    return key.public_key().public_bytes(serialization.Encoding.PEM, SUBJECT_PUBLIC_KEY_INFO).decode()


def fingerprint(public_pem: str) -> str:
    """The product's own computation is not public; this one only has to be the same everywhere. ValueError if no key."""
    key = serialization.load_pem_public_key(public_pem.encode())
    digest = hashlib.sha256(key.public_bytes(serialization.Encoding.DER, SUBJECT_PUBLIC_KEY_INFO)).hexdigest()
    return ":".join(digest[i : i + 2] for i in range(0, len(digest), 2))


def served(private_pem: str) -> dict[str, str]:
    """What the key endpoint answers."""
    public = public_key(private_pem)
    return {"key": public, "fingerprint": fingerprint(public)}
