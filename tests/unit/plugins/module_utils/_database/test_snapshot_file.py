# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Snapshots in a real folder."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from ansible_collections.coder.classic.plugins.module_utils._database import dump, reach, snapshot_file
from ansible_collections.coder.classic.plugins.module_utils._database.place import Place
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

NOW = datetime(2026, 11, 30, 6, 30, tzinfo=UTC)
CONTENT = b"PGDMP" * 1000


def described(**changed):
    return {
        "taken": "2026-11-30T06:30:00Z", "sha256": hashlib.sha256(CONTENT).hexdigest(), "dump_bytes": len(CONTENT),
        "verified": "restored", "server": 15, "server_version": "15.4", "database": "coder", "extensions": {},
        "counts": {"tables": {"t": 1}, "sequences": {}, "bytes": {}}, "sequences_after": {}, "of": {"version": "1.20.0"},
        **changed,
    }  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    return snapshot_file.folder(str(tmp_path / "backups" / "database"))


def write(folder, name="one", content=CONTENT, **changed):
    path = os.path.join(folder, name)
    with os.fdopen(snapshot_file.begin(path), "wb") as file:
        file.write(content)
    return snapshot_file.finish(path, described(**changed))


def refused(act, code="no_snapshot"):
    with pytest.raises(ClassicError) as caught:
        act()
    error = caught.value
    assert error.code == code and error.where and error.why and error.untouched and error.next_step
    return error


def mode(path):
    return os.stat(path).st_mode & 0o777


def test_what_was_written_is_read_and_nobody_else_may(folder) -> None:
    made = write(folder)
    assert made == {**described(), "path": os.path.join(folder, "one.dump")}
    assert sorted(os.listdir(folder)) == ["one.dump", "one.json"]
    for name in ("one", "one.dump", "one.json"):
        assert snapshot_file.read(os.path.join(folder, name)) == {**made, "format": 1}
    assert (mode(folder), mode(made["path"]), mode(folder + "/one.json")) == (0o700, 0o600, 0o600)
    snapshot_file.demand_unchanged(made)


def test_a_partial_one_is_none(folder) -> None:
    path = os.path.join(folder, "half")
    os.close(snapshot_file.begin(path))
    assert mode(path + ".dump.partial") == 0o600
    assert snapshot_file.all_in(folder) == []
    assert snapshot_file.partials(folder) == [path + ".dump.partial"]
    refused(lambda: snapshot_file.read(path))
    # Nobody writes into that of somebody else.
    refused(lambda: snapshot_file.begin(path), "backup_failed")
    snapshot_file.drop_partial(path)
    snapshot_file.drop_partial(path)
    assert os.listdir(folder) == []


def change(path, act):
    def changed(folder):
        act(Path(folder, path))

    return changed


def rewrite(**changed):
    return change("one.json", lambda file: file.write_text(json.dumps({"format": 1, **described(**changed)})))


@pytest.mark.parametrize(
    "spoil",
    [
        change("one.dump", os.remove),
        change("one.json", os.remove),
        change("one.dump", lambda file: file.write_bytes(CONTENT[:-1])),
        change("one.dump", lambda file: file.write_bytes(CONTENT + b"x")),
        change("one.json", lambda file: file.write_text(file.read_text()[:40])),
        change("one.json", lambda file: file.write_text("")),
        change("one.json", lambda file: file.write_text("[]")),
        change("one.json", lambda file: file.write_text("null")),
        change("one.json", lambda file: file.write_bytes(b"\xff\xfe")),
        change("one.json", lambda file: file.write_text(json.dumps({"format": 2, **described()}))),
        change("one.json", lambda file: file.write_text(json.dumps(described()))),
        rewrite(sha256=None),
        rewrite(dump_bytes="5000"),
        rewrite(of=None),
        rewrite(counts={}),
        rewrite(counts={"tables": [], "sequences": {}, "bytes": {}}),
        rewrite(taken="yesterday"),
        rewrite(database=None),
        rewrite(extensions=["plpgsql"]),
        rewrite(server_version=None),
    ],
)
def test_what_is_not_whole_is_refused_and_never_listed(folder, spoil) -> None:
    write(folder)
    write(folder, "two")
    spoil(folder)
    refused(lambda: snapshot_file.read(os.path.join(folder, "one.dump")))
    assert [os.path.basename(one["path"]) for one in snapshot_file.all_in(folder)] == ["two.dump"]


def test_a_dump_with_another_content_of_the_same_size_is_seen_before_it_is_used(folder) -> None:
    made = write(folder)
    Path(made["path"]).write_bytes(b"X" + CONTENT[1:])
    assert snapshot_file.all_in(folder)
    assert "checksum" in refused(lambda: snapshot_file.demand_unchanged(made)).why
    os.remove(made["path"])
    refused(lambda: snapshot_file.demand_unchanged(made))


def test_the_newest_comes_first_whatever_its_name(folder) -> None:
    for name, day in (("b", 2), ("a", 1), ("c", 3)):
        write(folder, name, taken=f"2026-11-0{day}T00:00:00Z")
    assert [one["taken"][9] for one in snapshot_file.all_in(folder)] == ["3", "2", "1"]
    assert snapshot_file.all_in(folder + "/nowhere") == snapshot_file.partials(folder + "/nowhere") == []


