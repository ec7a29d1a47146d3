# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import json
import ssl
import time

import pytest
import trustme
from aiohttp import WSMsgType
from unit.plugins.module_utils._kubernetes.fake_pods import PROTOCOL, TOKEN, UID, FakePods

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import connection, pod_exec
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster

MB = 1024 * 1024


@pytest.fixture
def pods():
    made = []

    def start(act=None, **options):
        made.append(FakePods(act, **options))
        return made[-1]

    yield start
    for one in made:
        one.close()


@pytest.fixture
def started(pods):
    """From what the command does to the command."""
    commands = []

    def start(act, command=("cat",), **params):
        commands.append(pod_exec.start(pods(act).cluster(**params), "coder", "timescale-0", "timescale", list(command)))
        return commands[-1]

    yield start
    for one in commands:
        one.close()


def rest(command, seconds=10.0):
    found = b""
    while piece := command.read(seconds):
        found += piece
    return found


def refused(act, code):
    with pytest.raises(ClassicError) as caught:
        act()
    assert caught.value.code == code, str(caught.value)
    assert TOKEN not in str(caught.value.failure)
    return caught.value


@pytest.mark.parametrize("status", [0, 1, 3, 143])
def test_what_it_says_and_how_it_ended(started, status) -> None:
    async def act(pod):
        # So begins an API server.
        await pod.say(b"")
        await pod.say(b"one\r\n")
        await pod.say("wärning\n".encode(), 2)
        await pod.say(b"two\n")
        await pod.end(status)

    command = started(act)
    assert rest(command) == b"one\r\ntwo\n"
    assert (command.messages(), command.status()) == ("wärning\n", status)
    # Its end is its end.
    assert command.read(0.1) == b""
    command.send(b"more", 1)


def test_what_is_asked_of_the_api_server(pods) -> None:
    async def act(pod):
        await pod.end()

    server = pods(act)
    acting = server.cluster().access
    acting.user.update({"as": "jäne", "as-groups": ["a", "b"]})
    cluster = Cluster(connection.connect(acting), acting, UID)
    command = pod_exec.start(cluster, "co/der", "pod", "the container", ["sh", "-c", "a & b=ü?"])
    rest(command)
    (request,) = server.requests
    assert request.raw_path.startswith("/api/v1/namespaces/co%2Fder/pods/pod/exec?")
    assert list(request.query.items()) == [
        ("container", "the container"), ("stdin", "true"), ("stdout", "true"), ("stderr", "true"),
        ("command", "sh"), ("command", "-c"), ("command", "a & b=ü?"),
    ]  # fmt: skip
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert request.headers["Impersonate-User"] == "jäne" and request.headers.getall("Impersonate-Group") == ["a", "b"]
    assert request.headers["Sec-WebSocket-Protocol"] == PROTOCOL
    command.close()


def test_nothing_runs_in_another_cluster(pods) -> None:
    server = pods()
    refused(
        lambda: pod_exec.start(server.cluster(cluster_uid="another"), "coder", "p", "c", ["id"]), "cluster_mismatch"
    )
    assert server.requests == []


@pytest.mark.parametrize(
    ("status", "said", "code", "why"),
    [
        (403, json.dumps({"message": "pods \"p\" is forbidden: cannot create"}), "forbidden", "is forbidden"),
        (404, json.dumps({"message": 'pods "p" not found'}), "refused", 'pods "p" not found'),
        (400, json.dumps({"message": "container c is not valid for pod p"}), "refused", "not valid for pod"),
        (401, json.dumps({"message": "Unauthorized"}), "unauthorized", "Unauthorized"),
        (500, f"plain words with {TOKEN}", "server_error", "plain words with"),
    ],
)  # fmt: skip
def test_a_refusal_has_the_servers_words(pods, status, said, code, why) -> None:
    server = pods(refuse=(status, said))
    error = refused(lambda: pod_exec.start(server.cluster(), "coder", "p", "c", ["psql"]), code)
    assert error.status == status and len(server.requests) == 1 and why in error.why


def test_a_redirect_is_not_followed(pods) -> None:
    server = pods(refuse=(302, ""))
    refused(lambda: pod_exec.start(server.cluster(), "coder", "p", "c", ["psql"]), "cluster_unreachable")
    assert len(server.requests) == 1


