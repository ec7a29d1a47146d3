# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""restore_database.yml: an update taken back with the database, by somebody who has only the rights of the examples."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from database_site import Database, begin, described, files, snapshots, what_stays
from main_site import CLUSTER, FOR_UPDATE, Site, with_builtin

PLAYBOOK = "restore_database.yml"
TOLD = "New from after the snapshot"


@pytest.fixture(scope="module")
def site(region_lab, tmp_path_factory) -> Site:
    """1.20, with workspaces of the built-in provider, kept as state restore-1.20."""
    region_lab.begin("fresh")
    site = Site(region_lab, tmp_path_factory.mktemp("restore"))
    with_builtin(region_lab, tmp_path_factory.mktemp("coder"))
    site.limit_to(*FOR_UPDATE)
    Database(region_lab).add_rows(500)
    region_lab.lab.snapshot("restore-1.20")
    return site


class Updated:
    """The site after its update to 1.21.7, with rows that are newer than the snapshot."""

    def __init__(self, site: Site) -> None:
        self.site, self.database = site, Database(site.lab)
        begin(site, "restore-1.20")
        self.before = self.database.content()
        self.stays = what_stays(site)
        self.site.play().must_end_well()
        (self.dump,) = snapshots(site)
        self.database.add_rows(20)
        self.later = self.database.content()
        site.lab.lab.snapshot("restore-1.21.7")
        self._kept = site.backups.with_name("backups-kept")
        shutil.copytree(site.backups, self._kept)

    def begin(self) -> Updated:
        begin(self.site, "restore-1.21.7")
        shutil.copytree(self._kept, self.site.backups)
        return self

    def play(self, *options: str, **more: Any):
        asked = {"coder_restore_snapshot": self.dump, "coder_confirm_restore": "coder", **more}
        return self.site.play(*options, playbook=PLAYBOOK, version=None, **asked)


@pytest.fixture(scope="module")
def of_module(site) -> Updated:
    return Updated(site)


@pytest.fixture
def updated(of_module) -> Updated:
    return of_module.begin()


def chart(site: Site) -> str:
    listed = json.loads(site.lab.helm(CLUSTER, "list", "-o", "json"))
    return next(one["chart"] for one in listed if one["name"] == "coder")


def test_an_update_is_taken_back_with_the_database(updated):
    site, database = updated.site, updated.database
    site.lab.forget()
    planned = updated.play("--check", coder_confirm_restore=None).must_end_well()
    assert str(updated.dump) in planned.text and "would bring back" in planned.text
    site.lab.assert_nothing_written()
    assert (database.names(), database.content(), len(files(site))) == (["coder"], updated.later, 2)

    run = updated.play().must_end_well()
    assert run.changed == {"localhost": 4}
    assert (site.version(), chart(site), database.schema()) == ("1.20.0", "coder-1.20.0", (120, False))
    assert database.content() == updated.before and what_stays(site) == updated.stays
    # Where its users come in, which no rollback of their own would prove.
    assert site.lab.state_of_coder()["entered"] is True
    # What was there is kept twice, and told.
    (former,) = [name for name in database.names() if name != "coder"]
    assert former.startswith("coder_before_") and database.content(former) == updated.later and former in run.text
    kept = next(one for one in snapshots(site) if one != updated.dump)
    assert described(kept)["of"] | {"version": "1.21.7", "before_restore": True} == described(kept)["of"]

    site.lab.forget()
    revisions = site.revisions()
    again = updated.play().must_end_well()
    assert again.changed == {"localhost": 0} and "was brought back already" in again.text
    assert (site.revisions(), database.names()) == (revisions, ["coder", former])

    # The same update is possible again, and takes a snapshot of its own where that one has become too old.
    site.play().must_end_well()
    assert (site.version(), database.schema()) == ("1.21.7", (121, False))
    assert what_stays(site) == updated.stays


def test_who_works_in_the_database_is_told_and_the_next_run_goes_on(updated):
    site, database = updated.site, updated.database
    with database.session("a-report-of-the-site"):
        run = updated.play().must_fail("Somebody works in database coder: a-report-of-the-site (1)", "Next")
        # Down as long as it is not decided, and told so.
        assert "Coder stays scaled to 0" in run.text and site.version() is None
        assert database.content() == updated.later
    run = updated.play().must_end_well()
    # What was restored beside it is not restored again.
    assert run.changed == {"localhost": 2}
    assert (site.version(), database.schema(), database.content()) == ("1.20.0", (120, False), updated.before)


