# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Snapshots of a real PostgreSQL."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path

import pytest
import trustme

from ansible_collections.coder.classic.plugins.module_utils._database import (
    counts,
    dump,
    facts,
    reach,
    scratch,
    snapshot_file,
    sql,
)
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

OF = {"version": "1.20.0", "namespace": "coder"}
ODD = r"""
CREATE SCHEMA "We""ird";
CREATE TABLE "We""ird"."T:a'b" (n int);
INSERT INTO "We""ird"."T:a'b" SELECT generate_series(1, 7);
CREATE TABLE "We""ird"."back\slash
and line" ("ü" serial, PRIMARY KEY ("ü"));
INSERT INTO "We""ird"."back\slash
and line" DEFAULT VALUES;
CREATE TABLE parent (n int) PARTITION BY RANGE (n);
CREATE TABLE child PARTITION OF parent FOR VALUES FROM (0) TO (100);
INSERT INTO parent SELECT generate_series(0, 9);
CREATE SEQUENCE unused;
CREATE SEQUENCE used; SELECT nextval('used'), nextval('used');
CREATE VIEW seen AS SELECT * FROM child;
"""
BIG = "CREATE TABLE big AS SELECT n, repeat(md5(n::text), 20) AS text FROM generate_series(1, {rows}) n"


def take(at, folder, restore=True, **more):
    return dump.take(at, folder, facts.look(at), OF, restore=restore, seconds=60, **more)


def refused(act, code):
    with pytest.raises(ClassicError) as caught:
        act()
    error = caught.value
    assert error.code == code, (error.code, error.what, error.why)
    assert error.untouched and error.where
    return error


def files(folder):
    return sorted(os.listdir(folder)) if os.path.isdir(folder) else []


@pytest.mark.parametrize("restore", [True, False])
def test_a_snapshot_holds_what_was_counted_whatever_its_names(server, at, database, folder, restore) -> None:
    server.sql(ODD, database, "coder")
    told = []
    made = take(at, folder, restore, tell=told.append)
    assert made["counts"]["tables"] == {
        '"We""ird"."T:a\'b"': 7,
        '"We""ird"."back\\slash\nand line"': 1,
        "public.child": 10,
    }
    sequences = made["counts"]["sequences"]
    assert (sequences["public.used"], sequences["public.unused"]) == (2, None)
    assert made["verified"] == ("restored" if restore else "read")
    assert made["server"] == server.version and made["of"] == OF and made["database"] == database
    assert {**made, "format": snapshot_file.FORMAT} == snapshot_file.read(made["path"])
    snapshot_file.demand_unchanged(made)
    assert server.databases() == {database}
    assert len(files(folder)) == 2
    assert ("counting what was restored" in told) is restore