def test_a_server_that_is_not_there(pods) -> None:
    server = pods()
    server.close()
    error = refused(lambda: pod_exec.start(server.cluster(), "coder", "p", "c", ["psql"]), "cluster_unreachable")
    assert error.why == "Connection refused."


def test_a_server_that_never_answers_is_left_in_time(pods, monkeypatch) -> None:
    async def act(pod):
        await asyncio.sleep(30)

    command = pod_exec.start(pods(act).cluster(), "coder", "p", "c", ["psql"])
    begun = time.monotonic()
    with pytest.raises(TimeoutError):
        command.read(0.3)
    assert time.monotonic() - begun < 3
    command.close()


def test_after_some_silence_a_ping_goes_out(pods, monkeypatch) -> None:
    monkeypatch.setattr(pod_exec, "PING_SECONDS", 0.05)
    pings = []

    async def act(pod):
        while len(pings) < 3:
            message = await pod.socket.receive()
            assert message.type == WSMsgType.PING
            pings.append(1)
            await pod.socket.pong(message.data)
        await pod.say(b"late")
        await pod.end()

    command = pod_exec.start(pods(act, autoping=False).cluster(), "coder", "p", "c", ["psql"])
    assert rest(command) == b"late" and len(pings) == 3
    command.close()


def test_a_ping_of_the_server_is_answered(pods) -> None:
    answers = []

    async def act(pod):
        await pod.socket.ping(b"are you there")
        await pod.say(b"out")
        message = await pod.socket.receive()
        answers.append((message.type, bytes(message.data)))
        await pod.end()

    command = pod_exec.start(pods(act, autoping=False).cluster(), "coder", "p", "c", ["psql"])
    assert rest(command) == b"out"
    assert answers == [(WSMsgType.PONG, b"are you there")]
    command.close()


