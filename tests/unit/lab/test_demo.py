# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The demo begins with a lab of its own, alone, and ends it however it ends."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace

import demo
import pytest

from lab import processes
from lab.errors import LabError

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def state(tmp_path, monkeypatch):
    """The demo's folder, without anything in it; its playbooks do nothing."""
    folder = tmp_path / "lab-demo"
    monkeypatch.setattr(demo, "DEMOS", {name: one._replace(state=folder) for name, one in demo.DEMOS.items()})
    monkeypatch.setattr(demo, "SITE", tmp_path)
    monkeypatch.setattr(demo.endings, "end_on_signals", lambda: None)
    monkeypatch.setattr(demo, "play", lambda *_unused: None)
    yield folder
    processes.end_all(folder)


def up_with(action):
    def up(state, *_unused, **_options):
        state.mkdir(exist_ok=True)
        processes.start(state, "etcd", SLEEP)
        action()
        return SimpleNamespace(description={}), True

    return up


def stop() -> None:
    raise KeyboardInterrupt


def fail() -> None:
    raise LabError("no port is free")


@pytest.mark.parametrize(("action", "status"), [(lambda: None, 0), (stop, 130), (fail, 1)])
def test_however_it_ends_nothing_runs_on(state, monkeypatch, action, status):
    monkeypatch.setattr(demo.lifecycle, "up", up_with(action))
    assert demo.main() == status
    assert processes.find(state) == {}


@pytest.mark.parametrize("name", demo.DEMOS)
def test_it_plays_its_jobs_in_their_order_and_tells_how_long_each_took(state, monkeypatch, capsys, name):
    played = []
    monkeypatch.setattr(demo.lifecycle, "up", up_with(lambda: None))
    monkeypatch.setattr(demo, "play", lambda _demo, _lab, title, command: played.append((title, command)))
    assert demo.main(name) == 0 and played == list(demo.DEMOS[name].jobs)
    table = capsys.readouterr().out.partition("HOW LONG IT TOOK")[2]
    assert all(title in table for title, _command in played)


def test_what_a_killed_demo_left_is_ended_before_the_next_begins(state, monkeypatch, capsys):
    state.mkdir()
    left = processes.start(state, "demo", SLEEP)
    monkeypatch.setattr(demo.lifecycle, "up", up_with(lambda: left.wait(0)))
    assert demo.main() == 0
    assert "1 processes that an earlier demo left were ended" in capsys.readouterr().out


def test_a_second_demo_of_the_same_folder_is_refused(state, capsys):
    with demo.alone(state.with_name("lab-demo.lock")):
        assert demo.main() == 1
    assert "another demo runs" in capsys.readouterr().err


def test_a_playbook_that_fails_ends_the_demo(state, monkeypatch, capsys):
    def play(*_unused):
        raise subprocess.CalledProcessError(2, "ansible-playbook")

    monkeypatch.setattr(demo, "play", play)
    monkeypatch.setattr(demo.lifecycle, "up", up_with(lambda: None))
    assert demo.main() == 1
    assert "ended with status 2" in capsys.readouterr().err
