# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the lab promises about processes and folders, with small real processes."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from lab import processes, state_folder, unprivileged, waiting
from lab.errors import LabError, Stopped

TESTS = Path(__file__).resolve().parents[2]
SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
STUBBORN = ["/bin/sh", "-c", "trap '' TERM; echo up; while :; do sleep 1; done"]
PARENT = ["/bin/sh", "-c", "sleep 60 & echo up; wait"]


@pytest.fixture
def two_states(tmp_path):
    states = tmp_path / "one", tmp_path / "two"
    for state in states:
        state.mkdir()
    yield states
    for state in states:
        processes.end_all(state)


def wait_for_output(state, name: str) -> None:
    waiting.until(f"output of {name}", lambda: processes.log_path(state, name).read_text(), threading.Event(), 10, 0.02)


def wait_found(state, count: int) -> None:
    def look() -> bool:
        return sum(map(len, processes.find(state).values())) == count

    waiting.until(f"{count} processes", look, threading.Event(), 10, 0.02)


def test_processes_are_found_by_name_and_only_those_of_the_folder(two_states):
    one, two = two_states
    processes.start(one, "a/b", SLEEP)
    processes.start(two, "c", SLEEP)
    wait_found(one, 1)
    wait_found(two, 1)
    assert list(processes.find(one)) == ["a/b"]
    assert processes.end_all(one) == 1
    assert processes.find(one) == {}
    assert list(processes.find(two)) == ["c"]


def test_ending_takes_children_and_what_does_not_want_to_end(two_states, monkeypatch):
    monkeypatch.setattr(processes, "PATIENCE", 0.5)
    state = two_states[0]
    processes.start(state, "parent", PARENT)
    processes.start(state, "stubborn", STUBBORN)
    wait_for_output(state, "parent")
    wait_for_output(state, "stubborn")
    assert processes.end_all(state) >= 3
    assert processes.find(state) == {}
    assert processes.end_all(state) == 0


def test_the_asking_process_is_never_found(two_states, monkeypatch):
    monkeypatch.setenv(processes.LAB, str(two_states[0]))
    code = "import sys, pathlib; from lab import processes; print(processes.find(pathlib.Path(sys.argv[1])))"
    command = [sys.executable, "-c", code, str(two_states[0])]
    answer = subprocess.run(command, capture_output=True, text=True, cwd=TESTS, check=True)
    assert answer.stdout.strip() == "{}"


def test_a_started_process_is_detached(two_states):
    child = processes.start(two_states[0], "x", ["/bin/sh", "-c", "ps -o sid= -p $$"])
    child.wait(10)
    assert processes.log_path(two_states[0], "x").read_text().strip() == str(child.pid)


COUNTING = [sys.executable, "-uc", "import time\nwhile True: print('x'); time.sleep(0.01)"]


def grows(state, name: str) -> bool:
    path = processes.log_path(state, name)
    before = path.stat().st_size
    time.sleep(0.2)
    return path.stat().st_size > before


def test_a_frozen_process_does_nothing_until_it_is_thawed(two_states):
    state = two_states[0]
    for name in ("a", "b"):
        processes.start(state, name, COUNTING)
        wait_for_output(state, name)
    processes.freeze(state, ["a"])
    assert (grows(state, "a"), grows(state, "b")) == (False, True)
    assert processes.thaw(state) == ["a"]
    assert grows(state, "a")
    assert processes.thaw(state) == []


def test_a_frozen_process_ends_when_it_is_asked_to(two_states):
    state = two_states[0]
    processes.start(state, "a", COUNTING)
    wait_for_output(state, "a")
    processes.freeze(state, ["a"])
    started = time.monotonic()
    assert processes.end_all(state) == 1
    assert time.monotonic() - started < processes.PATIENCE


def test_what_does_not_run_cannot_be_frozen_and_nothing_else_is(two_states):
    state = two_states[0]
    processes.start(state, "a", COUNTING)
    wait_for_output(state, "a")
    with pytest.raises(LabError, match=r"no process b runs .* there are: a\. None was frozen"):
        processes.freeze(state, ["a", "b"])
    assert grows(state, "a")


def test_until_says_what_is_missing_and_why():
    with pytest.raises(LabError, match="(?s)moon.*not so after 0 s.*it is day"):
        waiting.until("moon", lambda: False, threading.Event(), 0, explain=lambda: "it is day")


def test_the_first_failure_stops_the_others_and_is_the_one_that_is_raised():
    stop = threading.Event()

    def fail() -> None:
        raise LabError("first")

    def wait() -> None:
        waiting.until("never", lambda: False, stop, 30, 0.01)

    started = time.monotonic()
    with pytest.raises(LabError, match="first"):
        waiting.together({"a": wait, "b": fail, "c": wait}, stop)
    assert time.monotonic() - started < 5
    with pytest.raises(Stopped):
        wait()


def test_together_answers_by_name():
    assert waiting.together({"a": lambda: 1, "b": lambda: 2}, threading.Event()) == {"a": 1, "b": 2}


