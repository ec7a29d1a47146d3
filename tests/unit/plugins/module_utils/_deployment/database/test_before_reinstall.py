# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a repair demands once more after its reinstall was ended in the middle."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pytest
from unit.plugins.module_utils._database.test_snapshot_file import write
from unit.plugins.module_utils._deployment import looks, scene

from ansible_collections.coder.classic.plugins.module_utils._database import snapshot_file
from ansible_collections.coder.classic.plugins.module_utils._deployment.database import before_reinstall, snapshots
from ansible_collections.coder.classic.plugins.module_utils._deployment.judge.assess import assess
from ansible_collections.coder.classic.plugins.module_utils._deployment.steps import guard, repair
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm.repair import reinstall_journal

MINE = {"cluster_uid": "uid-primary", "namespace": "coder", "release": "coder", "version": "1.20.3"}


@pytest.fixture
def wanted(tmp_path):
    return {
        **scene.WANTED, "version": "1.21.7", "backup_dir": str(tmp_path), "service_next": None, "snapshot_done": None,
        "snapshot_max_age_hours": 1,
    }  # fmt: skip


def view(stage="1.20", *changes):
    seen = looks.look(stage, version="1.21.7")
    looks.both(looks.on_net_v2(), *changes)(seen)
    return assess(seen)


def gone(seen):
    """Between the uninstall and the install."""
    looks.of_cluster(release=None, deployments=[])(seen)
    looks.of_coder(version=None, user=None, providers=None)(seen)


def installing(seen):
    looks.of_release(
        revision=1, updated="later", status="pending-install", app_version="1.21.7", chart_version="1.21.7"
    )(seen)
    looks.of_coder(version=None, user=None, providers=None)(seen)


def begin(wanted, before):
    """Writes the journal, as the uninstall of that release begins."""
    os.makedirs(before_reinstall.folder(wanted))
    release = before["release"]
    journal = reinstall_journal.Journal(
        "uid-primary", "host", "coder", "coder", release["revision"], release["updated"], "coder", "/v", "/b", "sum",
        note=before_reinstall.note(wanted, before),
    )  # fmt: skip
    file = reinstall_journal.path(before_reinstall.folder(wanted), "uid-primary", "coder", "coder")
    reinstall_journal.write(file, journal)
    assert reinstall_journal.read(file) == journal


def save(wanted, hours):
    path = snapshots.folder(wanted)
    snapshot_file.folder(path)
    taken = datetime.now(UTC) - timedelta(hours=hours)
    return write(path, f"of-{hours}", of=MINE, taken=taken.strftime(snapshot_file.TIME))


def demand(wanted, at):
    try:
        repair.demand(wanted, at, check_mode=False)
    except ClassicError as error:
        return error.code
    return None


@pytest.mark.parametrize("change", [gone, installing])
def test_the_same_version_installed_anew_migrates_nothing(wanted, change) -> None:
    before = view("1.21 old layout")
    assert demand(wanted, before) is None
    assert demand(wanted, view("1.21 old layout", change)) == "consent_missing"
    begin(wanted, before)
    assert demand(wanted, view("1.21 old layout", change)) is None


@pytest.mark.parametrize("change", [gone, installing])
def test_an_update_goes_on_with_the_snapshot_that_it_rested_on(wanted, change) -> None:
    assert demand(wanted, view()) == "consent_missing"
    save(wanted, 0.5)
    assert demand(wanted, view()) is None
    begin(wanted, view())
    assert demand(wanted, view("1.20", change)) is None
    # However long ago that was; one from since then is of no state to go back to.
    wanted["snapshot_max_age_hours"] = 0.1
    assert demand(wanted, view("1.20", change)) is None
    noted = before_reinstall.seen(wanted, view("1.20", change))
    later = save(wanted, -0.1)
    assert guard.resting(wanted, noted)["path"] != later["path"]


def test_a_journal_of_a_reinstall_that_did_not_begin_says_nothing(wanted) -> None:
    begin(wanted, view())
    now = view()
    assert before_reinstall.seen(wanted, now) is now
    going = {**now, "release": {**now["release"], "status": "uninstalling"}}
    assert before_reinstall.seen(wanted, going)["release"]["exists"] is False


def test_a_journal_of_long_ago_makes_no_old_snapshot_a_fresh_one(wanted) -> None:
    save(wanted, 400)
    begin(wanted, view())
    installed_anew = looks.of_release(revision=1, updated="later", status="deployed")
    now = view("1.20", installed_anew)
    assert before_reinstall.seen(wanted, now) is now
    assert demand(wanted, now) == "consent_missing"


def test_what_the_first_run_noted_stays_noted(wanted) -> None:
    first = before_reinstall.note(wanted, view())
    begin(wanted, view())
    again = before_reinstall.note(wanted, view("1.20", gone))
    assert (again["running"], again["revision"]) == (first["running"], first["revision"]) == ("1.20.3", 1)
    assert before_reinstall.note({**wanted, "backup_dir": None}, view("1.20", gone))["running"] is None
