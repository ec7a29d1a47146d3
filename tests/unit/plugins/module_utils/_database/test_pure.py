# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said and decided without a database."""

from __future__ import annotations

import pytest

from ansible_collections.coder.classic.plugins.module_utils._database import (
    client_pod,
    counts,
    dump,
    facts,
    judge,
    place,
    progress,
    reach,
    scratch,
    sql,
)
from ansible_collections.coder.classic.plugins.module_utils._database.place import Place

AT = Place("coder", "jane", "db.test", 5433, "verify-full", "pass", "/ca.pem")
BESIDE = Place("coder", "jane")


@pytest.mark.parametrize(
    ("password", "line"),
    [
        ("plain", "plain"),
        ("a:b", "a\\:b"),
        ("a\\b", "a\\\\b"),
        ("\\:", "\\\\\\:"),
        ("*:*", "*\\:*"),
        ("# no comment ", "# no comment "),
        ("ü", "ü"),
        ("", ""),
    ],
)
def test_a_password_is_escaped_as_libpq_wants_it(password, line) -> None:
    assert place.password_line(AT._replace(password=password)) == f"*:*:*:*:{line}\n"


@pytest.mark.parametrize("one", [BESIDE, BESIDE._replace(password="x"), AT._replace(password=None)])
def test_whoever_needs_no_password_writes_none(one) -> None:
    assert place.password_line(one) == ""


def test_libpq_is_told_where_and_never_the_password() -> None:
    told = {"PGUSER": "jane", "PGDATABASE": "coder", "PGCONNECT_TIMEOUT": "15", "LC_ALL": "C"}
    assert place.environment(BESIDE) == told
    over_tcp = {"PGHOST": "db.test", "PGPORT": "5433", "PGSSLMODE": "verify-full"}
    assert place.environment(AT, "other") == {**told, **over_tcp, "PGDATABASE": "other"}
    assert repr(AT) == "database coder at db.test:5433 (user jane)" and repr(BESIDE) == "database coder (user jane)"


FAILED = 'psql: error: connection to server at "db.test" (192.0.2.1), port 5432 failed: '


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (FAILED + 'FATAL:  password authentication failed for user "coder"', "database_password"),
        (FAILED + "fe_sendauth: no password supplied", "database_password"),
        (FAILED + "Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?",
         "database_unreachable"),
        (FAILED + "timeout expired", "database_unreachable"),
        (FAILED + 'FATAL:  database "coder" does not exist', "database_unreachable"),
        ('psql: could not connect to server: Connection refused', "database_unreachable"),
        ('psql: error: could not translate host name "db.test" to address: Name or service not known',
         "database_unreachable"),
        (FAILED + "server does not support SSL, but SSL was required", "database_tls"),
        (FAILED + "SSL error: certificate verify failed", "database_tls"),
        (FAILED + 'server certificate for "a.test" does not match host name "db.test"', "database_tls"),
        (FAILED + 'root certificate file "/root/.postgresql/root.crt" does not exist', "database_tls"),
        (FAILED + 'FATAL:  permission denied for database "coder"', "database_rights"),
        ("ERROR:  permission denied for table users", "database_rights"),
        ("pg_dump: error: query failed: ERROR:  permission denied for schema x", "database_rights"),
        ("ERROR:  permission denied to create database", "database_rights"),
        ("ERROR:  must be owner of database coder", "database_rights"),
        ('ERROR:  must be superuser to create a base type', "database_rights"),
        ("pg_dump: error: aborting because of server version mismatch", "client_too_old"),
        ('ERROR:  could not extend file "base/1/2": No space left on device', "disk_full"),
        ('ERROR:  database "coder" is being accessed by other users', "database_in_use"),
        ('ERROR:  relation "x" does not exist', "database_failed"),
        ("", "database_failed"),
        # More than one: what is at the bottom of it.
        (FAILED + 'FATAL:  password authentication failed for user "coder"\n' + FAILED
         + 'FATAL:  no pg_hba.conf entry for host "192.0.2.9", user "coder", no encryption', "database_password"),
        ("ERROR:  permission denied for table t\n" + FAILED + "Connection refused", "database_rights"),
    ],
)  # fmt: skip
def test_what_the_programs_words_mean(said, code) -> None:
    assert reach.code_of(said) == code