# -- a migration that did not end ---------------------------------------------------------------------------------------


def killed_half_way(site: Site) -> None:
    """ansible and its helm, killed while the schema is dirty."""
    database = Database(site.lab)
    arguments = site.arguments("1.21.7")
    assert site.lab.operator.play_while(lambda: database.schema() != (121, True), "update_coder.yml", **arguments)


def failed_half_way(site: Site) -> None:
    # As long as an update must be given at least.
    run = site.play(coder_update_timeout=60).must_fail(
        # The old code does not get ready on the new schema, so that helm's own way back fails with it.
        "failed: helm rolled the release back (revision 3, coder 1.20.0), and that is failed, too",
        "Code rolled back, schema not: init containers had begun",
    )
    (dump,) = snapshots(site)
    assert f"restore_database.yml -e coder_restore_snapshot={dump} -e coder_confirm_restore=coder" in run.text
    # The old code does not get ready on it, so that nothing is behind the load balancer.
    assert site.lab.coder("GET", "/api/v0/users/me").status_code == 502


def too_slow(site: Site) -> None:
    site.play(coder_update_timeout=60).must_fail("Code rolled back, schema not: init containers had begun (migrations")


MIGRATIONS = {
    killed_half_way: {"kind": "migration_fail", "half_way": True},
    failed_half_way: {"kind": "migration_fail", "half_way": True},
    too_slow: {"kind": "migration_slow", "seconds": 600, "times": 1},
}


@pytest.mark.parametrize("meet", MIGRATIONS, ids=lambda meet: meet.__name__)
def test_a_migration_that_did_not_end_is_taken_back(of_module, request, meet):
    if meet is not killed_half_way and not request.config.getoption("every_write"):
        pytest.skip("minutes of waiting, in make kills")
    site, database = of_module.site, of_module.database
    begin(site, "restore-1.20")
    site.lab.fault(**MIGRATIONS[meet])
    meet(site)
    (dump,) = snapshots(site)
    assert described(dump)["of"]["version"] == "1.20.0"
    site.lab.lab.control("DELETE", "/faults")
    asked = {"coder_restore_snapshot": dump, "coder_confirm_restore": "coder"}
    site.play(playbook=PLAYBOOK, version=None, **asked).must_end_well()
    assert (site.version(), chart(site), database.schema()) == ("1.20.0", "coder-1.20.0", (120, False))
    assert (database.content(), what_stays(site)) == (of_module.before, of_module.stays)


# -- refusals -----------------------------------------------------------------------------------------------------------


def copied(updated: Updated, folder: Path, **of: Any) -> Path:
    """The snapshot once more, as of another deployment."""
    dump = Path(shutil.copy(updated.dump, folder))
    description = described(updated.dump)
    description["of"] |= of
    dump.with_suffix(".json").write_text(json.dumps(description))
    return dump


def test_what_is_not_meant_or_not_whole_is_not_begun(updated, tmp_path):
    site, database = updated.site, updated.database
    site.lab.forget()
    updated.play(coder_restore_snapshot=None).must_fail("coder_restore_snapshot is not given", str(updated.dump))
    updated.play(coder_confirm_restore=None).must_fail("Nobody consented", "-e coder_confirm_restore=coder")
    updated.play(coder_confirm_restore="postgres").must_fail("Nobody consented", "-e coder_confirm_restore=coder")
    other = copied(updated, tmp_path, cluster_uid="another")
    updated.play(coder_restore_snapshot=other).must_fail("is of another deployment", "Untouched: Everything")
    unknown = copied(updated, tmp_path, version="1.19.0")
    updated.play(coder_restore_snapshot=unknown).must_fail("has no revision of Coder 1.19.0", "Untouched: Everything")
    damaged = copied(updated, tmp_path)
    content = bytearray(damaged.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    updated.play(coder_restore_snapshot=damaged).must_fail("Its checksum is not the one", "Untouched")
    damaged.write_bytes(content[:-1])
    updated.play(coder_restore_snapshot=damaged).must_fail("bytes, not the", "Untouched")
    # A run takes its lock, and nothing else.
    assert [write for write in site.lab.cluster_writes() if "/leases" not in write] == []
    assert (site.lab.coder_writes(), database.names()) == ([], ["coder"])
    assert database.content() == updated.later
