# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs of this machine."""

from __future__ import annotations

import ast
import hashlib
import os
import sys
import time
from pathlib import Path

import pytest

from ansible_collections.coder.classic.plugins.module_utils._database import local_command, place, reach
from ansible_collections.coder.classic.plugins.module_utils._database.local_command import LocalCommand
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

MB = 1024 * 1024


@pytest.fixture
def started():
    commands = []

    def start(*command):
        commands.append(LocalCommand(command, {"PATH": os.environ["PATH"]}))
        return commands[-1]

    yield start
    for one in commands:
        one.close()


def shell(started, text):
    return started("sh", "-c", text)


def rest(command, seconds=20.0):
    found = b""
    while piece := command.read(seconds):
        found += piece
    return found


def is_there(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("program", ["no-such-program", "/nowhere/psql", "/etc/passwd"])
def test_a_program_that_is_missing_is_told(program) -> None:
    with pytest.raises(ClassicError) as caught:
        LocalCommand([program], {"PATH": "/usr/bin"})
    assert caught.value.code == "program_missing" and "coder_database_programs" in caught.value.next_step


def test_it_reads_its_input_to_the_end_and_says_as_much(started) -> None:
    command = started("sha256sum")
    for _unused in range(8):
        command.send(b"x" * MB, 10)
    command.finish_input()
    assert rest(command).split()[0].decode() == hashlib.sha256(b"x" * 8 * MB).hexdigest()
    assert command.status() == 0


@pytest.mark.parametrize("status", [0, 1, 77])
def test_its_status_and_its_words(started, status) -> None:
    command = shell(started, f"echo out; echo err >&2; exit {status}")
    assert (rest(command), command.messages(), command.status()) == (b"out\n", "err\n", status)


def test_one_that_is_killed_did_not_succeed(started) -> None:
    command = shell(started, "kill -9 $$")
    assert rest(command) == b"" and command.status() == -9


def test_much_is_said_on_both_ways(started) -> None:
    command = shell(started, "head -c 9000000 /dev/zero; head -c 6000000 /dev/zero | tr '\\0' e >&2; printf last >&2")
    assert len(rest(command)) == 9_000_000
    said = command.messages()
    assert len(said) == local_command.MESSAGES and said.endswith("eelast")


def test_what_it_no_longer_reads_is_dropped(started) -> None:
    command = shell(started, "exec 0<&-; echo no >&2; exit 3")
    for _unused in range(40):
        command.send(b"x" * MB, 10)
    command.finish_input()
    assert (rest(command), command.messages(), command.status()) == (b"", "no\n", 3)


def test_what_it_never_takes_is_given_up_in_time(started) -> None:
    command = shell(started, "sleep 60")
    begun = time.monotonic()
    with pytest.raises(TimeoutError):
        command.send(b"x" * 8 * MB, 0.3)
    with pytest.raises(TimeoutError):
        command.read(0.1)
    command.close()
    assert time.monotonic() - begun < 5


def test_what_comes_late_is_not_lost(started) -> None:
    command = shell(started, "sleep 0.3; echo late")
    with pytest.raises(TimeoutError):
        command.read(0.05)
    assert rest(command) == b"late\n"


@pytest.mark.parametrize("trap", ["", "trap '' TERM; "])
def test_it_is_ended_with_its_children_when_nobody_waits_any_more(started, monkeypatch, trap) -> None:
    monkeypatch.setattr(local_command, "SECONDS_TO_END", 0.5)
    command = shell(started, f"{trap}sleep 60 & echo $$ $!; wait; sleep 60")
    pids = command.read(5).split()
    assert len(pids) == 2 and all(is_there(int(pid)) for pid in pids)
    command.close()
    command.close()
    until = time.monotonic() + 5
    while any(is_there(int(pid)) for pid in pids) and time.monotonic() < until:
        time.sleep(0.02)
    assert not any(is_there(int(pid)) for pid in pids)


def test_it_is_ended_whatever_happens_meanwhile(tmp_path) -> None:
    at = reach.OnController(place.Place("coder", "coder"), str(tmp_path))
    with pytest.raises(KeyError), reach.running(at, ["sh", "-c", "echo $$; sleep 60"]) as command:
        pid = int(command.read(5))
        raise KeyError
    assert not is_there(pid)


def test_a_program_that_takes_too_long_is_told_and_ended(tmp_path) -> None:
    at = reach.OnController(place.Place("coder", "coder"), str(tmp_path))
    begun = time.monotonic()
    with pytest.raises(ClassicError) as caught:
        reach.run(at, ["sleep", "60"], 0.2)
    assert caught.value.code == "timeout" and "sleep" in caught.value.what and "0.2 seconds" in caught.value.what
    with pytest.raises(ClassicError) as caught:
        reach.run(at, ["sleep", "60"], 0.2, stdin=b"x" * MB)
    assert caught.value.code == "timeout" and time.monotonic() - begun < 5
    # One that never stops to say something.
    with pytest.raises(ClassicError) as caught:
        reach.run(at, ["yes"], 0.2)
    assert caught.value.code == "timeout" and time.monotonic() - begun < 5


def test_nothing_leads_libpq_elsewhere(tmp_path, monkeypatch) -> None:
    for name in ("PGHOST", "PGSERVICE", "PGPASSWORD", "PGOPTIONS"):
        monkeypatch.setenv(name, "elsewhere")
    at = reach.OnController(place.Place("coder", "jane", "db.test", 5432, "require", "s:t", "/ca.pem"), str(tmp_path))
    show = "import os; print({k: v for k, v in os.environ.items() if k.startswith('PG')})"
    found = ast.literal_eval(reach.run(at, [sys.executable, "-c", show], 20, database="other").output.decode())
    assert found == {
        "PGHOST": "db.test", "PGPORT": "5432", "PGUSER": "jane", "PGDATABASE": "other", "PGSSLMODE": "require",
        "PGSSLROOTCERT": "/ca.pem", "PGCONNECT_TIMEOUT": "15", "PGPASSFILE": str(tmp_path / "pgpass"),
    }  # fmt: skip
    assert (tmp_path / "pgpass").read_text() == "*:*:*:*:s\\:t\n" and (tmp_path / "pgpass").stat().st_mode & 0o77 == 0