def test_names_are_read_whatever_the_encoding_of_the_database(server, database, tmp_path, folder) -> None:
    server.sql("CREATE DATABASE latin OWNER coder ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    server.sql("\\encoding UTF8\nCREATE TABLE tü AS SELECT 'ü' AS text", "latin", "coder")
    assert take(server.reach(tmp_path, "latin"), folder)["counts"]["tables"] == {'public."tü"': 1}


def test_an_empty_database_is_saved_as_one(at, folder) -> None:
    assert take(at, folder)["counts"] == {"tables": {}, "sequences": {}, "bytes": {}}


def test_more_tables_than_one_statement_takes_are_counted(server, at, database, folder) -> None:
    number = counts.TABLES_AT_ONCE + 3
    server.sql(
        f"DO $$ BEGIN FOR i IN 1..{number} LOOP EXECUTE format('CREATE TABLE t%s AS SELECT 1', i); END LOOP; END $$",
        database,
        "coder",
    )
    assert list(take(at, folder, restore=False)["counts"]["tables"].values()) == [1] * number


def test_a_materialized_view_that_is_not_of_today_is_no_difference(server, at, database, folder) -> None:
    server.sql(
        "CREATE TABLE t AS SELECT 1; CREATE MATERIALIZED VIEW m AS SELECT * FROM t; INSERT INTO t SELECT 2;"
        "CREATE MATERIALIZED VIEW never AS SELECT * FROM t WITH NO DATA",
        database,
        "coder",
    )
    assert take(at, folder)["counts"]["tables"] == {"public.t": 2}


def test_what_belongs_to_an_extension_is_made_by_it_and_not_compared(server, database, tmp_path, folder) -> None:
    server.sql(
        "CREATE EXTENSION pg_trgm; CREATE TABLE own AS SELECT 1; ALTER EXTENSION pg_trgm ADD TABLE own;"
        "CREATE SEQUENCE own_id; ALTER EXTENSION pg_trgm ADD SEQUENCE own_id; CREATE TABLE t AS SELECT 1",
        database,
    )
    made = take(server.reach(tmp_path, database, "boss"), folder)
    assert made["counts"]["tables"] == {"public.t": 1} and made["counts"]["sequences"] == {}


def test_large_objects_are_in_the_dump(server, at, database, folder) -> None:
    server.sql("SELECT lo_from_bytea(0, 'first'); SELECT lo_from_bytea(0, 'second')", database, "coder")
    made = take(at, folder)
    listed = reach.run(at, ["pg_restore", "--list", made["path"]], 30).output.decode()
    assert "BLOB" in listed
    name = scratch.create(at, facts.look(at), "scratch")
    scratch.fill(at, name, made["path"], made["counts"], facts.look(at), seconds=30, tell=print, what="x")
    assert server.sql("SELECT string_agg(convert_from(lo_get(oid), 'UTF8'), ' ' ORDER BY oid)"
                      " FROM pg_largeobject_metadata", name) == "first second"  # fmt: skip


def test_rows_that_others_write_meanwhile_do_not_make_it_fail(server, at, database, folder) -> None:
    server.sql(BIG.format(rows=10000) + "; ALTER TABLE big ADD id serial", database, "coder")
    over, writes = threading.Event(), []

    def write():
        while not over.is_set():
            server.sql("INSERT INTO big SELECT 0, 'new' FROM generate_series(1, 10)", database, "coder")
            writes.append(1)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        made = take(at, folder)
    finally:
        over.set()
        thread.join()
    assert len(writes) > 3
    rows = made["counts"]["tables"]["public.big"]
    assert 10000 <= rows < int(server.sql("SELECT count(*) FROM big", database))
    assert made["sequences_after"]["public.big_id_seq"] > made["counts"]["sequences"]["public.big_id_seq"]


def test_a_dump_that_is_cut_leaves_nothing(server, at, database, folder) -> None:
    server.sql(BIG.format(rows=50000), database, "coder")
    cut = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'pg_dump' "
        "AND query ~ '^COPY'"
    )
    ended = []

    def end():
        until = time.monotonic() + 20
        while not ended and time.monotonic() < until:
            if int(server.sql(cut)):
                ended.append(1)

    thread = threading.Thread(target=end)
    thread.start()
    error = refused(lambda: take(at, folder), "dump_failed")
    thread.join()
    # What it says of it depends on who is first.
    assert ended and 'table "big" failed' in error.why and "pg_dump" in error.what
    assert files(folder) == [] and server.databases() == {database}


def test_a_dump_that_takes_longer_than_it_may_leaves_nothing(server, at, database, folder) -> None:
    server.sql(BIG.format(rows=30000), database, "coder")
    seen = facts.look(at)
    refused(lambda: dump.take(at, folder, seen, OF, restore=True, seconds=0.05), "timeout")
    assert files(folder) == [] and server.databases() == {database}


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_a_disk_that_is_full_leaves_nothing(server, at, database, folder, monkeypatch) -> None:
    begin = snapshot_file.begin

    def begin_full(path):
        os.close(begin(path))
        return os.open("/dev/full", os.O_WRONLY)

    monkeypatch.setattr(snapshot_file, "begin", begin_full)
    refused(lambda: take(at, folder), "disk_full")
    assert files(folder) == [] and server.databases() == {database}


def test_a_wrong_password_is_told_as_such(server, database, tmp_path, folder) -> None:
    at = server.reach(tmp_path, database, password="not-this-one")
    error = refused(lambda: facts.look(at), "database_password")
    assert "not-this-one" not in str(error.failure)
    refused(lambda: facts.look(server.reach(tmp_path, database, password=None)), "database_password")


