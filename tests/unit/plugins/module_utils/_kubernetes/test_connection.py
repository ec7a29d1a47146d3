# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import socket
import ssl
import sys
import time
from dataclasses import replace

import pytest
import trustme
from unit.plugins.live_server import http

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import (
    connection,
    kubeconfig,
    tls_material,
    transport,
)
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster, cluster_from_params
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.credentials import Credential

VERSION = http(200, '{"gitVersion": "v1"}')


def refused(act, code: str) -> ClassicError:
    with pytest.raises(ClassicError) as caught:
        act()
    error = caught.value
    assert error.code == code and error.where and error.why and error.untouched and error.next_step
    assert error.__cause__ is None and "t0k" not in str(error.failure)
    return error


def cluster_of(url: str, environment=None, **params) -> Cluster:
    return cluster_from_params({"host": url, "api_key": "t0k", **params}, environment or {})


def access(**fields) -> kubeconfig.Access:
    found = kubeconfig.resolve({"host": "https://c.test", "api_key": "t0k"}, {})
    found.cluster.update(fields)
    return found


def tls_server(serve, *names, authority=None):
    authority = authority or trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return serve(lambda head: VERSION, context), authority


def test_no_connection_changes_the_greeting_of_another_one_that_is_made_at_the_same_time() -> None:
    context = tls_material.context_of({}, {})
    # As urllib3 does for each connection.
    context.set_alpn_protocols(["of-another-connection"])
    sent = ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), sent, server_hostname="c.test").do_handshake()
    greeting = sent.read()
    assert b"http/1.1" in greeting and b"of-another-connection" not in greeting


def test_a_certificate_is_checked_against_the_authority_and_the_name(serve, tmp_path) -> None:
    server, authority = tls_server(serve, "127.0.0.1")
    path = str(tmp_path / "ca.pem")
    url = f"https://127.0.0.1:{server.port}"
    authority.cert_pem.write_to_path(path)
    assert cluster_of(url, cluster_ca_path=path).server_version() == "v1"
    assert cluster_of(url, validate_cluster_certs=False).server_version() == "v1"
    error = refused(cluster_of(url).server_version, "cluster_unreachable")
    assert "certificate is not accepted: unable to get local issuer certificate" in error.why
    other, _authority = tls_server(serve, "c.test", authority=authority)
    error = refused(
        cluster_of(f"https://127.0.0.1:{other.port}", cluster_ca_path=path).server_version, "cluster_unreachable"
    )
    assert "not valid for" in error.why


def test_a_server_that_accepts_and_never_answers_is_left_in_time(monkeypatch) -> None:
    monkeypatch.setattr(transport, "READ_SECONDS", 0.3)
    monkeypatch.setattr(transport, "CONNECT_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        started = time.monotonic()
        error = refused(cluster_of(url).server_version, "cluster_unreachable")
        assert error.why == "No answer in time." and error.untouched == "This request changed nothing."
        error = refused(lambda: cluster_of(url).request("POST", "/apis/authorization.k8s.io/x"), "cluster_unreachable")
        assert "may have been carried out" in error.untouched
        refused(cluster_of(url.replace("http:", "https:")).server_version, "cluster_unreachable")
        assert time.monotonic() - started < 8


@pytest.mark.parametrize("reply", [b"", b"HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\n{", b"t0k t0k\r\n\r\n"])
def test_an_answer_that_breaks_off_or_is_none(serve, reply: bytes) -> None:
    server = serve(lambda head: reply)
    error = refused(cluster_of(f"http://127.0.0.1:{server.port}").server_version, "cluster_unreachable")
    assert "cut off" in error.why


def test_an_answer_that_breaks_off_in_its_middle_is_not_asked_for_again(serve) -> None:
    server = serve(lambda head: b"HTTP/1.1 200 X\r\nContent-Length: 100\r\nConnection: close\r\n\r\n{")
    refused(cluster_of(f"http://127.0.0.1:{server.port}").server_version, "cluster_unreachable")
    assert len(server.heads) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_redirect_is_not_followed(serve, method: str, status: int) -> None:
    server = serve(lambda head: http(status, "", Location="/else") if "/else" not in head else VERSION)
    cluster = cluster_of(f"http://127.0.0.1:{server.port}")
    refused(lambda: cluster.request(method, "/apis/authorization.k8s.io/x"), "cluster_unreachable")
    assert len(server.heads) == 1


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_header_whose_name_repeats_is_sent_as_often(serve, method: str) -> None:
    server = serve(lambda head: VERSION)
    found = kubeconfig.resolve({"host": f"http://127.0.0.1:{server.port}", "api_key": "t0k"}, {})
    found.user.update({"as": "jane", "as-groups": ["a", "b"]})
    transport.request(connection.connect(found), "there", method, "/x", body={} if method == "POST" else None)
    lines = server.heads[0].splitlines()
    assert [line for line in lines if line.startswith("Impersonate-Group")] == [
        "Impersonate-Group: a",
        "Impersonate-Group: b",
    ]


def test_nobody_listens_and_a_name_that_is_none() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert refused(cluster_of(f"http://127.0.0.1:{port}").server_version, "cluster_unreachable").why == (
        "Connection refused."
    )
    error = refused(cluster_of("http://no-such-host.invalid").server_version, "cluster_unreachable")
    assert "cannot be resolved" in error.why


def test_a_header_that_cannot_be_sent_is_not_shown(serve) -> None:
    found = kubeconfig.resolve({"host": f"http://127.0.0.1:{serve(lambda head: VERSION).port}"}, {})
    # As it would be if something above let it through.
    connected = connection.connect(found)._replace(headers=[("Authorization", "Bearer t0k\nX")])
    error = refused(lambda: transport.request(connected, "there", "GET", "/version"), "invalid")
    assert "ValueError" in error.why and error.untouched == "This request was not sent."


def test_what_cannot_be_json_is_not_sent_either() -> None:
    connected = connection.connect(access())
    refused(lambda: transport.request(connected, "there", "POST", "/x", body={"a": object()}), "invalid")


@pytest.mark.parametrize("kind", ["application/json", "text/html"])
def test_a_page_that_repeats_the_request_does_not_show_the_credential(serve, kind: str) -> None:
    server = serve(lambda head: http(400, "You sent " + head[head.index("Authorization") :], kind))
    cluster = cluster_of(f"http://127.0.0.1:{server.port}", api_key="t0k-of-jane")
    with pytest.raises(ClassicError) as caught:
        cluster.server_version()
    assert "t0k" not in str(caught.value.failure) and "********" in caught.value.why
    assert "t0k-of-jane" in server.heads[0]


def test_nothing_about_a_credential_shows_when_something_is_printed() -> None:
    connected = connection.connect(access())
    assert "t0k" not in repr(connected) and repr(connected) == "Connection(https://c.test)"


@pytest.mark.parametrize(("module", "library"), [("urllib3", "urllib3"), ("yaml", "PyYAML")])
def test_a_library_that_is_missing_is_named_before_anything_is_read(monkeypatch, module: str, library: str) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ClassicError) as caught:
        cluster_from_params({"kubeconfig": "/does/not/exist"}, {})
    error = caught.value
    assert error.code == "invalid" and error.what == f"The Python library '{library}' is missing or too old."
    assert f"pip install '{library}>=" in error.next_step and error.untouched == "Nothing was changed."


