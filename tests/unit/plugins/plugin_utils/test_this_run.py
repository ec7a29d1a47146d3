# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os

import pytest
from ansible import context
from ansible.errors import AnsibleError
from ansible.module_utils.common.collections import ImmutableDict

from ansible_collections.coder.classic.plugins.plugin_utils import this_run


@pytest.fixture(autouse=True)
def called(monkeypatch):
    monkeypatch.setattr(context, "CLIARGS", ImmutableDict({"args": ("/site/update_coder.yml",)}))


def test_a_worker_is_of_the_run_that_is_its_parent(monkeypatch):
    # Loaded in a worker itself.
    monkeypatch.setattr(this_run, "_LOADED_BY", os.getpid())
    monkeypatch.setattr(this_run, "_ITS_PARENT", os.getppid())
    found = this_run.of_task({"awx_job_id": 7}, check_mode=False)
    assert (found["pid"], found["job"], found["playbook"]) == (str(os.getppid()), "7", "update_coder.yml")
    # Loaded by the parent, from which it was forked.
    monkeypatch.setattr(this_run, "_LOADED_BY", os.getppid())
    assert this_run.of_task({}, check_mode=True)["pid"] == str(os.getppid())


@pytest.mark.parametrize("loaded_by", ["the parent", "a worker"])
def test_a_worker_whose_run_was_killed_begins_nothing(monkeypatch, loaded_by):
    monkeypatch.setattr(this_run, "_LOADED_BY", os.getppid() if loaded_by == "the parent" else os.getpid())
    monkeypatch.setattr(this_run, "_ITS_PARENT", os.getppid())
    # Orphans are given to the first process, or to a reaper.
    monkeypatch.setattr(os, "getppid", lambda: 1)
    with pytest.raises(AnsibleError, match="was killed"):
        this_run.of_task({}, check_mode=False)
