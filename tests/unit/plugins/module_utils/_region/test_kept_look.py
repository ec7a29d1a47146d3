# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import os
import stat

import pytest
from unit.plugins.module_utils._region.scene import WANTED

from ansible_collections.coder.classic.plugins.module_utils._region.kept_look import KeptLook

VIEW = {"phase": "moved"}


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def kept(tmp_path, clock):
    def make(**wanted) -> KeptLook:
        return KeptLook(str(tmp_path), {**copy.deepcopy(WANTED), **wanted}, clock)

    return make


def test_a_look_serves_the_next_step_until_it_is_too_old(kept, clock) -> None:
    kept().anew(lambda: VIEW)
    clock.now += 60
    assert kept(goal="retire", step="seal").read() == VIEW
    assert kept().read(max_age=59) is None
    clock.now += 1
    assert kept().read() is None


def test_its_age_is_counted_from_when_it_began(kept, clock) -> None:
    def slow() -> dict:
        clock.now += 50
        return VIEW

    kept().anew(slow)
    clock.now += 11
    assert kept().read() is None


def test_a_write_at_whatever_provider_ends_it_also_one_during_the_look(kept) -> None:
    kept().anew(lambda: VIEW)
    kept(provider="sydney-2").act()
    assert kept().read() is None

    def meanwhile() -> dict:
        kept(provider="sydney-2").act()
        return VIEW

    kept().anew(meanwhile)
    assert kept().read() is None


@pytest.mark.parametrize("other", [{"provider": "sydney-2"}, {"consent_retire": True}, {"soak_seconds": 1}])
def test_who_asks_for_something_else_looks_for_himself(kept, other) -> None:
    kept().anew(lambda: VIEW)
    assert kept(**other).read() is None


def test_what_is_no_look_is_none(kept, tmp_path) -> None:
    assert kept().read() is None
    kept().anew(lambda: VIEW)
    (file,) = tmp_path.glob("coder-classic-look-*")
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    file.write_text("{")
    assert kept().read() is None


def test_the_lock_is_remembered_by_region(kept) -> None:
    assert not kept().may_be_locked
    kept().note_lock()
    assert kept(provider="sydney-2").may_be_locked and not kept(region="frankfurt").may_be_locked