@pytest.mark.parametrize(
    ("mode", "own_authority", "code"),
    [("verify-full", True, None), ("verify-full", False, "database_tls"), ("disable", True, "database_unreachable")],
)
def test_the_authority_of_the_server_counts(server, database, tmp_path, mode, own_authority, code) -> None:
    ca_path = server.ca_path if own_authority else str(tmp_path / "ca.pem")
    if not own_authority:
        trustme.CA().cert_pem.write_to_path(ca_path)
    at = server.reach(tmp_path, database, ssl_mode=mode, ca_path=ca_path)
    if code is None:
        assert facts.look(at)["user"] == "coder"
    else:
        refused(lambda: facts.look(at), code)


def test_a_server_that_is_not_there_is_told_as_such(at) -> None:
    gone = at._replace(place=at.place._replace(port=1))
    error = refused(lambda: facts.look(gone), "database_unreachable")
    assert "Connection refused" in error.why


def test_what_may_not_be_read_is_named_and_never_left_out(server, database, tmp_path, folder) -> None:
    server.sql("CREATE TABLE mine AS SELECT 1", database)
    at = server.reach(tmp_path, database)
    assert facts.look(at)["unreadable"] == ["public.mine"]
    refused(lambda: take(at, folder), "database_rights")
    assert files(folder) == []


def test_what_is_known_of_a_user_is_true(server, database, tmp_path) -> None:
    keys = ("user", "superuser", "may_create", "owns", "owner", "is_replica", "encoding", "contrib", "client")
    rows = {user: facts.look(server.reach(tmp_path, database, user)) for user in ("coder", "boss", "poor")}
    assert [tuple(rows[user][key] for key in keys) for user in rows] == [
        ("coder", False, True, True, "coder", False, "UTF8", True, 17),
        ("boss", True, True, True, "coder", False, "UTF8", True, 17),
        ("poor", False, False, False, "coder", False, "UTF8", True, 17),
    ]


def test_a_superuser_restores_with_owners_and_rights(server, database, tmp_path, folder) -> None:
    server.sql("CREATE TABLE t AS SELECT 1; GRANT SELECT ON t TO other; ALTER TABLE t OWNER TO other", database)
    at = server.reach(tmp_path, database, "boss")
    made = take(at, folder)
    name = scratch.create(at, facts.look(at), "scratch")
    scratch.fill(at, name, made["path"], made["counts"], facts.look(at), seconds=30, tell=print, what="x")
    assert server.sql("SELECT tableowner FROM pg_tables WHERE tablename = 't'", name) == "other"


def test_a_dump_that_lacks_rows_never_gets_its_name(server, at, database, folder, monkeypatch) -> None:
    server.sql("CREATE TABLE t AS SELECT 1; CREATE SEQUENCE s", database, "coder")
    right = counts.look

    def wrong(ask, rows_ask):
        found = right(ask, rows_ask)
        return {**found, "tables": {name: rows + 1 for name, rows in found["tables"].items()}}

    # That of the session, not the later one of the trial.
    monkeypatch.setattr(counts, "look", lambda ask, rows: (right if hasattr(ask, "keywords") else wrong)(ask, rows))
    error = refused(lambda: take(at, folder), "verify_failed")
    assert "table public.t has 1 rows, not 2" in error.why
    assert files(folder) == [] and server.databases() == {database}


