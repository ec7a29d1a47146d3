# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64

import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from unit.plugins.fake_coder import TOKEN, URL, Call

from ansible_collections.coder.classic.plugins.module_utils._coder import satellite_identity
from ansible_collections.coder.classic.plugins.module_utils._coder.transport import Transport
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.modules import coder_satellite

SATELLITES = "/api/private/satellites"
SATELLITE_URL = "https://sydney.example.com"
LOST = requests.exceptions.ConnectionError("Connection aborted.", ConnectionResetError(104, "Connection reset by peer"))


def new_key():
    """(PEM, as served: base64 of DER)"""
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    der = base64.b64encode(public.public_bytes(serialization.Encoding.DER, form)).decode()
    return public.public_bytes(serialization.Encoding.PEM, form).decode(), der


PEM, SERVED = new_key()
_PRIMARY_PEM, PRIMARY = new_key()
VERSION = Call("GET", "/api", {}, headers={"coder-version": "1.21.7"})
SATELLITE_KEY = Call("GET", f"{SATELLITE_URL}{SATELLITES}/key", {"key": SERVED, "fingerprint": "f1"})
PRIMARY_KEY = Call("GET", f"{SATELLITES}/key", {"key": PRIMARY, "fingerprint": "f0"})
PROOF = [VERSION, SATELLITE_KEY, PRIMARY_KEY]
ROW = {"id": "s1", "name": "sydney", "fingerprint": "f1"}
WANTED = {"name": "sydney", "satellite_url": SATELLITE_URL, "public_key": PEM}


def listed(*rows):
    return Call("GET", SATELLITES, {"data": list(rows)})


def created(**options):
    sent = {"name": "sydney", "public_key": SERVED}
    return Call("POST", SATELLITES, {"data": ROW}, sent=sent, **options)


def test_a_proved_key_is_registered_and_read_back(run_module):
    calls = [*PROOF, listed(), created(status=201), listed(ROW)]
    result = run_module(coder_satellite, calls, **WANTED)
    assert result["changed"] is True
    assert result["satellite"] == ROW
    assert (result["diff"]["before"], result["diff"]["after"]) == ({}, ROW)


def test_no_session_token_reaches_a_key_endpoint(run_module):
    result = run_module(
        coder_satellite,
        [*PROOF, listed(ROW)],
        satellite_authorization="Basic satellite",
        proxy_authorization="Basic primary",
        **WANTED,
    )
    headers = [request["headers"] for request in result["requests"]]
    assert [sent.get("Session-Token") for sent in headers] == [TOKEN, None, None, TOKEN]
    assert [sent["Authorization"] for sent in headers[1:3]] == ["Basic satellite", "Basic primary"]


def test_what_is_registered_stays(run_module):
    result = run_module(coder_satellite, [*PROOF, listed(ROW)], **WANTED)
    assert result["changed"] is False
    assert result["satellite"] == ROW


@pytest.mark.parametrize(
    "identity", [{"expected_fingerprint": " f1\n"}, {"trust_on_first_use": True}, {"public_key": SERVED}]
)
def test_other_ways_of_proof(run_module, identity):
    wanted = {"name": "sydney", "satellite_url": SATELLITE_URL, **identity}
    assert run_module(coder_satellite, [*PROOF, listed(ROW)], **wanted)["changed"] is False


@pytest.mark.parametrize(
    ("identity", "text"),
    [
        ({"expected_fingerprint": "f2"}, "its fingerprint is f1, expected was f2"),
        ({"public_key": new_key()[0]}, "another key than the one in its cluster"),
    ],
)
def test_a_foreign_key_is_not_registered(run_module, identity, text):
    wanted = {"name": "sydney", "satellite_url": SATELLITE_URL, **identity}
    result = run_module(coder_satellite, PROOF, **wanted)
    assert result["failure"]["code"] == "key_mismatch"
    assert text in result["msg"]


