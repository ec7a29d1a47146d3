# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime, timedelta

import pytest
from unit.plugins.fake_coder import Call, FakeSession
from unit.plugins.live_server import http, upgraded

from ansible_collections.coder.classic.plugins.module_utils._coder import certificates, endpoint
from ansible_collections.coder.classic.plugins.module_utils._coder.endpoint import (
    addresses,
    latency,
    percentile,
)
from ansible_collections.coder.classic.plugins.module_utils._coder.endpoint_findings import findings
from ansible_collections.coder.classic.plugins.module_utils._coder.transport import Transport
from ansible_collections.coder.classic.plugins.modules import coder_endpoint_info


@pytest.mark.parametrize(
    ("host", "covered"),
    [
        ("sydney.example.com", True),
        ("SYDNEY.example.com.", True),
        ("a.dev.example.com", True),
        ("a.b.dev.example.com", False),
        ("dev.example.com", False),
        ("*.dev.example.com", True),
        ("*.example.com", False),
        ("*.a.dev.example.com", False),
        ("10.0.0.1", True),
        ("10.0.0.2", False),
    ],
)
def test_what_a_certificate_covers(host, covered):
    assert certificates.covers(["Sydney.Example.com", "*.dev.example.com", "10.0.0.1", "*.0.0.2"], host) is covered


@pytest.mark.parametrize(
    ("values", "p50", "p95"), [([1.0], 1.0, 1.0), ([4, 1, 3, 2], 2, 4), (range(1, 101), 50, 95), ([5, 5.04], 5, 5.0)]
)
def test_percentiles_are_values_that_were_measured(values, p50, p95):
    assert (percentile(values, 50), percentile(values, 95)) == (p50, p95)


def test_latency_is_in_milliseconds():
    session = FakeSession(*[Call("GET", "/api", {})] * 2)
    times = iter([10.0, 10.010, 20.0, 20.030])
    measured = latency(Transport("https://coder.example.com", session=session), 2, clock=lambda: next(times))
    assert measured == {"samples": 2, "p50_ms": 10.0, "p95_ms": 30.0}
    session.finish()


def test_a_name_that_does_not_resolve_has_no_addresses():
    assert addresses("127.0.0.1") == ["127.0.0.1"]
    assert addresses("no-such-host.invalid") == []


WELL = {
    "dns": {
        "host": "h.example.com",
        "addresses": ["10.0.0.1"],
        "wildcard_host": "*.h.example.com",
        "wildcard_addresses": ["10.0.0.1"],
    },
    "tls": {
        "names": ["h.example.com", "*.h.example.com"],
        "issuer": "CN=ca",
        "not_after": "2026-05-01T00:00:00Z",
        "days_left": 60,
        "refused": None,
        "covers_host": True,
        "covers_wildcard": True,
    },
    "http": {"status": 200, "coder_version": "1.21.7"},
    "websocket": {"status": 401, "reason": "", "coder": True},
}
UNTRUSTED = {"error": "x", "code": "tls_untrusted"}


@pytest.mark.parametrize(
    ("part", "values", "codes"),
    [
        ("dns", {}, []),
        ("dns", {"addresses": []}, ["dns_unresolved"]),
        ("dns", {"wildcard_addresses": []}, ["wildcard_unresolved"]),
        ("tls", {"days_left": 13}, ["tls_expires_soon"]),
        ("tls", {"days_left": -1, "refused": "tls_expired"}, ["tls_expired"]),
        ("tls", {"refused": "tls_untrusted"}, ["tls_untrusted"]),
        ("tls", {"covers_host": False}, ["tls_name"]),
        ("tls", {"covers_wildcard": False}, ["wildcard_not_covered"]),
        ("tls", {"error": "reset"}, ["tls_failed"]),
        ("http", UNTRUSTED, []),
        ("http", {"error": "x", "code": "unreachable"}, ["no_answer"]),
        ("http", {"status": 502, "coder_version": None}, ["server_error"]),
        ("http", {"coder_version": None}, ["not_coder"]),
        ("websocket", {"coder": False}, ["websocket_refused"]),
    ],
)
def test_findings(part, values, codes):
    seen = {**WELL, part: {**WELL[part], **values}}
    assert [finding["code"] for finding in findings(seen)] == codes


def test_plain_http_has_no_certificate_to_complain_about():
    assert findings({**WELL, "tls": None}) == []


def play_coder(head):
    if "Upgrade" in head:
        return http(401, '{"error": {"msg": "no token"}}')
    return http(200, "{}", **{"coder-version": "1.21.7"})


