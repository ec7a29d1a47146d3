# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which snapshot an update may rest on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from unit.plugins.module_utils._database.test_snapshot_file import described, write
from unit.plugins.module_utils._deployment import looks

from ansible_collections.coder.classic.plugins.module_utils._database import snapshot_file
from ansible_collections.coder.classic.plugins.module_utils._deployment.database import snapshots
from ansible_collections.coder.classic.plugins.module_utils._deployment.judge.assess import assess
from ansible_collections.coder.classic.plugins.module_utils._deployment.steps import guard, snapshot
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

NOW = datetime(2026, 11, 30, 6, 30, tzinfo=UTC)
MINE = {"cluster_uid": "uid-primary", "namespace": "coder", "release": "coder", "version": "1.20.3"}


def at(hours):
    return (NOW - timedelta(hours=hours)).strftime(snapshot_file.TIME)


def one(hours, version="1.20.3"):
    return described(taken=at(hours), of={"version": version})


def rests(found, *, unfinished=False, api="1.20.3", updated=3.0, version="1.21.7"):
    """The place of the one that is rested on."""
    view = {"versions": {"api": api}}
    attempt = {"version": version, "revision": 2, "at": updated and at(updated)} if unfinished else None
    chosen = snapshots.to_rest_on(found, view, version=version, attempt=attempt, max_age_seconds=3600, now=NOW)
    return found.index(chosen) if chosen else None


@pytest.mark.parametrize(
    ("found", "place"),
    [
        ([], None),
        ([one(0.5)], 0),
        ([one(1)], 0),
        ([one(1.001)], None),
        ([one(0.1), one(0.2)], 0),
        # Of another version than the one that runs, also where it is the one that is updated to.
        ([one(0.1, "1.20.0")], None),
        ([one(0.1, "1.21.7")], None),
        ([one(0.1, None)], None),
        ([one(0.1, "1.21.7"), one(0.2)], 1),
        ([one(0.1, "1.20.0"), one(0.2)], 1),
        ([{**one(0.1), "taken": "nonsense"}, one(0.2)], 1),
    ],
)
def test_an_update_rests_on_a_young_one_of_what_runs(found, place) -> None:
    assert rests(found) == place
    assert rests(found, api=None) is None


@pytest.mark.parametrize(
    ("found", "place"),
    [
        ([], None),
        # Since the update was begun, three hours ago.
        ([one(0.5)], None),
        ([one(2.9), one(3.5)], 1),
        ([one(3)], 0),
        ([one(900)], 0),
        ([one(3.1, "1.21.7")], None),
        ([one(3.1, "1.21.7"), one(4)], 1),
        ([{**one(4), "taken": "nonsense"}], None),
    ],
)
@pytest.mark.parametrize("api", ["1.20.3", "1.21.7", None])
def test_one_that_was_begun_rests_on_what_is_from_before_however_old(found, place, api) -> None:
    assert rests(found, unfinished=True, api=api) == place
    assert rests(found, unfinished=True, api=api, updated=None) is None


@pytest.mark.parametrize(
    ("of", "mine"),
    [
        ({}, True),
        ({"version": None}, True),
        ({"cluster_uid": "another"}, False),
        ({"namespace": "other"}, False),
        ({"release": "other"}, False),
        ({"cluster_uid": None}, False),
    ],
)
def test_only_those_of_this_deployment_count(tmp_path, of, mine) -> None:
    wanted = {"backup_dir": str(tmp_path), "namespace": "coder", "release": "coder"}
    write(snapshot_file.folder(snapshots.folder(wanted)), of={**MINE, **of})
    view = {"kubernetes": {"uid": "uid-primary"}}
    assert (len(snapshots.of_deployment(wanted, view)) == 1) is mine
    assert snapshots.of_deployment({**wanted, "backup_dir": None}, view) == []


def test_what_a_snapshot_is_of_is_what_finds_it_again(tmp_path) -> None:
    wanted = {"backup_dir": str(tmp_path), "namespace": "coder", "release": "coder"}
    view = assess(looks.look("1.20"))
    of = snapshots.identity(wanted, view)
    assert of == {**MINE, "revision": 1, "kind": "built_in", "host": None}
    assert snapshots.is_of({"of": of}, wanted, view)
    # While Coder is down its images say what it is, then its release.
    view["versions"].update(api=None)
    assert snapshots.identity(wanted, view)["version"] == "1.20.3"
    view["versions"].update(images=None, release="1.20.1")
    assert snapshots.identity(wanted, view)["version"] == "1.20.1"


@pytest.fixture
def demands(tmp_path):
    """The code of the refusal of an update from 1.20.3 to 1.21.7, None without one."""

    def demand(*found, status="deployed", release="1.20.3", api="1.20.3", now=None, **options):
        seen = looks.look("1.20")
        seen["cluster"]["release"].update(status=status, chart_version=release, app_version=release, updated=_ago(3))
        seen["coder"]["version"] = api
        wanted = {
            "version": "1.21.7", "service_next": None, "snapshot_done": None, "snapshot_max_age_hours": 1,
            "backup_dir": str(tmp_path), "namespace": "coder", "release": "coder", **options,
        }  # fmt: skip
        for number, more in enumerate(found):
            write(snapshot_file.folder(snapshots.folder(wanted)), f"n{number}", **more)
        seen["wanted"] = {**seen["wanted"], "version": wanted["version"]}
        view = assess(seen)
        asked = []
        for act in (guard.demand, snapshot.demand_for_update):
            try:
                act(wanted, view, check_mode=False)
                asked.append(None)
            except ClassicError as error:
                asked.append(error.code)
        here = type("Here", (), {"wanted": wanted})
        return (*asked, snapshot.is_due(here, view))

    return demand


def _ago(hours):
    return (datetime.now(UTC) - timedelta(hours=hours)).strftime(snapshot_file.TIME)


def kept(hours, **of):
    return {"taken": _ago(hours), "of": {**MINE, **of}}


@pytest.mark.parametrize(
    ("found", "options", "answers"),
    [
        # What the update says, what the snapshot before it says, whether that is taken.
        ([], {}, ("consent_missing", None, True)),
        ([], {"snapshot_done": "by hand"}, (None, None, False)),
        ([], {"backup_dir": None}, ("consent_missing", "missing_variable", True)),
        ([kept(0.5)], {}, (None, None, False)),
        ([kept(2)], {}, ("consent_missing", None, True)),
        ([kept(2)], {"snapshot_max_age_hours": 3}, (None, None, False)),
        ([kept(0.5, version="1.20.0")], {}, ("consent_missing", None, True)),
        ([kept(0.5, cluster_uid="another")], {}, ("consent_missing", None, True)),
        ([kept(0.5, release="other")], {}, ("consent_missing", None, True)),
        ([{**kept(0.5), "dump_bytes": 1}], {}, ("consent_missing", None, True)),
        # An update that did not end: what is taken now is one to go back to only where a restore was since, which the act asks.
        ([], {"status": "failed", "release": "1.21.7"}, ("consent_missing", None, True)),
        ([kept(0.5)], {"status": "failed", "release": "1.21.7"}, ("consent_missing", None, True)),
        ([kept(50)], {"status": "failed", "release": "1.21.7"}, (None, None, False)),
        ([kept(50)], {"status": "pending-upgrade", "release": "1.21.7", "api": None}, (None, None, False)),
        ([kept(50, version="1.21.7")], {"status": "failed", "release": "1.21.7"}, ("consent_missing", None, True)),
    ],
)
def test_an_update_is_begun_only_with_a_way_back_on_disk(demands, found, options, answers) -> None:
    assert demands(*found, **options) == answers
