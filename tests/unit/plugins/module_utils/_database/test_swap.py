# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A snapshot brought back to a real PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ansible_collections.coder.classic.plugins.module_utils._database import dump, facts, scratch, swap
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

NOW = datetime(2026, 11, 30, 6, 30, tzinfo=UTC)


@pytest.fixture
def snapshot(server, at, database, folder):
    """Of one row; in the database there are two by now."""
    server.sql("CREATE TABLE t AS SELECT 1 AS n; CREATE SEQUENCE s; SELECT nextval('s')", database, "coder")
    made = dump.take(at, folder, facts.look(at), {"version": "1.20.0"}, restore=False, seconds=60)
    server.sql("INSERT INTO t SELECT 2", database, "coder")
    return made


@pytest.fixture
def prepare(at, snapshot):
    def act(where=at, of=snapshot, demand=lambda: None):
        return swap.prepare(where, of, facts.look(where), seconds=60, tell=lambda line: None, demand=demand)

    return act


def refused(act, code):
    with pytest.raises(ClassicError) as caught:
        act()
    assert caught.value.code == code, str(caught.value)
    return caught.value


def rows(server, database):
    return server.sql("SELECT count(*) FROM t", database)


def test_a_snapshot_gets_the_name_and_what_was_there_another_one(server, at, database, snapshot, prepare) -> None:
    assert swap.prepared(at, snapshot) is None and not swap.in_place(at, snapshot)
    name = prepare()
    assert swap.prepared(at, snapshot) == name
    # What was prepared from another one does not count.
    assert swap.prepared(at, {**snapshot, "sha256": "0" * 64}) is None
    assert (rows(server, name), rows(server, database)) == ("1", "2")

    former = swap.swap(at, name, snapshot, NOW)
    assert former == f"{database}_before_20261130T063000Z"
    assert server.databases() == {database, former}
    assert (rows(server, database), rows(server, former)) == ("1", "2")
    assert swap.in_place(at, snapshot) and swap.prepared(at, snapshot) is None
    assert not swap.is_over(at, snapshot, 4)

    swap.end(at, snapshot, 4)
    assert swap.is_over(at, snapshot, 4) and not swap.in_place(at, snapshot)
    assert not swap.is_over(at, snapshot, 5) and not swap.is_over(at, {**snapshot, "sha256": "0"}, 4)
    assert swap.former(at) == [former]


@pytest.mark.parametrize("user", ["coder", "other", "postgres"])
def test_it_is_refused_while_somebody_is_in_it(server, at, database, snapshot, prepare, user) -> None:
    name = prepare()
    held = server.session(database, "SELECT 1", user)
    try:
        error = refused(lambda: swap.swap(at, name, snapshot, NOW), "database_in_use")
        assert "psql (1)" in error.what
    finally:
        held.communicate("\\q\n")
    assert server.databases() == {database, name} and swap.prepared(at, snapshot) == name


def test_nothing_is_renamed_where_one_of_both_cannot_be(server, at, database, snapshot, prepare, monkeypatch) -> None:
    name = prepare()
    held = server.session(name, "SELECT 1")
    # Who comes between the question and the act.
    monkeypatch.setattr(swap, "demand_unused", lambda where: None)
    try:
        error = refused(lambda: swap.swap(at, name, snapshot, NOW), "database_in_use")
    finally:
        held.communicate("\\q\n")
    assert "being accessed by other users" in error.why
    assert server.databases() == {database, name} and rows(server, database) == "2"


def test_settings_and_rights_of_the_database_are_taken_over(server, at, database, prepare, tmp_path) -> None:
    place = tmp_path / "tablespace"
    place.mkdir()
    server.sql(f"CREATE TABLESPACE space_{database} OWNER coder LOCATION '{place}'")
    server.sql(
        f"""ALTER DATABASE {database} SET TABLESPACE space_{database};
        ALTER DATABASE {database} CONNECTION LIMIT 40;
        ALTER ROLE coder IN DATABASE {database} SET work_mem = '7MB';
        ALTER DATABASE {database} SET search_path = "$user", public, 'We"ird';
        ALTER DATABASE {database} SET statement_timeout = '90s';
        ALTER DATABASE {database} SET application_name = 'it''s \\ one';
        ALTER DATABASE {database} SET "DateStyle" = 'ISO, DMY';
        REVOKE CONNECT ON DATABASE {database} FROM PUBLIC;
        GRANT CONNECT ON DATABASE {database} TO other WITH GRANT OPTION;"""
    )
    asked = "SELECT setrole, setconfig FROM pg_db_role_setting s JOIN pg_database d ON d.oid = setdatabase WHERE datname = '{}' ORDER BY 1"
    its = "SELECT datconnlimit, dattablespace FROM pg_database WHERE datname = '{}'"
    rights = "SELECT a FROM pg_database, unnest(datacl) a WHERE datname = '{}' ORDER BY a::text"
    name = prepare()
    for one in (asked, rights, its):
        assert server.sql(one.format(name)) == server.sql(one.format(database)) != ""


def test_a_setting_that_only_a_superuser_may_make_is_not_left_out(server, database, prepare) -> None:
    server.sql(f"ALTER DATABASE {database} SET log_statement = 'all'")
    error = refused(prepare, "database_rights")
    assert 'permission denied to set parameter "log_statement"' in error.why
    assert server.databases() == {database}


def test_a_database_of_which_nothing_was_said_says_nothing(server, at, prepare) -> None:
    assert server.sql(f"SELECT datacl IS NULL FROM pg_database WHERE datname = '{prepare()}'") == "t"


def test_what_is_not_what_was_counted_is_dropped_again(server, database, snapshot, prepare) -> None:
    wrong = {**snapshot, "counts": {**snapshot["counts"], "tables": {"public.t": 5}}}
    error = refused(lambda: prepare(of=wrong), "verify_failed")
    assert "table public.t has 1 rows, not 5" in error.why
    assert server.databases() == {database}


def test_whoever_has_lost_the_lock_leaves_nothing(server, database, prepare) -> None:
    asked = []

    def demand():
        asked.append(1)
        if len(asked) == 2:
            raise ClassicError("lost", code="lock_lost")

    refused(lambda: prepare(demand=demand), "lock_lost")
    assert server.databases() == {database}


def test_what_an_earlier_run_left_half_is_made_anew(server, at, prepare, database) -> None:
    left = scratch.create(at, facts.look(at), swap.RESTORED)
    assert swap.prepared(at, {"sha256": ""}) is None
    name = prepare()
    assert name != left and server.databases() == {database, name}


def test_only_what_a_restore_put_aside_is_named_as_such(server, at, database) -> None:
    ours = [f"{database}_before_20261130T063000Z", f"{database}_before_20261201T000000Z"]
    for name in (*reversed(ours), f"{database}_before_lunch", f"my{database}_before_20261130T063000Z"):
        server.sql(f'CREATE DATABASE "{name}"')
    assert swap.former(at) == ours