def test_the_main_deployment_is_not_a_satellite(run_module):
    wrong = Call("GET", f"{SATELLITE_URL}{SATELLITES}/key", {"key": PRIMARY, "fingerprint": "f0"})
    result = run_module(coder_satellite, [VERSION, wrong, PRIMARY_KEY], **WANTED)
    assert result["failure"]["code"] == "key_mismatch"
    assert "leads to the main deployment" in result["msg"]


@pytest.mark.parametrize(
    "without", [{"status": 404}, {"text": "<html></html>", "headers": {"Content-Type": "text/html"}}]
)
def test_a_main_deployment_without_a_key_is_fine(run_module, without):
    calls = [VERSION, SATELLITE_KEY, Call("GET", f"{SATELLITES}/key", **without), listed(ROW)]
    assert run_module(coder_satellite, calls, **WANTED)["changed"] is False


def test_a_login_page_in_place_of_the_satellite_is_an_error_at_once(run_module):
    page = Call("GET", f"{SATELLITE_URL}{SATELLITES}/key", text="<html>", headers={"Content-Type": "text/html"})
    result = run_module(coder_satellite, [VERSION, page], served_timeout=60, **WANTED)
    assert result["failure"]["code"] == "not_json"


def test_check_mode_before_the_satellite_is_there(run_module, monkeypatch):
    gone = Call("GET", f"{SATELLITE_URL}{SATELLITES}/key", status=404)
    wanted = {**WANTED, "public_key": ""}
    result = run_module(coder_satellite, [VERSION, gone, listed()], check_mode=True, served_timeout=60, **wanted)
    assert result["changed"] is True
    assert result["diff"]["after"] == {
        "name": "sydney",
        "fingerprint": "unknown until the satellite serves it",
    }


def test_check_mode_registers_nothing(run_module):
    result = run_module(coder_satellite, [*PROOF, listed()], check_mode=True, **WANTED)
    assert result["changed"] is True
    assert result["satellite"] == {"name": "sydney", "fingerprint": "f1"}


def test_a_satellite_that_is_not_there_is_an_error(run_module):
    gone = Call("GET", f"{SATELLITE_URL}{SATELLITES}/key", status=404)
    result = run_module(coder_satellite, [VERSION, gone], **WANTED)
    assert result["failure"]["code"] == "not_found"


def test_an_empty_proof_proves_nothing(run_module):
    result = run_module(coder_satellite, PROOF, **{**WANTED, "public_key": ""})
    assert result["failure"]["code"] == "invalid"
    assert "nothing to prove" in result["msg"]


OTHER_KEY = {**ROW, "fingerprint": "f9"}


def test_a_changed_key_is_an_error(run_module):
    result = run_module(coder_satellite, [*PROOF, listed(OTHER_KEY)], **WANTED)
    assert result["failure"]["code"] == "key_mismatch"
    assert result["failure"]["details"] == {"registered": "f9", "served": "f1"}
    assert "replace_changed_key" in result["failure"]["next"]


def test_a_changed_key_is_replaced_with_consent(run_module):
    deleted = Call("DELETE", SATELLITES + "/s1", {})
    calls = [*PROOF, listed(OTHER_KEY), deleted, created(), listed({**ROW, "id": "s2"})]
    result = run_module(coder_satellite, calls, replace_changed_key=True, **WANTED)
    assert result["satellite"]["id"] == "s2"
    assert result["diff"]["before"] == OTHER_KEY


def test_a_replacement_that_fails_in_the_middle_says_that_the_old_one_is_gone(run_module):
    said = {"error": {"msg": "not now"}}
    calls = [*PROOF, listed(OTHER_KEY), Call("DELETE", SATELLITES + "/s1", {})]
    calls += [Call("POST", SATELLITES, said, sent={"name": "sydney", "public_key": SERVED}, status=400)]
    failure = run_module(coder_satellite, calls, replace_changed_key=True, **WANTED)["failure"]
    assert (failure["code"], failure["why"]) == ("refused", "not now")
    assert "its old registration (f9) is deleted" in failure["untouched"]


def test_a_key_under_another_name_is_refused(run_module):
    result = run_module(coder_satellite, [*PROOF, listed({**ROW, "name": "perth"})], **WANTED)
    assert result["failure"]["code"] == "refused"
    assert "already registered as 'perth'" in result["msg"]


