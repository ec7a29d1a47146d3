# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a look and a run cost, in what does not depend on the machine: requests, round trips, processes, tasks, looks."""

from __future__ import annotations

import re
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from ansible import constants
from site_runs import ANNOUNCING
from urllib3.connectionpool import HTTPConnectionPool

from ansible_collections.coder.classic.plugins.modules import coder_region_info
from ansible_collections.coder.classic.plugins.plugin_utils import in_process

#: Seconds that each request is held back: what does not wait for another one is then surely begun before that one ends.
HELD_BACK = 0.15
RESULT = re.compile(r"^(?:ok|changed|skipping|included|fatal): ", re.MULTILINE)

Requests = list[tuple[float, float]]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[Requests]:
    """(begun, ended) of each request that this process makes, to Coder or to an API server."""
    found, lock, urlopen = [], threading.Lock(), HTTPConnectionPool.urlopen

    def held_back(*arguments: Any, **options: Any) -> Any:
        begun = time.monotonic()
        time.sleep(HELD_BACK)
        try:
            return urlopen(*arguments, **options)
        finally:
            with lock:
                found.append((begun, time.monotonic()))

    monkeypatch.setattr(HTTPConnectionPool, "urlopen", held_back)
    return found


def in_a_row(requests: Requests) -> int:
    """The longest row of requests of which each began after the one before had ended."""
    length: list[tuple[float, int]] = []
    for begun, ended in sorted(requests):
        length.append((ended, 1 + max((count for end, count in length if end <= begun), default=0)))
    return max(count for _ended, count in length)


def test_a_look_is_few_requests_in_few_round_trips_and_no_process(phases, asked, monkeypatch, tmp_path):
    phases.begin("moved")
    monkeypatch.setattr(constants, "DEFAULT_LOCAL_TMP", str(tmp_path))
    monkeypatch.setattr(subprocess, "Popen", lambda *_arguments, **_options: pytest.fail("a process was started"))
    for most, most_in_a_row in ((34, 8), (25, 5)):
        # The first one of a run also asks what the servers serve and what may be done.
        asked.clear()
        answer = in_process.run("look", coder_region_info, phases.look_options("frankfurt-1"), check_mode=False)
        assert answer["region"]["phase"] == "moved" and answer["region"]["blockers"] == []
        assert len(asked) <= most and in_a_row(asked) <= most_in_a_row


@pytest.mark.parametrize("playbook", ["migrate_region.yml", "status.yml"])
def test_a_run_with_nothing_to_do_is_one_look_a_few_tasks_and_no_program(phases, playbook):
    phases.begin("moved")
    phases.operator = replace(phases.operator, more=ANNOUNCING)
    try:
        run = phases.play(playbook, limit="frankfurt", coder_helm_binary="/nowhere/helm").must_end_well()
    finally:
        phases.operator = replace(phases.operator, more={})
    # status.yml looks at the main deployment too.
    assert phases.looks() == {"migrate_region.yml": 1, "status.yml": 2}[playbook]
    results = RESULT.findall(run.output)
    assert 2 <= len(results) <= {"migrate_region.yml": 8, "status.yml": 6}[playbook], run.output


#: Loaded by every Python of a run: a line for each request and for each program that is started.
COUNTING = """
import os, subprocess
from urllib3.connectionpool import HTTPConnectionPool

def note(what):
    file = os.open(os.environ["COUNTED"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, what.encode() + b"\\n")
    os.close(file)

def counted(function, what):
    def call(*arguments, **options):
        note(what)
        return function(*arguments, **options)
    return call

HTTPConnectionPool.urlopen = counted(HTTPConnectionPool.urlopen, "request")
subprocess.Popen.__init__ = counted(subprocess.Popen.__init__, "program")
"""


@pytest.fixture
def counted(phases, tmp_path):
    """Plays a playbook; answers how many requests our code made, how many programs it started, task results and looks."""
    (tmp_path / "sitecustomize.py").write_text(COUNTING)
    log, before = tmp_path / "counted", phases.operator
    more = {"PYTHONPATH": str(tmp_path), "COUNTED": str(log), **ANNOUNCING}

    def play(playbook: str, **consent: str) -> dict[str, int]:
        log.write_text("")
        phases.forget()
        run = phases.play(playbook, limit="frankfurt", **consent).must_end_well()
        found = log.read_text().split()
        return {
            "requests": found.count("request"),
            "programs": found.count("program"),
            "results": len(RESULT.findall(run.output)),
            "looks": phases.looks(),
        }

    phases.operator = replace(before, more=more)
    yield play
    phases.operator = before


#: Of one provider. What is waited for is asked about once a second: a slow machine asks more often, and gets some room.
MOST = {
    "migrate_region.yml": {"requests": 420, "programs": 5, "results": 21, "looks": 10},
    "retire_region.yml": {"requests": 540, "programs": 8, "results": 20, "looks": 9},
}


def test_a_migration_and_a_retirement_are_no_more_than_they_were(phases, counted):
    phases.begin("fresh")
    for playbook, most in MOST.items():
        found = counted(playbook, coder_confirm_rebuild="frankfurt", coder_confirm_retire="frankfurt")
        print(f"\n{playbook}: {found}")
        assert {name: count for name, count in found.items() if count > most[name]} == {}
        # A count of nothing would be one that does not count.
        assert all(found.values())
