# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from ansible_collections.coder.classic.plugins.module_utils._kubernetes import program


def sh(text: str, seconds: float = 20, stdin: str | None = None) -> program.Ended:
    return program.run(["/bin/sh", "-c", text], {"PATH": os.defpath, "KEY": "value"}, seconds, stdin)


def test_it_tells_all_that_came_of_it() -> None:
    assert sh('echo "$KEY"; cat; echo bad >&2; exit 3', stdin="in\n") == (3, "value\nin\n", "bad\n")


def test_without_input_there_is_none() -> None:
    assert sh("cat") == (0, "", "")


def test_more_than_a_pipe_holds_is_read() -> None:
    text = "line\n" * 200_000
    assert sh("cat; cat /dev/null >&2", stdin=text).output == text


def test_what_does_not_read_its_input_is_no_error() -> None:
    assert sh("exit 0", stdin="x" * 1_000_000).status == 0


def test_bytes_that_are_no_text_do_not_end_it() -> None:
    assert sh("printf 'a\\377b'").output == "a\ufffdb"


@pytest.mark.parametrize("path", ["/nowhere/program", "/etc/passwd"])
def test_what_cannot_be_run_is_an_error_of_the_system(path: str) -> None:
    with pytest.raises(OSError, match=path):
        program.run([path], {}, 1)


def test_too_late_it_is_asked_to_end_with_all_that_it_started(tmp_path) -> None:
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        sh(f"trap 'echo ended > {tmp_path}/ended; exit 1' TERM; sleep 60 & wait", seconds=0.5)
    assert time.monotonic() - started < 9 and (tmp_path / "ended").exists()


def test_what_does_not_listen_is_killed(monkeypatch) -> None:
    monkeypatch.setattr(program, "SECONDS_TO_END", 0.3)
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        sh("trap '' TERM; while :; do sleep 1; done", seconds=0.3)
    assert time.monotonic() - started < 9


def test_what_was_left_in_another_session_is_not_waited_for(monkeypatch) -> None:
    monkeypatch.setattr(program, "SECONDS_TO_END", 0.3)
    monkeypatch.setattr(program, "SECONDS_AFTER_THE_END", 0.3)
    started = time.monotonic()
    with pytest.raises(TimeoutError):
        sh("setsid sleep 20 & sleep 20", seconds=0.3)
    assert time.monotonic() - started < 9


def ask_this_process_to_end(number: int = signal.SIGTERM) -> None:
    os.kill(os.getpid(), number)


@pytest.fixture
def ends_on_request():
    def end(number: int, _frame) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    # Whoever runs these tests in the background may have it ignored.
    before_int = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGTERM, before)
    signal.signal(signal.SIGINT, before_int)


def test_when_the_run_is_interrupted_the_program_may_finish(tmp_path, ends_on_request) -> None:
    threading.Timer(0.3, ask_this_process_to_end).start()
    with pytest.raises(SystemExit):
        sh(f"sleep 1; echo done > {tmp_path}/done")
    assert (tmp_path / "done").exists()


def test_when_the_run_is_ended_by_ctrl_c_the_program_may_finish(tmp_path, ends_on_request) -> None:
    threading.Timer(0.3, ask_this_process_to_end, [signal.SIGINT]).start()
    with pytest.raises(KeyboardInterrupt):
        sh(f"sleep 1; echo done > {tmp_path}/done")
    assert (tmp_path / "done").exists()


def test_an_interrupted_run_does_not_wait_for_ever(tmp_path, monkeypatch, ends_on_request) -> None:
    monkeypatch.setattr(program, "SECONDS_TO_END", 0.3)
    threading.Timer(0.3, ask_this_process_to_end).start()
    started = time.monotonic()
    with pytest.raises(SystemExit):
        sh("sleep 60")
    assert time.monotonic() - started < 9


def test_several_at_the_same_time() -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda number: sh(f"sleep 0.2; echo {number}").output, range(8)))
    assert answers == [f"{number}\n" for number in range(8)]