@pytest.mark.parametrize(("rows", "code"), [([ROW], None), ([], "unreachable"), ([OTHER_KEY], "verify_failed")])
def test_a_lost_answer_is_settled_by_reading(run_module, rows, code):
    result = run_module(coder_satellite, [*PROOF, listed(), created(raises=LOST), listed(*rows)], **WANTED)
    assert result.get("failure", {}).get("code") == code


def test_a_registration_that_cannot_be_read_back_is_not_said_to_be_nothing(run_module):
    unread = Call("GET", SATELLITES, status=500)
    failure = run_module(coder_satellite, [*PROOF, listed(), created(), unread], **WANTED)["failure"]
    assert failure["untouched"].startswith("not known: the registration of 'sydney'")


def test_an_ignored_registration_is_an_error(run_module):
    result = run_module(coder_satellite, [*PROOF, listed(), created(), listed()], **WANTED)
    assert result["failure"]["code"] == "verify_failed"


def test_deregistration(run_module):
    calls = [VERSION, listed(ROW), Call("DELETE", SATELLITES + "/s1", {})]
    result = run_module(coder_satellite, calls, name="sydney", state="absent")
    assert result["changed"] is True
    assert "satellite" not in result


def test_deregistration_of_what_is_gone_and_in_check_mode(run_module):
    absent = {"name": "sydney", "state": "absent"}
    assert run_module(coder_satellite, [VERSION, listed()], **absent)["changed"] is False
    assert run_module(coder_satellite, [VERSION, listed(ROW)], check_mode=True, **absent)["changed"] is True


@pytest.mark.parametrize(("rows", "failed"), [([], False), ([ROW], True)])
def test_a_lost_deregistration_is_settled_by_reading(run_module, rows, failed):
    calls = [VERSION, listed(ROW), Call("DELETE", SATELLITES + "/s1", raises=LOST), listed(*rows)]
    assert run_module(coder_satellite, calls, name="sydney", state="absent").get("failed", False) is failed


def test_a_version_without_satellites_is_asked_for_none(run_module):
    old = Call("GET", "/api", {}, headers={"coder-version": "1.20.4"})
    result = run_module(coder_satellite, [old], **WANTED)
    assert result["failure"]["code"] == "unsupported_version"


def test_one_proof_is_needed_and_only_one(run_module):
    wanted = {"name": "sydney", "satellite_url": SATELLITE_URL}
    assert "public_key" in run_module(coder_satellite, [], **wanted)["msg"]
    both = {"public_key": PEM, "expected_fingerprint": "f1"}
    assert "mutually exclusive" in run_module(coder_satellite, [], **wanted, **both)["msg"]


def test_a_satellite_on_its_way_is_awaited():
    """Two seconds pass per attempt; the third one is answered."""
    now = [0.0]
    attempts = []

    def fetch(url, **options):
        if url == URL:
            return {"key": PRIMARY, "fingerprint": "f0"}
        attempts.append(now[0])
        if len(attempts) < 3:
            raise ClassicError("no connection", code="unreachable")
        return {"key": SERVED, "fingerprint": "f1"}

    def sleep(seconds):
        now[0] += seconds

    params = {
        "satellite_url": SATELLITE_URL,
        "public_key": PEM,
        "expected_fingerprint": None,
        "trust_on_first_use": None,
        "served_timeout": 5,
        "timeout": 10,
        "satellite_ca_path": None,
        "satellite_authorization": None,
    }
    tools = {"fetch": fetch, "sleep": sleep, "clock": lambda: now[0]}
    served = satellite_identity.proved_key(Transport(URL, TOKEN), params, False, **tools)
    assert served["fingerprint"] == "f1"
    assert attempts == [0.0, 2.0, 4.0]
    attempts.clear()
    with pytest.raises(ClassicError) as caught:
        satellite_identity.proved_key(Transport(URL, TOKEN), {**params, "served_timeout": 1}, False, **tools)
    assert caught.value.code == "unreachable"
    assert len(attempts) == 1
