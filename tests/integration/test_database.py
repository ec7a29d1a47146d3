# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Snapshots of the built-in and of an external database: what is proved before one counts, and what is left where it fails.

By somebody who has only the rights of the examples. Each fault meets update_coder.yml, which must not have begun.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from database_site import Database, described, files, snapshots
from main_site import CLUSTER, FOR_UPDATE, SNAPSHOT, Site
from region_lab import RegionLab
from sampling import sampled
from site_runs import Run

from lab import primaries

PLAYBOOK = "snapshot_database.yml"
SECRET = "coder-database"
IMAGE = {"coder_database_image": "postgres:17", "coder_database_programs": None}


def save(site: Site, *options: str, **more) -> Run:
    return site.play(*options, playbook=PLAYBOOK, version=None, **more)


def clean(site: Site) -> None:
    shutil.rmtree(site.backups, ignore_errors=True)
    site.lab.forget()


def assert_nothing_is_left(site: Site, *, listed: int = 0) -> None:
    """No file looks good, no database of ours is there, no pod, and the update has not begun."""
    assert [name for name in files(site) if name.endswith(".partial")] == []
    assert len(files(site)) == 2 * listed and len(snapshots(site)) == listed
    assert Database(site.lab).ours() == []
    assert client_pods(site) == []
    assert (site.revisions(), site.version()) == ([1], "1.20.0")
    assert site.metadata("lease", "coder-classic--main-deployment") is None


def client_pods(site: Site) -> list[str]:
    path = "jsonpath={.items[*].metadata.name}"
    return site.lab.kubectl(CLUSTER, "get", "pods", "-l", "coder.classic/database-client=true", "-o", path).split()


# -- the built-in one -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def built_in(region_lab, tmp_path_factory) -> Site:
    region_lab.begin("fresh")
    site = Site(region_lab, tmp_path_factory.mktemp("built-in"))
    region_lab.lab.snapshot("built-in-1.20")
    return site


def test_the_built_in_database_is_saved_and_the_update_rests_on_it(built_in):
    site, database = built_in, Database(built_in.lab)
    clean(site)
    planned = save(site, "--check").must_end_well()
    assert "A snapshot of database coder" in planned.text and "would be taken" in planned.text
    site.lab.assert_nothing_written()
    assert (site.backups.exists(), database.names()) == (False, ["coder"])

    run = save(site).must_end_well()
    (dump,) = snapshots(site)
    found = described(dump)
    assert run.changed == {"localhost": 1} and str(dump) in run.text and "restored and compared" in run.text
    assert (found["of"]["version"], found["of"]["kind"], found["verified"]) == ("1.20.0", "built_in", "restored")
    rows = int(database.sql("SELECT count(*) FROM audit_logs"))
    assert found["counts"]["tables"]["public.audit_logs"] == rows
    assert {path.stat().st_mode & 0o777 for path in dump.parent.iterdir()} == {0o600}
    assert dump.parent.stat().st_mode & 0o777 == 0o700 and database.ours() == []

    # The newest ones are kept, and the newest that was restored and compared.
    for _time in range(2):
        save(site, coder_snapshot_keep=2, coder_snapshot_verify="read").must_end_well()
    kept = snapshots(site)
    assert [described(one)["verified"] for one in kept] == ["restored", "read", "read"] and kept[0] == dump

    planned = site.play("--check").must_end_well()
    assert "would be taken" not in planned.text
    site.lab.forget()
    run = site.play().must_end_well()
    assert snapshots(site) == kept and f"can be taken back to {kept[-1]}" in run.text
    assert site.version() == "1.21.7"


def test_without_the_right_to_exec_it_is_told_before_anything_is_written(built_in):
    site = built_in
    site.lab.begin("built-in-1.20")
    clean(site)
    site.limit_to("primary", "primary-look", "primary-database")
    exec_rule = '[{"op": "remove", "path": "/rules/0"}]'
    site.lab.kubectl(CLUSTER, "patch", "role", "coder-classic-database", "--type=json", "-p", exec_rule)
    words = ("pods/timescale-0/exec", 'cannot get resource "pods/exec"', "Untouched", "Next: Ask for this right")
    save(site).must_fail(*words)
    site.limit_to(*FOR_UPDATE)
    site.lab.kubectl(CLUSTER, "patch", "role", "coder-classic-database", "--type=json", "-p", exec_rule)
    site.play().must_fail(*words)
    assert_nothing_is_left(site)
    assert [write for write in site.lab.cluster_writes(CLUSTER) if "/leases" not in write] == []
    # Restored beside it or not: a snapshot takes no more than these.
    site.limit_to("primary", "primary-look", "primary-database")
    save(site).must_end_well()
    assert_nothing_is_left(site, listed=1)


