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
