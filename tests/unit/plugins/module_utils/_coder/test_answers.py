# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ansible_collections.coder.classic.plugins.module_utils._coder import providers, times, workspaces
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        (None, None),
        ("", None),
        ("0001-01-01T00:00:00Z", None),
        ("2026-03-02T12:00:00Z", NOW),
        ("2026-03-02T13:00:00+01:00", NOW),
        ("2026-03-02T12:00:00.123456789Z", NOW.replace(microsecond=123456)),
    ],
)
def test_times(text, moment):
    assert times.parse(text) == moment


@pytest.mark.parametrize("text", ["yesterday", "2026-03-02T12:00:00", "2026-03-02", 5])
def test_a_time_without_a_zone_is_refused(text):
    with pytest.raises(ClassicError, match="not a point in time"):
        times.parse(text)


def test_times_are_written_in_utc():
    assert times.rfc3339(times.parse("2026-03-02T13:00:00+01:00")) == "2026-03-02T12:00:00Z"


@pytest.mark.parametrize(
    ("status", "last", "expected"),
    [
        ("OFF", "2026-03-02T12:00:00Z", False),
        ("ON", "2026-03-02T11:30:00Z", True),
        ("ON", "2026-03-02T12:05:00Z", True),
        ("ON", "2026-03-02T11:00:00Z", False),
        ("ON", "0001-01-01T00:00:00Z", False),
        ("ON", None, True),
        ("UNKNOWN", "2026-03-02T11:30:00Z", True),
        ("UNKNOWN", "2026-03-02T11:00:00Z", False),
        ("UNKNOWN", None, True),
        ("FAILED", "2026-03-02T11:30:00Z", False),
    ],
)
def test_in_use(status, last, expected):
    row = {"latest_stat": {"container_status": status}, "last_connection_at": last}
    assert workspaces.in_use(row, NOW, 60) is expected


def test_built_before():
    assert workspaces.built_before({"last_built_at": "2026-03-02T11:59:59Z"}, NOW)
    assert workspaces.built_before({"last_built_at": "0001-01-01T00:00:00Z"}, NOW)
    assert not workspaces.built_before({"last_built_at": "2026-03-02T12:00:00Z"}, NOW)


def test_named_takes_ids_and_names_and_names_the_missing():
    rows = [{"id": "1", "name": "a"}, {"id": "2", "name": "b"}, {"id": "3", "name": "a"}]
    assert workspaces.named(rows, ["a", "2"]) == rows
    assert workspaces.named(rows, ["3"]) == rows[2:]
    with pytest.raises(ClassicError, match="c, d") as caught:
        workspaces.named(rows, ["a", "c", "d"])
    assert "a, a, b" in caught.value.why


def test_a_provider_is_found_by_its_exact_name():
    rows = [{"id": "1", "name": "a", "status": "ready"}, {"id": "2", "name": "b", "status": "error"}]
    assert providers.pick(rows, "b") is rows[1]
    assert providers.find(rows, "A") is None
    with pytest.raises(ClassicError, match=r"a \(ready\), b \(error\)") as caught:
        providers.pick(rows, "A")
    assert caught.value.code == "unknown_provider"


def test_two_providers_of_one_name_are_ambiguous():
    with pytest.raises(ClassicError) as caught:
        providers.pick([{"id": "1", "name": "a"}, {"id": "2", "name": "a"}], "a")
    assert caught.value.code == "ambiguous"