# -- an external one --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def external(region_lab, tmp_path_factory) -> Iterator[Site]:
    """A lab of its own, whose main deployment of 1.20 has an external database."""
    state = region_lab.state.with_name(region_lab.state.name.replace("lab-test", "lab-test-database"))
    lab = RegionLab.up(state, "1.21", ("sydney",), primaries.CUSTOM)
    try:
        site = Site(lab, tmp_path_factory.mktemp("external"), found=True)
        lab.lab.snapshot("database")
        yield site
    finally:
        lab.down()


@pytest.fixture
def site(external) -> Site:
    external.lab.begin("database")
    clean(external)
    return external


def password(site: Site) -> str:
    return Path(site.lab.description["database"]["password_path"]).read_text()


def shown(secret: bytes) -> list[str]:
    """Processes of this machine that show it in their arguments or their environment."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            for name in ("cmdline", "environ"):
                if secret in (content := (folder / name).read_bytes()):
                    found.append(f"{name}: {content[:300]!r}")
    return found


@pytest.mark.parametrize("reached", ["from the controller", "from a pod"])
def test_an_external_database_is_saved_and_its_password_is_nowhere(site, reached):
    more = {} if reached == "from the controller" else IMAGE
    secret, database = password(site), Database(site.lab)
    planned = save(site, "--check", **more).must_end_well()
    assert "would be taken" in planned.text and (files(site), database.names()) == ([], ["coder"])
    # To look into it takes a pod, too, and that goes again.
    made = site.lab.cluster_writes(CLUSTER)
    assert [write for write in made if "/pods" not in write or not more] == []

    database.add_rows(4000, 2000)
    with (
        sampled(lambda: shown(secret.encode()), every=0.02) as processes,
        sampled(lambda: len(client_pods(site)), every=0.3) as pods,
    ):
        run = save(site, "-vvvv", **more).must_end_well()
    (dump,) = snapshots(site)
    assert len(processes) > 20 and [one for found in processes for one in found] == []
    assert max(pods) == (1 if more else 0) and client_pods(site) == []
    encoded = base64.b64encode(secret.encode()).decode()
    texts = [run.output, dump.with_suffix(".json").read_text()]
    texts += [Path(one["audit_log"]).read_text() for one in site.lab.clusters.values()]
    assert [word for word in (secret, encoded) for text in texts if word in text] == []
    assert (described(dump)["verified"], described(dump)["of"]["kind"]) == ("restored", "external")
    assert f"{dump} (" in run.text and database.ours() == []


# -- what goes wrong --------------------------------------------------------------------------------------------------


def change_secret(site: Site, data: dict[str, str]) -> None:
    patch = json.dumps([{"op": "replace", "path": "/data", "value": data}])
    site.lab.kubectl(CLUSTER, "patch", "secret", SECRET, "--type=json", "-p", patch)


@contextlib.contextmanager
def wrong_password(site: Site, folder: Path) -> Iterator[dict]:
    change_secret(site, {"password": base64.b64encode(b"another one").decode()})
    yield {}


@contextlib.contextmanager
def no_key(site: Site, folder: Path) -> Iterator[dict]:
    change_secret(site, {"pass": "eA=="})
    yield {}


@contextlib.contextmanager
def no_right_to_create(site: Site, folder: Path) -> Iterator[dict]:
    Database(site.lab).role(superuser=False)
    yield {}


@contextlib.contextmanager
def old_programs(site: Site, folder: Path) -> Iterator[dict]:
    for name in ("psql", "pg_restore"):
        (folder / name).symlink_to(Path(site.programs, name))
    (folder / "pg_dump").write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 10.23 (Debian 10.23-1)'\n")
    (folder / "pg_dump").chmod(0o755)
    yield {"coder_database_programs": folder}


@contextlib.contextmanager
def no_programs(site: Site, folder: Path) -> Iterator[dict]:
    yield {"coder_database_programs": folder}


@contextlib.contextmanager
def server_down(site: Site, folder: Path) -> Iterator[dict]:
    site.lab.lab.end_database()
    try:
        yield {}
    finally:
        site.lab.lab.start_database()


@contextlib.contextmanager
def connection_cut(site: Site, folder: Path) -> Iterator[dict]:
    Database(site.lab).add_rows(60, 1_000_000, "ballast")
    cut = {"after_bytes": 20_000_000, "seconds": 120}
    asked = threading.Thread(target=site.lab.lab.control, args=("POST", "/database/cut", cut))
    asked.start()
    try:
        yield {}
    finally:
        asked.join()


@contextlib.contextmanager
def restore_cut(site: Site, folder: Path) -> Iterator[dict]:
    """The trial restore ends in the middle, after a dump that is whole."""
    Database(site.lab).add_rows(60, 1_000_000, "ballast")
    cut = {"application": "pg_restore", "after_bytes": 20_000_000, "seconds": 120}
    asked = threading.Thread(target=site.lab.lab.control, args=("POST", "/database/cut", cut))
    asked.start()
    try:
        yield {}
    finally:
        asked.join()


FAULTS = {
    wrong_password: ("password authentication failed", "Untouched"),
    no_key: (f"Secret {SECRET} has no key password", "postgres.passwordSecret"),
    no_right_to_create: ("User coder may not create a database", "ALTER ROLE coder CREATEDB"),
    old_programs: ("pg_dump is of PostgreSQL 10, the server of 1", "coder_database_programs"),
    no_programs: ("cannot be run", "coder_database_programs"),
    # What Coder says comes first; snapshot_database.yml says what it is.
    server_down: ("Coder answered 500", "Untouched: Everything"),
    connection_cut: ("pg_dump failed", "the partial dump was removed"),
    restore_cut: ("The dump cannot be restored whole", "PQputCopyData"),
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_where_the_database_cannot_be_saved_the_update_does_not_begin(site, tmp_path, fault):
    (tmp_path / "programs").mkdir()
    with fault(site, tmp_path / "programs") as more:
        run = site.play(**more).must_fail(*FAULTS[fault])
        if fault is server_down:
            save(site).must_fail("Connection refused", "Untouched")
    assert "pipe closed by peer" not in run.output
    assert_nothing_is_left(site)
    assert password(site) not in run.output
    assert [write for write in site.lab.cluster_writes(CLUSTER) if "/leases" not in write] == []


def test_a_client_pod_is_gone_after_a_failure(site, tmp_path):
    with wrong_password(site, tmp_path):
        save(site, **IMAGE).must_fail("password authentication failed")
    assert any("create /api/v1/namespaces/coder/pods" in write for write in site.lab.cluster_writes(CLUSTER))
    assert_nothing_is_left(site)


def test_a_disk_that_gets_full_leaves_no_file(site):
    if os.getuid() != 0 or subprocess.run(["which", "mount"], capture_output=True, check=False).returncode:
        pytest.skip("only root may mount the small disk that gets full")
    site.backups.mkdir()
    # More than what is asked for before, and filled up while it is dumped: the file system's own word.
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=400m", "tmpfs", str(site.backups)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"this machine does not let root mount: {mounted.stderr.decode()}")
    try:
        small = site.backups / "something-else"
        small.write_bytes(b"\0" * 300 * 1024 * 1024)
        site.play().must_fail("There is no room for the dump", "Make room in")
        small.unlink()
        Database(site.lab).add_rows(60, 1_000_000, "ballast")
        with filled_while_dumped(site, small):
            site.play().must_fail("The snapshot cannot be written", "No space left on device")
        small.unlink(missing_ok=True)
        assert_nothing_is_left(site)
    finally:
        subprocess.run(["umount", str(site.backups)], check=True)


@contextlib.contextmanager
def filled_while_dumped(site: Site, small: Path) -> Iterator[None]:
    """As soon as the dump has begun nothing more is free."""
    ended = threading.Event()

    def fill() -> None:
        while not ended.wait(0.01):
            if list(site.backups.glob("database/*.partial")):
                with contextlib.suppress(OSError), small.open("wb") as file:
                    while True:
                        file.write(b"\0" * 1024 * 1024)
                return

    thread = threading.Thread(target=fill)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def test_a_snapshot_that_was_damaged_is_none(site):
    save(site).must_end_well()
    (dump,) = snapshots(site)
    content = bytearray(dump.read_bytes())
    # One byte: only who reads it to its end sees that, right before the update.
    content[len(content) // 2] ^= 1
    dump.write_bytes(content)
    site.play().must_fail("Its checksum is not the one that was written", "snapshot_database.yml")
    assert_nothing_is_left(site, listed=1)
    # What is too short is seen at once, and no snapshot: the update takes another one.
    dump.write_bytes(content[:-1])
    site.play().must_end_well()
    assert site.version() == "1.21.7" and len(snapshots(site)) == 2
    assert described(snapshots(site)[-1])["of"]["version"] == "1.20.0"


def test_who_saves_it_by_other_means_says_so(site):
    site.play(**SNAPSHOT, coder_database_programs="/nowhere").must_end_well()
    assert (site.version(), files(site)) == ("1.21.7", [])