def test_a_second_command_is_refused_and_names_the_first(tmp_path):
    state = tmp_path / "lab"
    with state_folder.locked(state):
        code = "import sys, pathlib; from lab.state_folder import locked; locked(pathlib.Path(sys.argv[1])).__enter__()"
        command = [sys.executable, "-c", code, str(state)]
        answer = subprocess.run(command, capture_output=True, text=True, cwd=TESTS, check=False)
    assert answer.returncode != 0
    assert "another command (process" in answer.stderr


def test_taking_over_ends_the_holder(tmp_path):
    state = tmp_path / "lab"
    code = (
        "import sys, pathlib, time; from lab import state_folder\n"
        "with state_folder.locked(pathlib.Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(state)], stdout=subprocess.PIPE, cwd=TESTS) as holder:
        holder.stdout.readline()
        with state_folder.take_over(state), (state / state_folder.LOCK).open() as file, pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        assert holder.wait(10) == -15


def test_a_holder_that_has_not_said_who_it_is_yet_is_asked_at_the_next_look(tmp_path):
    state = tmp_path / "lab"
    code = (
        "import sys, pathlib, time; from lab import state_folder\n"
        "lock = pathlib.Path(sys.argv[1]) / 'lock'\n"
        "with state_folder.locked(lock.parent):\n"
        "    own = lock.read_text(); lock.write_text(''); print('held', flush=True)\n"
        "    time.sleep(0.5); lock.write_text(own); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(state)], stdout=subprocess.PIPE, cwd=TESTS) as holder:
        holder.stdout.readline()
        with state_folder.take_over(state):
            assert holder.wait(10) == -15


def test_what_is_started_under_a_mark_belongs_to_the_lab(two_states):
    with processes.marked(two_states[0], "toolchain"):
        subprocess.Popen(SLEEP)
    assert processes.LAB not in os.environ
    wait_found(two_states[0], 1)
    assert list(processes.find(two_states[0])) == ["toolchain"]
    assert processes.end_all(two_states[0]) == 1
    assert processes.find(two_states[0]) == {}


@pytest.mark.parametrize(("ignored", "status"), [(False, 129), (True, 0)])
def test_a_closed_terminal_ends_a_command_in_peace_unless_nohup_was_asked_for(ignored, status):
    code = (
        "import os, signal, sys, time; from lab.endings import end_on_signals\n"
        # Whoever runs the tests may have asked for nohup himself.
        "signal.signal(signal.SIGHUP, signal.SIG_IGN if sys.argv[1] == 'True' else signal.SIG_DFL)\n"
        "end_on_signals()\n"
        "try: os.kill(os.getpid(), signal.SIGHUP)\n"
        "finally: print('ended in peace')"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code, str(ignored)], capture_output=True, text=True, cwd=TESTS, check=False
    )
    assert (answer.returncode, answer.stdout) == (status, "ended in peace\n")


def test_a_run_of_the_tests_that_is_asked_to_end_begins_no_other_test(tmp_path):
    (tmp_path / "test_two.py").write_text(
        "import os, signal\n"
        "from lab.endings import end_on_signals\n"
        "def test_first():\n"
        "    end_on_signals(lambda _number: KeyboardInterrupt())\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "def test_second():\n"
        "    print('begun')\n"
    )
    answer = subprocess.run(
        [sys.executable, "-m", "pytest", "-s", "-p", "no:cacheprovider", "-o", f"pythonpath={TESTS}", "."],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert answer.returncode == 2 and "begun" not in answer.stdout, answer.stdout


def test_a_foreign_folder_is_refused_and_a_labs_own_is_cleared(tmp_path):
    (tmp_path / "precious").write_text("x")
    with pytest.raises(LabError, match="it holds precious"):
        state_folder.refuse_foreign(tmp_path)
    (tmp_path / "layout.json").write_text("{}")
    (tmp_path / "clusters" / "primary").mkdir(parents=True)
    state_folder.refuse_foreign(tmp_path)
    state_folder.clear(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]


def test_a_program_that_refuses_root_is_started_as_somebody_else_and_keeps_its_files(tmp_path):
    command = [sys.executable, "-m", "lab.unprivileged", "/bin/sh", "-c", f"id -u; touch {tmp_path}/file"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=TESTS)
    assert done.stdout != "0\n"
    assert (tmp_path / "file").stat().st_uid == os.getuid()


def test_a_kernel_without_user_namespaces_is_told_plainly(monkeypatch, capsys):
    class Refusing:
        @staticmethod
        def unshare(_flags: int) -> int:
            ctypes.set_errno(errno.EPERM)
            return -1

    monkeypatch.setattr(unprivileged.ctypes, "CDLL", lambda *_unused, **_also: Refusing)
    monkeypatch.setattr(unprivileged.os, "geteuid", lambda: 0)
    assert unprivileged.main(["/bin/true"]) == 1
    assert "refuses the user namespace that would help: Operation not permitted" in capsys.readouterr().err