def test_a_urllib3_that_would_make_two_groups_one_is_refused(monkeypatch) -> None:
    monkeypatch.setattr(connection.urllib3, "__version__", "1.26.20")
    with pytest.raises(ClassicError) as caught:
        cluster_from_params({"kubeconfig": "/does/not/exist"}, {})
    assert caught.value.code == "invalid" and "1.26.20 is too old" in caught.value.why


# --- proxies ---


def test_through_a_proxy_with_its_own_password(serve) -> None:
    proxy = serve(lambda head: VERSION)
    environment = {"HTTP_PROXY": f"http://jane:p%40ss@127.0.0.1:{proxy.port}"}
    assert cluster_of("http://c.test", environment).server_version() == "v1"
    assert proxy.heads[0].startswith("GET http://c.test/version HTTP/1.1")
    assert f"proxy-authorization: Basic {base64.b64encode(b'jane:p@ss').decode()}" in proxy.heads[0]


def test_a_proxy_that_refuses_is_told_apart_from_the_server(serve) -> None:
    proxy = serve(lambda head: http(407, "who are you"))
    environment = {"HTTPS_PROXY": f"http://jane:p4ssword@127.0.0.1:{proxy.port}"}
    error = refused(cluster_of("https://c.test", environment).server_version, "cluster_unreachable")
    assert proxy.heads[0].startswith("CONNECT c.test:443")
    assert "roxy" in error.why and "p4ssword" not in str(error.failure)


def test_a_socks_proxy_needs_a_library_that_may_be_missing(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "urllib3.contrib.socks", None)
    error = refused(lambda: connection.connect(access(**{"proxy-url": "socks5://p.test:1080"})), "invalid")
    assert "PySocks" in error.why


# --- credentials that are replaced while a run goes on ---


def test_a_new_credential_is_used_from_then_on(serve) -> None:
    server = serve(lambda head: VERSION)
    found = kubeconfig.resolve({"host": f"http://127.0.0.1:{server.port}", "api_key": "first"}, {})
    found = replace(found, renew_at=0.0, renew=lambda: Credential({"token": "second"}, can_renew=True))
    cluster = Cluster(connection.connect(found), found)
    cluster.server_version()
    cluster.server_version()
    assert ["Authorization: Bearer second" in head for head in server.heads] == [True, True]


def test_a_credential_that_is_turned_down_is_asked_for_anew_once_and_only_to_read(serve) -> None:
    server = serve(lambda head: VERSION if "Bearer good" in head else http(401, '{"message": "Unauthorized"}'))
    asked = []

    def renew(token: str):
        def do() -> Credential:
            asked.append(token)
            return Credential({"token": token}, can_renew=True)

        return do

    first = kubeconfig.resolve({"host": f"http://127.0.0.1:{server.port}", "api_key": "first"}, {})

    def cluster(token: str) -> Cluster:
        found = replace(first, renew=renew(token))
        return Cluster(connection.connect(found), found)

    assert cluster("good").server_version() == "v1" and asked == ["good"]
    with pytest.raises(ClassicError):
        cluster("bad").server_version()
    assert asked == ["good", "bad"]
    with pytest.raises(ClassicError):
        cluster("good").request("POST", "/api/v1/namespaces/ns/configmaps", body={})
    assert asked == ["good", "bad"]
