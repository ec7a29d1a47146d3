# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from unit.plugins.module_utils._kubernetes.fake_cluster import FakeCluster

from ansible_collections.coder.classic.plugins.module_utils._coder import satellite_secret
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

KEY = ec.generate_private_key(ec.SECP256R1())
PRIVATE = KEY.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
PUBLIC = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def secret(data) -> dict:
    metadata = {"name": "coder-replica-private-key", "namespace": "satellite"}
    return {"kind": "Secret", "metadata": metadata, "data": data}


def test_the_public_key_is_derived() -> None:
    cluster = FakeCluster([secret({"privateKey": base64.b64encode(PRIVATE).decode()})])
    assert satellite_secret.satellite_public_key(cluster, "satellite").strip() == PUBLIC.decode().strip()


@pytest.mark.parametrize("objects", [[], [secret(None)], [secret({"other": "eA=="})]])
def test_no_key_yet(objects) -> None:
    assert satellite_secret.satellite_public_key(FakeCluster(objects), "satellite") is None


@pytest.mark.parametrize("content", [b"nonsense", b"\xff\xfe\x00"])
def test_what_is_no_key_is_refused(content: bytes) -> None:
    cluster = FakeCluster([secret({"privateKey": base64.b64encode(content).decode()})])
    with pytest.raises(ClassicError) as caught:
        satellite_secret.satellite_public_key(cluster, "satellite")
    assert caught.value.code == "invalid"