@pytest.mark.parametrize(
    ("text", "as_literal", "as_name"),
    [
        ("a", "'a'", '"a"'),
        ("it's", "'it''s'", '"it\'s"'),
        ('say "x"', "'say \"x\"'", '"say ""x"""'),
        ("back\\slash", r"E'back\\slash'", '"back\\slash"'),
        ("\\'", r"E'\\'''", '"\\\'"'),
        ("", "''", '""'),
    ],
)
def test_quoting(text, as_literal, as_name) -> None:
    assert (sql.literal(text), sql.name(text)) == (as_literal, as_name)


def test_rows_are_counted_by_one_statement() -> None:
    assert counts.counting(["public.t", '"We""ird"."T:a\'b"']) == (
        "SELECT json_object_agg(name, number) FROM (VALUES ('public.t', (SELECT count(*) FROM ONLY public.t)), "
        '(\'"We""ird"."T:a\'\'b"\', (SELECT count(*) FROM ONLY "We""ird"."T:a\'b"))) counted (name, number);'
    )


def test_many_tables_are_counted_in_several_statements() -> None:
    number = 2 * counts.TABLES_AT_ONCE + 1
    asked = []

    def ask(text):
        return [[f"t{i}", i] for i in range(number)] if text == counts.TABLES else {"s": 1}

    def rows_ask(text):
        asked.append(text)
        return {f"t{i}": 1 for i in range(number) if f"'t{i}'" in text}

    found = counts.look(ask, rows_ask)
    assert len(asked) == 3 and len(found["tables"]) == number and found["bytes"]["t7"] == 7
    assert found["sequences"] == {"s": 1}


def counted(tables=None, sequences=None):
    return {"tables": tables or {}, "sequences": sequences or {}, "bytes": {}}


@pytest.mark.parametrize(
    ("saved", "found", "told"),
    [
        ({}, {}, []),
        ({"t": 1}, {"t": 1}, []),
        ({"t": 0}, {}, ["table t is missing"]),
        ({}, {"t": 0}, ["table t is there and was not"]),
        ({"t": 3}, {"t": 2}, ["table t has 2 rows, not 3"]),
        ({"a": 1, "b": 1, "c": 1}, {"b": 2, "c": 1, "d": 1},
         ["table a is missing", "table d is there and was not", "table b has 2 rows, not 1"]),
    ],
)  # fmt: skip
def test_tables_that_differ_are_named(saved, found, told) -> None:
    assert counts.differences(counted(saved), counted(found)) == told


@pytest.mark.parametrize(
    ("saved", "later", "right", "wrong"),
    [
        (5, 5, [5], [4, 6, None]),
        (5, 9, [5, 7, 9], [4, 10, None]),
        # It counts down, or was set back meanwhile.
        (9, 5, [5, 7, 9], [4, 10, None]),
        (-5, -9, [-5, -7, -9], [-4, -10, 5, None]),
        (None, None, [None], [1, 0]),
        # First used while it was saved.
        (None, 3, [None, 1, 2, 3], [4]),
        (None, -3, [None, -1, -3], [-4, 1]),
        (3, None, [None, 3], [4]),
    ],
)
def test_a_sequence_is_right_anywhere_between_before_and_after(saved, later, right, wrong) -> None:
    def told(value):
        return counts.differences(counted({}, {"s": saved}), counted({}, {"s": value}), {"s": later})

    assert [told(value) for value in right] == [[]] * len(right)
    assert [told(value) for value in wrong] == [[f"sequence s is at {value}, not at {saved}"] for value in wrong]


def test_a_sequence_that_is_missing_is_named_and_one_that_was_dropped_meanwhile_is_as_before() -> None:
    assert counts.differences(counted({}, {"s": 1}), counted()) == ["sequence s is missing"]
    assert counts.differences(counted({}, {"s": 1}), counted({}, {"s": 1}), {}) == []
    assert counts.differences(counted({}, {"s": 1}), counted({}, {"s": 1}), {"other": 4}) == []


GOOD = {
    "server": 15, "server_version": "15.4", "client": 15, "user": "coder", "superuser": True, "may_create": True,
    "owns": True, "owner": "coder", "is_replica": False, "table_bytes": 1000, "unreadable": [], "contrib": True,
    "tablespace": None,
}  # fmt: skip


def findings(free_bytes=2**40, scratch=True, **changed):
    return judge.findings({**GOOD, **changed}, free_bytes=free_bytes, backup_dir="/b", scratch=scratch)