def test_a_dump_that_was_damaged_is_not_restored(server, at, database, folder) -> None:
    server.sql(BIG.format(rows=3000), database, "coder")
    made = take(at, folder, restore=False)
    content = bytearray(Path(made["path"]).read_bytes())
    content[len(content) // 2 :] = b"\0" * 100
    Path(made["path"]).write_bytes(content)
    seen = facts.look(at)
    name = scratch.create(at, seen, "scratch")
    refused(
        lambda: scratch.fill(at, name, made["path"], made["counts"], seen, seconds=30, tell=print, what="x"),
        "restore_failed",
    )
    with pytest.raises(ClassicError) as caught:
        dump._read(at, made["path"], made["counts"], seconds=30, tell=print)
    assert caught.value.code == "dump_failed" and "pg_restore" in caught.value.what


def test_a_trial_that_takes_longer_than_it_may_is_ended_and_taken_away(server, at, database, folder) -> None:
    server.sql(
        "CREATE FUNCTION slow(n int) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN "
        "IF current_database() ~ 'scratch' THEN PERFORM pg_sleep(30); END IF; RETURN true; END $$;"
        "CREATE TABLE t (n int CHECK (slow(n))); INSERT INTO t VALUES (1)",
        database,
        "coder",
    )
    begun = time.monotonic()
    refused(lambda: dump.take(at, folder, facts.look(at), OF, restore=True, seconds=2), "timeout")
    assert time.monotonic() - begun < 15
    assert files(folder) == [] and server.databases() == {database}


def test_what_a_killed_run_left_is_taken_away_and_nothing_of_others(server, at, database, folder) -> None:
    seen = facts.look(at)
    ours = scratch.create(at, seen, "scratch")
    worked_in = scratch.create(at, seen, "scratch")
    # As it is between its making and its comment; with a table in it; of somebody else.
    for name, owner in (("0abc", "coder"), ("0abd", "coder"), ("0abe", "other")):
        server.sql(f'CREATE DATABASE "coder_classic_scratch_{name}" OWNER {owner}')
    server.sql("CREATE TABLE t (n int)", "coder_classic_scratch_0abd")
    server.sql('CREATE DATABASE "coder_classic_scratch_of_mine" OWNER coder')
    server.sql(f"COMMENT ON DATABASE coder_classic_scratch_of_mine IS '{scratch.COMMENT}'")
    os.makedirs(folder)
    for name in ("a.dump.partial", "b.json.partial", "c.dump", "notes.txt"):
        Path(folder, name).touch()
    demanded = []
    held = server.session(worked_in, "SELECT 1")
    try:
        said = dump.tidy(at, folder, lambda: demanded.append(1))
    finally:
        held.communicate("\\q\n")
    assert server.databases() == {
        database, worked_in, "coder_classic_scratch_0abd", "coder_classic_scratch_0abe", "coder_classic_scratch_of_mine"
    }  # fmt: skip
    assert files(folder) == ["c.dump", "notes.txt"]
    assert len(demanded) == 2 and len(said) == 4 and any(ours in line for line in said)


def test_a_password_is_in_no_argument_and_no_environment(server, at, database, folder) -> None:
    server.sql(BIG.format(rows=8000), database, "coder")
    over, seen, found = threading.Event(), set(), []

    def watch():
        while not over.is_set():
            for process in Path("/proc").glob("[0-9]*"):
                try:
                    arguments = (process / "cmdline").read_bytes()
                    if str(server.programs).encode() not in arguments:
                        continue
                    seen.add(os.path.basename(arguments.split(b"\0")[0]))
                    if any(
                        at.place.password.encode() in text for text in (arguments, (process / "environ").read_bytes())
                    ):
                        found.append(arguments)
                except OSError:
                    continue
            time.sleep(0.005)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        made = take(at, folder)
    finally:
        over.set()
        thread.join()
    assert {b"pg_dump", b"pg_restore", b"psql"} <= seen and found == []
    assert at.place.password not in json.dumps(made) and at.place.password not in repr(at)
    (secret,) = Path(at.folder).iterdir()
    assert secret.stat().st_mode & 0o777 == 0o600


def test_a_password_is_in_no_words_of_an_error(at) -> None:
    word = at.place.password.replace("'", "''")
    error = refused(lambda: sql.execute(at, f"SELECT '{word}' FROM nowhere;"), "database_failed")
    assert at.place.password not in str(error.failure) and word not in str(error.failure)


def test_a_session_that_is_refused_says_why(at) -> None:
    with pytest.raises(ClassicError) as caught, sql.session(at) as held:
        held.ask("SELECT nonsense;")
    assert 'column "nonsense" does not exist' in caught.value.why


def test_the_state_of_a_session_is_that_of_its_beginning(server, at, database) -> None:
    server.sql("CREATE TABLE t AS SELECT 1", database, "coder")
    with sql.session(at) as held:
        assert held.line(dump.BEGIN)
        server.sql("INSERT INTO t SELECT 2", database)
        assert held.ask(counts.counting(["public.t"])) == {"public.t": 1}
    assert sql.ask(at, counts.counting(["public.t"])) == {"public.t": 2}
    assert sql.ask(at, "SELECT 1 WHERE false;") is None
    assert refused(lambda: sql.ask(at, "SELECT 'no json';"), "not_json")