def test_one_is_removed_whole(folder) -> None:
    made = write(folder)
    snapshot_file.remove(made)
    snapshot_file.remove(made)
    assert os.listdir(folder) == []


def test_the_dump_gets_its_name_before_the_description_which_was_written_before(folder, monkeypatch) -> None:
    done, replace, secret = [], os.replace, snapshot_file.write_secret
    monkeypatch.setattr(os, "replace", lambda a, b: (done.append(os.path.basename(b)), replace(a, b)))
    monkeypatch.setattr(snapshot_file, "write_secret", lambda a, b: (done.append(os.path.basename(a)), secret(a, b)))
    write(folder)
    assert done == ["one.json.partial", "one.dump", "one.json"]


def full(*_arguments):
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("what", ["write_secret", "fsync", "replace"])
def test_a_disk_that_is_full_leaves_no_description(folder, monkeypatch, what) -> None:
    path = os.path.join(folder, "one")
    os.close(snapshot_file.begin(path))
    monkeypatch.setattr(*((snapshot_file, what, full) if what == "write_secret" else (os, what, full)))
    refused(lambda: snapshot_file.finish(path, described()), "disk_full")
    assert os.listdir(folder) == ["one.dump.partial"]


class Writes:
    """A reach whose pg_dump says some bytes."""

    where, place = "in the test", Place("coder", "coder")

    def start(self, program, **_options):
        return Says(CONTENT)


class Says:
    def __init__(self, said):
        self._said = [said]

    def send(self, data, seconds):
        pass

    def read(self, seconds):
        return self._said.pop(0) if self._said else b""

    def messages(self):
        return ""

    def status(self):
        return 0

    def finish_input(self):
        pass

    close = finish_input


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_a_dump_that_meets_a_full_disk_says_so(folder, monkeypatch) -> None:
    begin = snapshot_file.begin

    def begin_full(path):
        os.close(begin(path))
        return os.open("/dev/full", os.O_WRONLY)

    monkeypatch.setattr(snapshot_file, "begin", begin_full)
    error = refused(lambda: dump._written(Writes(), folder + "/x", "id", {}, 10, print), "disk_full")
    assert "No space left" in error.why


def test_what_is_written_in_pieces_comes_whole(folder) -> None:
    told = dump._written(Writes(), folder + "/x", "id", {}, 10, print)
    assert told == {"dump_bytes": len(CONTENT), "sha256": described()["sha256"]}
    assert Path(folder, "x.dump.partial").read_bytes() == CONTENT


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_told(tmp_path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(0o500)
    for path in (closed, closed / "inside"):
        refused(lambda path=path: snapshot_file.folder(str(path)), "backup_failed")


def test_a_folder_that_is_a_file_is_told(tmp_path) -> None:
    (tmp_path / "file").touch()
    refused(lambda: snapshot_file.folder(str(tmp_path / "file")), "backup_failed")


@pytest.mark.parametrize(
    ("database", "version", "now", "name"),
    [
        ("coder", "1.20.0", NOW, "coder-1.20.0-20261130T063000Z"),
        ("coder", None, NOW, "coder-20261130T063000Z"),
        ("../e v/il", "1.20.0+x", NOW, ".._e_v_il-1.20.0_x-20261130T063000Z"),
        ("ü", "1", datetime(2026, 11, 30, 8, 30, tzinfo=timezone(timedelta(hours=2))), "_-1-20261130T063000Z"),
    ],
)
def test_names(database, version, now, name) -> None:
    assert snapshot_file.name_of(database, version, now) == name


@pytest.mark.parametrize(
    ("proved", "keep", "removed"),
    [
        ("", 5, ""),
        ("a", 1, ""),
        ("aaa", 1, "bc"),
        ("aaa", 0, "bc"),
        ("aaa", 2, "c"),
        ("rrr", 1, "bc"),
        ("rrr", 2, "c"),
        # The newest one that was restored stays beyond the number, older ones do not.
        ("aar", 1, "b"),
        ("aarr", 1, "bd"),
        ("aaarr", 2, "ce"),
        # Of each version: z is the newest of another one.
        ("rrz", 1, "b"),
        ("rzz", 1, "c"),
    ],
)
def test_the_newest_stay_and_always_the_newest_that_was_restored(proved, keep, removed) -> None:
    kinds = {"r": "restored", "a": "read", "z": "restored"}
    found = [
        {"path": name, "verified": kinds[kind], "of": {"version": "1.20.0" if kind == "z" else "1.21.7"}}
        for name, kind in zip("abcde", proved, strict=False)
    ]
    assert "".join(one["path"] for one in snapshot_file.to_remove(found, keep)) == removed


@pytest.mark.parametrize(
    ("now", "seconds"), [(NOW, 0), (NOW + timedelta(days=1, seconds=5), 86405), (NOW.replace(hour=5), -3600)]
)
def test_how_old_one_is(now, seconds) -> None:
    assert snapshot_file.age_seconds(described(), now) == seconds


def test_the_commands_of_a_reach_are_what_is_faked_here() -> None:
    names = {name for name in vars(reach.Command) if not name.startswith("_")}
    assert names <= set(vars(Says))