@pytest.mark.parametrize("size", [0, 1, pod_exec.PIECE, pod_exec.PIECE + 1, 3 * MB])
def test_what_is_sent_comes_whole(started, size) -> None:
    data = bytes(range(256)) * (size // 256 + 1)

    async def act(pod):
        length = 0
        while length < size:
            piece = await pod.hear()
            assert len(piece) <= pod_exec.PIECE and piece == data[length : length + len(piece)]
            length += len(piece)
        await pod.end()

    command = started(act)
    command.send(data[:size], 10)
    assert rest(command) == b"" and command.status() == 0


def test_a_big_input_while_the_command_talks_is_no_deadlock(started) -> None:
    """It reads nothing before it has said more than what lies between takes, and says nothing before that is full of the input."""

    async def act(pod):
        await asyncio.sleep(0.3)
        for _unused in range(8 * 16):
            await pod.say(b"x" * 65000, 2)
            await pod.say(b"y" * 1000)
        length = 0
        while length < 12 * MB:
            length += len(await pod.hear())
            if length % (16 * pod_exec.PIECE) == 0:
                await pod.socket.ping(b"now and then")
        await pod.end(5)

    command = started(act)
    command.send(b"z" * 12 * MB, 20)
    assert rest(command) == b"y" * 1000 * 8 * 16
    assert command.status() == 5 and len(command.messages()) == pod_exec.MESSAGES


def test_what_nobody_takes_is_given_up_in_time(started) -> None:
    async def act(pod):
        await asyncio.sleep(5)

    command = started(act)
    begun = time.monotonic()
    with pytest.raises(TimeoutError):
        command.send(b"z" * 32 * MB, 0.5)
    assert time.monotonic() - begun < 3


def test_a_command_that_ends_before_it_has_read_all_says_how(started) -> None:
    async def act(pod):
        await pod.hear()
        await pod.say(b"FATAL: no", 2)
        await pod.end(2)
        await pod.socket.close()

    command = started(act)
    command.send(b"z" * 8 * MB, 10)
    assert (rest(command), command.messages(), command.status()) == (b"", "FATAL: no", 2)


def test_a_connection_that_is_lost_in_the_middle(started) -> None:
    async def act(pod):
        await pod.say(b"half")
        pod.request.transport.abort()

    command = started(act)
    assert command.read(5) == b"half"
    error = refused(lambda: command.read(5), "connection_lost")
    assert "cat in pod timescale-0" in error.what and error.where


def test_a_connection_that_is_closed_before_the_end_was_told(started) -> None:
    async def act(pod):
        await pod.say(b"half")

    command = started(act)
    assert command.read(5) == b"half"
    assert "before the command's status" in refused(lambda: command.read(5), "connection_lost").why


def test_a_connection_that_is_lost_while_much_is_sent(started) -> None:
    async def act(pod):
        await pod.hear()
        pod.request.transport.abort()

    command = started(act)
    refused(lambda: command.send(b"z" * 32 * MB, 10), "connection_lost")


@pytest.mark.parametrize("trusted", [True, False])
def test_only_the_authority_of_the_cluster_is_believed(pods, tmp_path, trusted) -> None:
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    path = str(tmp_path / "ca.pem")
    (authority if trusted else trustme.CA()).cert_pem.write_to_path(path)

    async def act(pod):
        length = 0
        while length < 2 * MB:
            length += len(await pod.hear())
            await pod.say(b"x" * 1000)
        await pod.end()

    server = pods(act, context=context)
    cluster = server.cluster(cluster_ca_path=path)
    if not trusted:
        error = refused(lambda: pod_exec.start(cluster, "coder", "p", "c", ["psql"]), "cluster_unreachable")
        assert "certificate is not accepted" in error.why and server.requests == []
        return
    command = pod_exec.start(cluster, "coder", "p", "c", ["psql"])
    command.send(b"z" * 2 * MB, 20)
    assert rest(command) == b"x" * 1000 * 32
    command.close()


@pytest.mark.parametrize(
    ("message", "status", "said"),
    [
        (b'{"status": "Success"}', 0, b""),
        (b'{"status": "Failure", "details": {"causes": [{"reason": "ExitCode", "message": "3"}]}}', 3, b""),
        (b'{"status": "Failure", "details": {"causes": [{"reason": "x"}, {"reason": "ExitCode", "message": "143"}]}}',
         143, b""),
        (b'{"status": "Failure", "details": {"causes": [{"reason": "ExitCode", "message": "odd"}]}}', 1, b""),
        (b'{"status": "Failure", "message": "exec: \\"psql\\": executable file not found in $PATH"}', 1,
         b'exec: "psql": executable file not found in $PATH\n'),
        (b'{"status": "Failure", "details": null}', 1, b"its end was not told\n"),
        (b"{}", 1, b"its end was not told\n"),
        (b"error executing command", 1, b"error executing command\n"),
        (b"", 1, b"its end was not told\n"),
        (b"[]", 1, b"[]\n"),
        (b"\xff", 1, "\ufffd\n".encode()),
    ],
)  # fmt: skip
def test_how_the_protocol_tells_the_end(message, status, said) -> None:
    assert pod_exec.exit_status(message) == status
    assert pod_exec.why_not_run(message) == said


def test_a_program_that_is_not_in_the_image_is_told(started) -> None:
    async def act(pod):
        await pod.say(b'{"status": "Failure", "message": "no such file", "reason": "InternalError"}', 3)

    command = started(act)
    assert rest(command) == b"" and (command.status(), command.messages()) == (1, "no such file\n")


@pytest.mark.parametrize(
    ("entry", "options"),
    [
        ({}, {"http_no_proxy": ["*"]}),
        ({"proxy-url": "http://p.test:3128"}, {"http_proxy_host": "p.test", "http_proxy_port": 3128, "proxy_type": "http"}),
        ({"proxy-url": "socks5://p.test:1080"},
         {"http_proxy_host": "p.test", "http_proxy_port": 1080, "proxy_type": "socks5h"}),
        ({"proxy-url": "http://me:a%40b@p.test:1"},
         {"http_proxy_host": "p.test", "http_proxy_port": 1, "proxy_type": "http", "http_proxy_auth": ("me", "a@b")}),
    ],
)  # fmt: skip
def test_only_the_proxy_of_the_access_is_used(entry, options) -> None:
    assert pod_exec._proxy(entry) == options