@pytest.mark.parametrize(
    ("changed", "code", "words"),
    [
        ({"is_replica": True}, "database_replica", "replica"),
        ({"server": 10, "server_version": "10.23"}, "database_too_old", "10.23"),
        ({"server": 16}, "client_too_old", "pg_dump is of PostgreSQL 15, the server of 16"),
        ({"client": None}, "client_too_old", "an unknown version"),
        (
            {"unreadable": ["public.a", "public.b"], "owner": "dba"},
            "database_rights",
            "may not read public.a, public.b",
        ),
        ({"owns": False}, "database_rights", "does not own the database"),
        ({"may_create": False}, "database_rights", "may not create a database"),
        ({"free_bytes": 1000}, "disk_full", "1000 B are free, it may take 256.0 MiB"),
        ({"free_bytes": 0}, "disk_full", "0 B are free"),
    ],
)
def test_what_stands_in_the_way_of_saving(changed, code, words) -> None:
    (found,) = findings(**changed)
    assert (found.code, found.is_blocker) == (code, True)
    assert words in found.message and found.why and found.next


@pytest.mark.parametrize(
    ("changed", "code"),
    [({"superuser": False}, "database_not_superuser"), ({"contrib": False}, "database_contrib")],
)
def test_what_is_only_said(changed, code) -> None:
    (found,) = findings(**changed)
    assert (found.code, found.is_blocker) == (code, False) and found.message and found.why and found.next


def test_nothing_is_found_where_all_is_well_and_all_where_nothing_is() -> None:
    assert findings() == findings(free_bytes=None) == findings(client=17) == findings(server=11) == []
    assert findings(free_bytes=1000 + judge.SPARE_BYTES) == [] != findings(free_bytes=999 + judge.SPARE_BYTES)
    wrong = {"is_replica": True, "server": 10, "client": 9, "unreadable": ["t"], "owns": False, "may_create": False}
    assert len(findings(free_bytes=0, superuser=False, contrib=False, **wrong)) == 9


def test_only_the_first_tables_that_cannot_be_read_are_named() -> None:
    (found,) = findings(unreadable=[f"t{i}" for i in range(9)])
    assert "t4" in found.message and "t5" not in found.message


@pytest.mark.parametrize("scratch", [True, False])
def test_why_a_database_has_to_be_made_depends_on_the_trial(scratch) -> None:
    (found,) = findings(may_create=False, scratch=scratch)
    assert ("tried by being restored" in found.why) is scratch


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"), (5 * 2**20, "5.0 MiB"), (2**30, "1.0 GiB"),
     (2**40, "1.0 TiB"), (3000 * 2**40, "3000.0 TiB")],
)  # fmt: skip
def test_sizes_for_people(count, text) -> None:
    assert judge.size(count) == text


@pytest.mark.parametrize(("seconds", "text"), [(0, "0 s"), (89, "89 s"), (90, "2 min"), (3600, "60 min")])
def test_what_is_left_for_people(seconds, text) -> None:
    assert progress.left(seconds) == text


SAID = 'pg_dump: dumping contents of table "public.a"\npg_dump: dumping contents of table "We ird.T:b"\n'


def test_how_far_it_is_told_now_and_then() -> None:
    now, told, asked = [0.0], [], []

    def said():
        asked.append(1)
        return SAID

    one = progress.Progress("dump", {"public.a": 300, '"We ird"."T:b"': 900}, told.append, lambda: now[0])
    one.add(1024, said)
    now[0] = 4.9
    one.add(1024, said)
    assert told == asked == []
    now[0] = 5.0
    one.add(1024, said)
    assert told == ["dump: table 2 of 2, 3.0 KiB, 614 B/s, about 15 s to go"]
    one.add(1024, said)
    assert len(told) == len(asked) == 1 and one.bytes == 4096


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("", "x: table 0 of 1, 0 B, 0 B/s"),
        ('pg_restore: processing data for table "public.a"', "x: table 1 of 1, 0 B, 0 B/s"),
        ('dumping contents of table "public.a"\ndumping contents of table "of.others"',
         "x: table 2 of 1, 0 B, 0 B/s, about 0 s to go"),
    ],
)  # fmt: skip
def test_lines_of_little_that_is_known(said, line) -> None:
    one = progress.Progress("x", {"public.a": 5}, print)
    assert one.line(said, 10) == line
    assert one.line(said, 0)
    assert progress.Progress("x", {}, print).line(said, 10)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n", 15),
        ("pg_dump (PostgreSQL) 17.10", 17),
        ("pg_dump (PostgreSQL) 18devel", 18),
        ("pg_dump (PostgreSQL) 9.6.1", 9),
        ("pg_dump of somebody else 15", None),
        ("", None),
    ],
)
def test_the_version_of_the_programs(text, number) -> None:
    assert facts.major(text) == number


