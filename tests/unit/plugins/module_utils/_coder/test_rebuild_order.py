# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ansible_collections.coder.classic.plugins.module_utils._coder.rebuild_order import (
    SHOWN_WITHIN,
    Wishes,
    newest_running,
    queue,
    select,
    verdict,
)
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SWITCH = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
EVERYTHING = {"only": None, "leave": [], "built_before": None, "idle_minutes": 60, "consent_in_use": False}


def row(name, status, built="2026-03-01T00:00:00Z", connected="2026-03-01T00:00:00Z"):
    stat = {"container_status": status}
    return {
        "id": f"id-{name}",
        "name": name,
        "last_built_at": built,
        "last_connection_at": connected,
        "latest_stat": stat,
    }


LIVE = row("live", "ON", connected="2026-03-02T11:59:00Z")
IDLE = row("idle", "ON")
OFF = row("off", "OFF")
OFF_NEWER = row("zzz", "OFF", built="2026-03-01T01:00:00Z")
BROKEN = row("broken", "FAILED")
REBUILT = row("rebuilt", "ON", built="2026-03-02T11:30:00Z")
ALL = [LIVE, IDLE, BROKEN, OFF, OFF_NEWER, REBUILT]


def chosen(**wishes):
    return select(ALL, Wishes(**{**EVERYTHING, **wishes}), NOW)


def names(rows):
    return [row["name"] for row in rows]


def test_off_before_idle_before_the_rest_and_nobody_is_disturbed():
    selection = chosen()
    assert names(selection.queue) == ["off", "zzz", "idle", "rebuilt", "broken"]
    assert names(selection.in_use) == ["live"]


def test_with_consent_those_in_use_come_last():
    selection = chosen(consent_in_use=True)
    assert names(selection.queue)[-1] == "live"
    assert selection.in_use == []


def test_only_older_builds():
    selection = chosen(built_before=SWITCH)
    assert names(selection.built) == ["rebuilt"]
    assert "rebuilt" not in names(selection.queue)


def test_leave_wins_and_may_name_strangers():
    selection = chosen(leave=["live", "id-off", "of another provider"])
    assert names(selection.left) == ["live", "off"]
    assert names(selection.queue) == ["zzz", "idle", "rebuilt", "broken"]
    assert selection.in_use == []


def test_only_must_exist():
    assert names(chosen(only=["off", "id-idle"]).queue) == ["off", "idle"]
    with pytest.raises(ClassicError, match="nobody"):
        chosen(only=["off", "nobody"])


def test_the_canary_is_the_newest_build_among_those_off():
    assert names(queue(chosen(), None, False)) == ["zzz", "off", "idle", "rebuilt", "broken"]


@pytest.mark.parametrize(
    ("leave", "canary"),
    [
        (["off", "zzz", "rebuilt"], "idle"),
        (["off", "zzz", "rebuilt", "idle"], "live"),
        (["off", "zzz", "rebuilt", "idle", "live"], "broken"),
    ],
)
def test_the_next_best_canary(leave, canary):
    assert names(queue(chosen(leave=leave, consent_in_use=True), None, False))[0] == canary


def test_a_wanted_canary_is_first():
    assert names(queue(chosen(), "idle", False)) == ["idle", "off", "zzz", "rebuilt", "broken"]
    assert names(queue(chosen(), "id-idle", True)) == ["idle"]


@pytest.mark.parametrize(
    ("canary", "leave", "code"),
    [("live", [], "consent_missing"), ("idle", ["idle"], "invalid"), ("nobody", [], "not_found")],
)
def test_a_canary_that_cannot_be_is_an_error(canary, leave, code):
    with pytest.raises(ClassicError) as caught:
        queue(chosen(leave=leave), canary, False)
    assert caught.value.code == code


def test_a_canary_name_that_two_users_have_is_ambiguous():
    twins = [row("home", "OFF"), {**row("home", "OFF"), "id": "id-2"}]
    with pytest.raises(ClassicError) as caught:
        queue(select(twins, Wishes(**EVERYTHING), NOW), "home", False)
    assert caught.value.code == "ambiguous"


def test_one_build_since_then_is_enough_for_canary_only():
    assert queue(chosen(built_before=SWITCH), None, True) == []
    assert queue(chosen(built_before=SWITCH), "rebuilt", True) == []
    assert names(queue(chosen(built_before=SWITCH), "off", True)) == ["off"]
    assert names(queue(chosen(built_before=SWITCH), "rebuilt", False))[0] == "zzz"


def test_nothing_to_do():
    assert queue(select([], Wishes(**EVERYTHING), NOW), None, False) == []


def test_the_newest_running_build():
    assert newest_running(chosen(built_before=SWITCH))["name"] == "rebuilt"
    assert newest_running(chosen()) is None


BEFORE = {"last_built_at": "t1", "updated_at": "u1", "updating": False, "latest_stat": {"container_status": "OFF"}}


def state(status, **fields):
    return {**BEFORE, "latest_stat": {"container_status": status}, **fields}


@pytest.mark.parametrize(
    ("now", "seen", "seconds", "expected"),
    [
        (state("CREATING", updating=True), True, 900, "building"),
        (state("ON", last_built_at="t2"), False, 1, "good"),
        (state("ON", last_built_at="t2", updating=True), False, 1, "building"),
        (state("ON"), True, 1, "building"),
        (state("ON"), True, SHOWN_WITHIN + 1, "failed"),
        (state("OFF"), False, 1, "building"),
        (state("OFF"), False, SHOWN_WITHIN + 1, "failed"),
        (state("CREATING", last_built_at="t2"), True, SHOWN_WITHIN + 1, "building"),
        (state("FAILED"), True, 1, "failed"),
        (state("FAILED", updated_at="u2"), False, 1, "failed"),
        (state("FAILED", last_built_at="t2"), False, 1, "failed"),
        # Its user turned it off right after the build.
        (state("OFF", last_built_at="t2"), True, 1, "building"),
        (state("OFF", last_built_at="t2"), True, SHOWN_WITHIN + 1, "good"),
        # Failed before, and the new build does not show yet.
        (state("FAILED"), False, 1, "building"),
    ],
)
def test_verdict(now, seen, seconds, expected):
    assert verdict(BEFORE, now, seen, seconds) == expected


@pytest.mark.parametrize(("seconds", "expected"), [(1, "building"), (SHOWN_WITHIN + 1, "failed")])
def test_one_that_had_failed_before_fails_anew_only_when_a_build_was_seen(seconds, expected):
    before, now = state("FAILED"), state("FAILED", updated_at="u2")
    assert verdict(before, now, False, seconds) == expected
    assert verdict(before, now, True, seconds) == "failed"
