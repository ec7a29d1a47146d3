# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates and WebSockets against a real server on this machine."""

from __future__ import annotations

import socket
import ssl
import time
from datetime import UTC, datetime, timedelta

import pytest
from unit.plugins.live_server import frame, http, upgraded

from ansible_collections.coder.classic.plugins.module_utils._coder.satellite_key import fetch_key
from ansible_collections.coder.classic.plugins.module_utils._coder.transport import Transport
from ansible_collections.coder.classic.plugins.module_utils._coder.websockets import build_log, log_tail, probe_connect
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

TOKEN = "secret-token"
WORKSPACE = "11111111-2222-3333-4444-555555555555"


def tls_server(serve, authority, names=("127.0.0.1",), **validity):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority[0].issue_cert(*names, **validity).configure_cert(context)
    return serve(lambda head: http(200, '{"key": "k", "fingerprint": "f"}'), context)


def test_a_trusted_certificate_is_accepted(serve, authority):
    server = tls_server(serve, authority)
    assert fetch_key(f"https://127.0.0.1:{server.port}", ca_path=authority[1]) == {
        "key": "k",
        "fingerprint": "f",
        "version": None,
    }


@pytest.mark.parametrize(
    ("code", "names", "days", "trusted"),
    [
        ("tls_untrusted", ("127.0.0.1",), 1, False),
        ("tls_name", ("other.example.com",), 1, True),
        ("tls_expired", ("127.0.0.1",), -1, True),
    ],
)
def test_a_refused_certificate_says_which_way(serve, authority, code, names, days, trusted):
    now = datetime.now(UTC)
    validity = {"not_before": now - timedelta(days=9), "not_after": now + timedelta(days=days)}
    server = tls_server(serve, authority, names, **validity)
    url = f"https://127.0.0.1:{server.port}"
    with pytest.raises(ClassicError) as caught:
        fetch_key(url, ca_path=authority[1] if trusted else None)
    assert caught.value.code == code
    assert caught.value.failure["where"].startswith(f"GET {url}")
    probed = probe_connect(url, WORKSPACE, TOKEN, ca_path=authority[1] if trusted else None)
    assert probed["reason"].startswith(code)
    assert (probed["reachable"], probed["status"]) == (False, None)


def test_a_closed_port_is_unreachable():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(ClassicError) as caught:
        Transport(f"http://127.0.0.1:{port}", TOKEN, pauses=()).get("/api")
    assert caught.value.code == "unreachable"
    assert "refused" in caught.value.why


def test_connecting_is_101_and_the_token_stays_in_the_query(serve):
    server = serve(upgraded)
    probed = probe_connect(f"http://127.0.0.1:{server.port}/prefix", WORKSPACE, TOKEN)
    assert (probed["reachable"], probed["status"]) == (True, 101)
    assert probed["milliseconds"] > 0
    assert TOKEN not in str(probed)
    first = server.heads[0].splitlines()[0]
    assert first == f"GET /api/private/envagent/{WORKSPACE}/connect?session_token={TOKEN} HTTP/1.1"
    assert "Session-Token" not in server.heads[0]


@pytest.mark.parametrize("status", [302, 401, 403, 404, 502])
def test_any_other_status_is_not_reachable(serve, status):
    server = serve(lambda head: http(status, f"you sent {head}", Location="http://127.0.0.1:1/"))
    probed = probe_connect(f"http://127.0.0.1:{server.port}", WORKSPACE, TOKEN)
    assert (probed["reachable"], probed["status"]) == (False, status)
    assert TOKEN not in str(probed)
    assert len(server.heads) == 1


def test_the_build_log_ends_with_done(serve):
    messages = [
        {"id": "1", "type": "start", "msg": "go", "time": "t", "workspace_id": WORKSPACE, "build_id": "b", "more": 1},
        {"id": "2", "type": "done", "msg": "ready"},
        {"id": "3", "type": "stage", "msg": "of another build"},
    ]
    server = serve(lambda head: upgraded(head, b"".join(map(frame, messages))))
    read = build_log(Transport(f"http://127.0.0.1:{server.port}", TOKEN), WORKSPACE, 5)
    assert [message["id"] for message in read] == ["1", "2"]
    assert "more" not in read[0]
    assert f"GET /api/private/workspaces/{WORKSPACE}/watch-update " in server.heads[0]
    assert f"Session-Token: {TOKEN}" in server.heads[0]


def test_the_build_log_ends_at_its_deadline_and_when_it_is_closed(serve):
    server = serve(lambda head: upgraded(head, frame({"id": "1", "type": "start", "msg": "go"})))
    begun = time.monotonic()
    read = build_log(Transport(f"http://127.0.0.1:{server.port}", TOKEN), WORKSPACE, 0.5)
    assert [message["id"] for message in read] == ["1"]
    assert time.monotonic() - begun < 2


def test_a_build_log_that_cannot_be_opened_is_an_error(serve):
    server = serve(lambda head: http(403, "{}"))
    with pytest.raises(ClassicError) as caught:
        build_log(Transport(f"http://127.0.0.1:{server.port}", TOKEN), WORKSPACE, 5)
    assert caught.value.status == 403
    assert TOKEN not in str(caught.value)


def test_the_tail_of_a_log_holds_the_last_error_and_no_token():
    messages = [{"type": "stage", "msg": f"step {number}"} for number in range(30)]
    messages += [{"type": "error", "msg": f"refused {TOKEN}"}]
    cause, lines = log_tail(Transport("http://127.0.0.1:1", TOKEN), WORKSPACE, lambda *_options: messages)
    assert cause == "refused ***"
    assert (lines[0], lines[-1], len(lines)) == ("stage: step 11", "error: refused ***", 20)
