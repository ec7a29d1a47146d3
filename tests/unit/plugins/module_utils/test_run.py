# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from ansible_collections.coder.classic.plugins.module_utils import _run

WHO = {"user": "jane", "job": "12", "playbook": "migrate_region.yml", "check": False}
HAS_PROC = os.path.exists("/proc/self/stat")
needs_proc = pytest.mark.skipif(not HAS_PROC, reason="a system without /proc")


def of(pid: int) -> dict[str, str]:
    return _run.this_run(pid, **WHO)


@pytest.fixture
def other():
    """A process beside this one."""
    process = subprocess.Popen(["sleep", "60"])
    yield process
    process.kill()
    process.wait()


@needs_proc
def test_an_identity_is_text_and_always_the_same(other) -> None:
    run = of(other.pid)
    assert tuple(sorted(run)) == tuple(sorted(_run.KEYS)) and all(isinstance(value, str) for value in run.values())
    assert all(run.values()) and run == of(other.pid) and (run["pid"], run["check"]) == (str(other.pid), "false")
    began = datetime.fromisoformat(run["since"])
    assert abs(datetime.now(UTC) - began) < timedelta(seconds=30)


def test_the_unknown_is_empty() -> None:
    run = _run.this_run(os.getpid(), user=None, job=None, playbook=None, check=True)
    assert (run["user"], run["job"], run["playbook"], run["check"]) == ("", "", "", "true")


@needs_proc
def test_two_processes_are_two_runs(other) -> None:
    assert _run.same(of(other.pid), {**of(other.pid), "user": "root", "playbook": "retire_region.yml"})
    assert not _run.same(of(other.pid), of(os.getpid()))


@pytest.mark.parametrize("key", ["host", "boot_id", "pid_namespace", "pid", "start"])
def test_what_makes_another_run(key: str) -> None:
    run = dict.fromkeys(_run.KEYS, "1")
    assert _run.same(run, dict(run)) and not _run.same(run, {**run, key: "2"})
    assert not _run.same(run, {**run, key: ""})


@pytest.mark.parametrize("rubbish", [None, "text", [], {}, {"host": "a"}, dict.fromkeys(_run.KEYS, 1), {"pid": None}])
def test_rubbish_is_no_run(rubbish) -> None:
    assert not _run.same(rubbish, rubbish) and not _run.same(rubbish, of(os.getpid()))
    assert _run.is_alive(rubbish) is None


@needs_proc
def test_a_process_lives_until_it_is_killed(other) -> None:
    run = of(other.pid)
    assert _run.is_alive(run) is True
    other.kill()
    # Not yet waited for by its parent: a zombie, which does nothing any more.
    os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
    assert _run.is_alive(run) is False
    other.wait()
    assert _run.is_alive(run) is False


@needs_proc
def test_another_process_with_the_same_number_is_not_the_run(other) -> None:
    assert _run.is_alive({**of(other.pid), "start": "1"}) is False


@needs_proc
@pytest.mark.parametrize(
    "elsewhere", [{"host": "ops-2"}, {"boot_id": "b"}, {"pid_namespace": "pid:[1]"}, {"boot_id": ""}, {"start": ""}]
)
def test_nobody_knows_of_another_machine_boot_or_container(elsewhere: dict[str, str]) -> None:
    assert _run.is_alive({**of(os.getpid()), **elsewhere}) is None


@needs_proc
@pytest.mark.parametrize("pid", ["0", "-1", "x", "", "٣", "9" * 30])
def test_a_number_that_is_none_proves_nothing(pid: str) -> None:
    assert _run.is_alive({**of(os.getpid()), "pid": pid}) is None


@needs_proc
def test_a_process_that_proc_hides_may_be_alive(other, monkeypatch) -> None:
    run = of(other.pid)
    monkeypatch.setattr(_run, "_process", lambda pid: None)
    assert _run.is_alive(run) is None


@needs_proc
def test_another_users_process_is_alive(monkeypatch, other) -> None:
    def not_yours(pid, signal):
        raise PermissionError

    run = of(other.pid)
    with monkeypatch.context() as patched:
        patched.setattr(_run.os, "kill", not_yours)
        assert _run.is_alive(run) is True


def test_without_proc_nothing_is_proved_and_the_moment_tells_runs_apart(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(_run, "PROC", tmp_path)
    run = of(4711)
    assert (run["boot_id"], run["pid_namespace"], run["start"]) == ("", "", "") and run["since"]
    assert _run.same(run, of(4711)) and not _run.same(run, of(4712))
    assert not _run.same(run, {**run, "since": "2026-03-01T12:00:00Z"}) and _run.is_alive(run) is None


def test_a_programs_name_may_hold_anything(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(_run, "PROC", tmp_path)
    (tmp_path / "7").mkdir()
    rest = " ".join(str(number) for number in range(4, 53))
    (tmp_path / "7" / "stat").write_text(f"7 (a) R 1 (b c) S {rest}\n")
    assert _run._process(7) == ("S", "22")


def test_a_run_is_described_for_a_person() -> None:
    run = {"host": "ops-1", "pid": "4711", "user": "jane", "playbook": "migrate_region.yml", "job": "12"}
    assert _run.described(run) == "jane on host ops-1, ansible-playbook migrate_region.yml (pid 4711), AWX job 12"
    assert _run.described({}) == "somebody on host unknown, ansible-playbook (pid unknown)"
