# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs in a pod, which are really run on this machine."""

from __future__ import annotations

import os
import subprocess

import pytest
from unit.plugins.module_utils._database.live_database import PASSWORD
from unit.plugins.module_utils._kubernetes.fake_pods import FakePods

from ansible_collections.coder.classic.plugins.module_utils._database import dump, facts, reach, snapshot_file, sql
from ansible_collections.coder.classic.plugins.module_utils._database.place import Place
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError


@pytest.fixture
def temporary(tmp_path):
    """The pod's own folder for what lasts as long as a program."""
    path = tmp_path / "tmp-of-the-pod"
    path.mkdir()
    return path


@pytest.fixture
def pods(server, temporary):
    environment = {"PATH": f"{server.programs}:{os.environ['PATH']}", "TMPDIR": str(temporary)}
    made = FakePods(lambda pod: pod.runs(environment))
    yield made
    made.close()


@pytest.fixture
def in_pod(server, pods, database):
    place = Place(database, "coder", "127.0.0.1", server.port, "require", PASSWORD)
    return reach.InPod(place, pods.cluster(), "coder", "pod", "client")


def test_a_snapshot_is_taken_and_the_password_is_seen_nowhere(
    server, pods, in_pod, database, folder, temporary
) -> None:
    server.sql("CREATE TABLE t AS SELECT n, md5(n::text) FROM generate_series(1, 30000) n", database, "coder")
    made = dump.take(in_pod, folder, facts.look(in_pod), {"version": "1.20.0"}, restore=True, seconds=60)
    assert made["counts"]["tables"] == {"public.t": 30000} and made["verified"] == "restored"
    snapshot_file.demand_unchanged(made)
    assert server.databases() == {database}
    asked = [request.query.getall("command") for request in pods.requests]
    assert {command[command.index("sh", 3) + 3] for command in asked} == {"env"}
    assert not any(PASSWORD in part for command in asked for part in command)
    assert os.listdir(temporary) == []


def test_the_socket_of_a_server_beside_it_needs_no_password(server, pods, database) -> None:
    place = Place(database, "coder")
    at = reach.InPod(place, pods.cluster(), "coder", "timescale-0", "timescale")
    # As a pod's own socket is where its programs look for it.
    command = ["env", f"PGHOST={server.folder}", f"PGPORT={server.port}", *sql.PSQL]
    ended = reach.run(at, command, 20, stdin=b"SELECT current_user;\n")
    assert (ended.status, ended.output) == (0, b"coder\n")


def test_what_fails_in_it_fails_here(in_pod) -> None:
    with pytest.raises(ClassicError) as caught:
        sql.execute(in_pod, "SELECT * FROM nowhere;")
    assert caught.value.code == "database_failed" and 'relation "nowhere" does not exist' in caught.value.why
    assert "pod coder/pod" in caught.value.where
    assert reach.run(in_pod, ["no-such-program"], 10).status == 127


def test_a_session_that_was_cut_off_after_its_last_answer_is_no_failure() -> None:
    async def act(pod):
        # How names are encoded, and the question.
        await pod.hear(), await pod.hear()
        await pod.say(b"[1]\n")
        pod.request.transport.abort()

    server = FakePods(act)
    at = reach.InPod(Place("coder", "coder"), server.cluster(), "coder", "pod", "client")
    with sql.session(at) as held:
        assert held.ask("SELECT 1;") == [1]
    with pytest.raises(ClassicError) as caught, sql.session(at) as held:
        held.ask("SELECT 1;")
        held.ask("SELECT 1;")
    assert caught.value.code == "connection_lost"
    server.close()


def script(*arguments, given, **more):
    return subprocess.run(
        ["sh", "-c", reach.IN_POD, "sh", *arguments],
        input=given,
        capture_output=True,
        check=False,
        timeout=20,
        **more,
    )


@pytest.mark.parametrize("length", ["-1", "8"])
def test_what_comes_behind_the_password_is_the_programs(temporary, length) -> None:
    show = 'cat; cat "$PGPASSFILE"; stat -c %a "$PGPASSFILE"'
    environment = {**os.environ, "TMPDIR": str(temporary)}
    done = script("7", length, "sh", "-c", show, given=b"secret\nthe rest", env=environment)
    assert done.stdout == b"the rest" + b"secret\n600\n" and done.returncode == 0
    assert os.listdir(temporary) == []


def test_without_a_password_there_is_no_file_and_its_status_is_the_programs() -> None:
    done = script("0", "2", "sh", "-c", 'cat; echo "${PGPASSFILE-none}"; exit 9', given=b"ab and more")
    assert (done.stdout, done.returncode) == (b"abnone\n", 9)


def test_a_head_that_reads_beyond_what_it_is_told_takes_nothing_away(tmp_path) -> None:
    (tmp_path / "head").write_text('#!/bin/sh\nexec python3 -c "import sys; sys.stdout.write(sys.stdin.read()[:$2])"\n')
    (tmp_path / "head").chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    assert script("7", "-1", "cat", given=b"secret\nSELECT 1;\n", env=environment).stdout == b"SELECT 1;\n"
