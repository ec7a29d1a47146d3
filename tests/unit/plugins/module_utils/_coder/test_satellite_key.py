# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from unit.plugins.fake_coder import Call, FakeSession

from ansible_collections.coder.classic.plugins.module_utils._coder.satellite_key import (
    fetch_key,
    public_key_of,
    same_public_key,
)
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

SATELLITE = "https://sydney.example.com"
KEY_URL = SATELLITE + "/api/private/satellites/key"


def pair():
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    ).decode()
    return pem, private.public_key()


def test_no_session_token_is_sent_and_the_path_is_replaced():
    session = FakeSession(Call("GET", KEY_URL, {"key": "k", "fingerprint": "f", "more": 1}))
    served = fetch_key(SATELLITE + "/some/path", authorization="Basic abc", session=session)
    assert served == {"key": "k", "fingerprint": "f", "version": None}
    assert "Session-Token" not in session.seen[0]["headers"]
    assert session.seen[0]["headers"]["Authorization"] == "Basic abc"
    session.finish()


@pytest.mark.parametrize(
    "answer", [{}, [], {"key": "", "fingerprint": "f"}, {"key": "k"}, {"key": "k", "fingerprint": 5}]
)
def test_json_without_a_key_is_no_satellite(answer):
    with pytest.raises(ClassicError) as caught:
        fetch_key(SATELLITE, session=FakeSession(Call("GET", KEY_URL, answer)))
    assert caught.value.code == "not_json"


def test_a_login_page_and_a_redirect_are_told_apart():
    page = Call("GET", KEY_URL, text="<html></html>", headers={"Content-Type": "text/html"})
    away = Call("GET", KEY_URL, status=307, headers={"Location": "https://elsewhere.example.com/"})
    for call, code in ((page, "not_json"), (away, "redirected")):
        with pytest.raises(ClassicError) as caught:
            fetch_key(SATELLITE, session=FakeSession(call))
        assert caught.value.code == code


def test_the_public_key_is_derived_and_compared_as_der():
    private_pem, public = pair()
    derived = public_key_of(private_pem)
    served = base64.b64encode(
        public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    ).decode()
    assert derived.startswith("-----BEGIN PUBLIC KEY-----")
    assert same_public_key(derived, served)
    assert same_public_key(served, derived.replace("\n", "\r\n"))
    assert not same_public_key(public_key_of(pair()[0]), served)


@pytest.mark.parametrize("text", ["", "no key", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "AAAA"])
def test_an_unreadable_public_key_is_an_error(text):
    with pytest.raises(ClassicError) as caught:
        same_public_key(text, text)
    assert caught.value.code == "invalid"


def test_an_unreadable_private_key_is_not_shown():
    with pytest.raises(ClassicError) as caught:
        public_key_of("-----BEGIN EC PRIVATE KEY-----\nsecret\n-----END EC PRIVATE KEY-----")
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None