def look(run_module, port, ca_path=None, **options):
    arguments = {"endpoint": f"https://127.0.0.1:{port}", "endpoint_ca_path": ca_path, **options}
    return run_module(coder_endpoint_info, None, **arguments)["endpoint"]


def tls_context(authority, *names, **validity):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority[0].issue_cert(*names, **validity).configure_cert(context)
    return context


def test_an_endpoint_that_is_well(run_module, serve, authority, monkeypatch):
    # Whether names below localhost resolve depends on the machine.
    resolve = socket.getaddrinfo

    def resolve_below_localhost(host, *rest, **named):
        return resolve("127.0.0.1" if host.endswith(".localhost") else host, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", resolve_below_localhost)
    server = serve(play_coder, tls_context(authority, "127.0.0.1", "*.localhost"))
    seen = look(run_module, server.port, authority[1], wildcard_host="*.localhost", samples=3)
    assert seen["findings"] == []
    assert seen["dns"]["addresses"] == ["127.0.0.1"]
    assert seen["tls"]["names"] == ["*.localhost", "127.0.0.1"]
    assert (seen["tls"]["chain_ok"], seen["tls"]["covers_host"], seen["tls"]["covers_wildcard"]) == (True, True, True)
    assert seen["http"] == {"status": 200, "coder_version": "1.21.7"}
    assert (seen["websocket"]["status"], seen["websocket"]["coder"]) == (401, True)
    assert seen["latency"]["samples"] == 3
    assert 0 < seen["latency"]["p50_ms"] <= seen["latency"]["p95_ms"]
    assert not any("token" in head.lower() for head in server.heads)


def test_an_untrusted_certificate_for_another_name_is_still_described(run_module, serve, authority):
    server = serve(play_coder, tls_context(authority, "other.example.com"))
    seen = look(run_module, server.port)
    assert [finding["code"] for finding in seen["findings"]] == ["tls_untrusted", "tls_name"]
    assert seen["tls"]["names"] == ["other.example.com"]
    assert seen["latency"] is None


def test_an_expired_certificate(run_module, serve, authority):
    now = datetime.now(UTC)
    validity = {"not_before": now - timedelta(days=9), "not_after": now - timedelta(days=2)}
    seen = look(run_module, serve(play_coder, tls_context(authority, "127.0.0.1", **validity)).port, authority[1])
    assert seen["findings"][0]["code"] == "tls_expired"
    assert seen["tls"]["days_left"] < 0
    assert seen["tls"]["covers_wildcard"] is None


def test_a_proxy_without_websockets(run_module, serve):
    def reply(head):
        if "Upgrade" in head:
            return http(502, "<html>", "text/html")
        return http(200, "{}", **{"coder-version": "1.21.7"})

    seen = look(run_module, 0, endpoint=f"http://127.0.0.1:{serve(reply).port}")
    assert [finding["code"] for finding in seen["findings"]] == ["websocket_refused"]
    assert seen["tls"] is None


@pytest.mark.parametrize(("own", "sent"), [(True, True), (False, False)])
def test_only_coders_own_proxy_gets_its_authorization(run_module, serve, own, sent):
    server = serve(play_coder)
    address = f"http://127.0.0.1:{server.port}"
    where = {"url": address} if own else {"endpoint": address}
    run_module(coder_endpoint_info, None, proxy_authorization="Basic abc", **where)
    assert any("Authorization: Basic abc" in head for head in server.heads) is sent


def test_a_connection_that_breaks_is_no_untrusted_certificate(monkeypatch, serve, authority):
    url = f"https://127.0.0.1:{serve(play_coder, tls_context(authority, '127.0.0.1')).port}"
    answers = [endpoint._handshake(url, ssl._create_unverified_context(), 5), ConnectionResetError(104, "reset")]

    def handshake(*_options):
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(endpoint, "_handshake", handshake)
    assert endpoint.certificate(url, authority[1], 5) == {"error": "ConnectionResetError: [Errno 104] reset"}


def test_an_upgrade_without_a_token_is_coder_as_well(run_module, serve):
    def reply(head):
        return upgraded(head) if "Upgrade" in head else http(200, "<html>", "text/html")

    seen = look(run_module, 0, endpoint=f"http://127.0.0.1:{serve(reply).port}")
    assert seen["websocket"]["coder"] is True
    assert [finding["code"] for finding in seen["findings"]] == ["not_coder"]