HARMLESS = (
    'pg_restore: error: could not execute query: ERROR:  unrecognized configuration parameter "transaction_timeout"\n'
    "Command was: SET transaction_timeout = 0;\n"
)
OTHER = (
    'pg_restore: error: could not execute query: ERROR:  relation "t" already exists\nCommand was: CREATE TABLE t;\n'
)
IGNORED = "pg_restore: warning: errors ignored on restore: {}\n"


@pytest.mark.parametrize(
    ("said", "harmful", "all_seen"),
    [
        ("pg_restore: processing data for table \"public.t\"\n", [], False),
        (HARMLESS + IGNORED.format(1), [], True),
        # One more than what was kept of its words.
        (HARMLESS + IGNORED.format(2), [], False),
        (HARMLESS, [], False),
        (IGNORED.format(1), [], False),
        (OTHER + IGNORED.format(1), ['could not execute query: ERROR:  relation "t" already exists'], True),
        (HARMLESS + OTHER + IGNORED.format(2), ['could not execute query: ERROR:  relation "t" already exists'], True),
        (HARMLESS.replace("transaction_timeout", "idle_session_timeout"),
         ['could not execute query: ERROR:  unrecognized configuration parameter "idle_session_timeout"'], False),
        ("pg_restore: error: could not read from input file: end of file\n",
         ["could not read from input file: end of file"], False),
        ("row: pg_restore: error: no line of its own\n", [], False),
    ],
)  # fmt: skip
def test_only_the_one_harmless_error_is_passed_over(said, harmful, all_seen) -> None:
    assert scratch.harmful(said) == harmful
    assert scratch.is_all_seen(said) is all_seen


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("pg_dump: reading\npg_dump: error: no\npg_dump: detail: why\npg_dump: more", "pg_dump: error: no\npg_dump: detail: why"),
        ("a\nb\nc\nd", "b\nc\nd"),
        ("psql: FATAL:  no", "psql: FATAL:  no"),
        ("", ""),
    ],
)  # fmt: skip
def test_of_many_words_the_errors_are_kept(said, kept) -> None:
    assert dump._last_words(said) == kept


def test_a_password_is_in_no_words_that_are_told() -> None:
    at = reach.OnController(AT._replace(password="pa'ss"), "/nowhere")
    error = reach.failed(at, "psql", reach.Ended(3, b"", "x" * 2000 + "LINE 1: pa'ss here"))
    assert "pa'ss" not in str(error.failure) and error.why.endswith("LINE 1: *** here") and len(error.why) == 1500


@pytest.mark.parametrize(
    ("status", "ready", "why"),
    [
        ({}, False, "it is gone"),
        (None, False, "it is gone"),
        ({"phase": "Pending"}, False, "it is Pending"),
        ({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}, True, "it is Running"),
        ({"phase": "Running", "conditions": [{"type": "Ready", "status": "False", "message": "not ready: [client]"}]},
         False, "not ready: [client]"),
        ({"containerStatuses": [{"state": {"waiting": {"reason": "ErrImagePull", "message": "no such image"}}}]},
         False, "ErrImagePull: no such image"),
        ({"containerStatuses": [{"state": {"waiting": {"reason": "ContainerCreating"}}}, {"state": {"running": {}}}, {}]},
         False, "ContainerCreating"),
        ({"conditions": [{"type": "PodScheduled", "status": "False", "message": "0/3 nodes are available"}]},
         False, "0/3 nodes are available"),
    ],
)  # fmt: skip
def test_why_a_pod_does_not_run(status, ready, why) -> None:
    live = {"status": status}
    assert client_pod.is_ready(live) is ready and client_pod.why_not(live) == why


def test_a_pod_for_the_programs_holds_no_secret_and_ends_by_itself() -> None:
    made = client_pod.pod("coder", "postgres:17", 700)
    spec = made["spec"]
    assert spec["activeDeadlineSeconds"] == 700 and spec["automountServiceAccountToken"] is False
    assert "env" not in spec["containers"][0] and spec["restartPolicy"] == "Never"
    assert made["metadata"]["name"] != client_pod.pod("coder", "postgres:17", 700)["metadata"]["name"]
