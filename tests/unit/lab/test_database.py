# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's PostgreSQL: how it is started and reached, what Coder's migrations do in it, and what befalls it."""

from __future__ import annotations

import asyncio
import base64
import shutil
import tempfile
import threading
from pathlib import Path

import pytest

from lab import control_plane, database, layout, pod_commands, primaries, processes
from lab.layout import Layout
from lab.simulator.database import Database, DatabaseError, Place, connect, number, place, running
from lab.simulator.database_server import Server, literal, quoted, snapshot_name
from lab.simulator.schema import Known

REGIONS = {"sydney": ("sydney-1",)}


@pytest.fixture
def lab() -> Layout:
    programs = {name: f"/bin/{name}" for name in (*control_plane.COMPONENTS, database.PROGRAMS)}
    ports = {name: 20000 + i for i, name in enumerate(layout.port_names(REGIONS))}
    return Layout(Path("/lab"), "1.21", "plain", REGIONS, programs, ports, sockets="/tmp/sockets")


# -- decisions ----------------------------------------------------------------------------------------------------------


def test_only_behind_a_custom_ingress_the_database_is_the_sites_own():
    kinds = {primary: database.kind(primary) for primary in primaries.PRIMARIES}
    assert kinds == dict.fromkeys(primaries.PRIMARIES, "built-in") | {primaries.CUSTOM: "external"}


def test_the_server_is_on_this_machine_only_and_no_secret_is_in_its_command_line(lab):
    command = database.command(lab)
    assert {"listen_addresses=127.0.0.1", "ssl=on", f"port={lab.ports['database']}"} <= set(command)
    assert "/bin/postgresql/postgres" in command and [one for one in command if "password" in one] == [
        "password_encryption=scram-sha-256"
    ]
    assert "host " not in database.ACCESS


def test_commands_of_the_databases_pod_find_the_server_and_others_do_not(lab):
    built_in, other = (one["spec"] for one in pod_commands.targets(lab, "/pg", "/work"))
    assert built_in["selector"] == {"matchNamespaces": ["coder"], "matchNames": ["timescale-0"]}
    (own,) = ({env["name"]: env["value"] for env in one["local"]["envs"]} for one in built_in["execs"])
    assert own["PGHOST"] == "/tmp/sockets" and own["PATH"].startswith("/pg:")
    without, foreign = other["execs"]
    assert "coderd" in without["containers"] and "local" not in without
    assert [env["name"] for env in foreign["local"]["envs"]] == ["PATH"]


def test_only_the_kwok_of_the_main_deployment_runs_commands(lab):
    serving = [one for one in control_plane.command(lab, "primary", "kwok") if one.startswith("--server-address")]
    assert serving == [f"--server-address=127.0.0.1:{lab.ports['primary/kwok']}"]
    assert not [one for one in control_plane.command(lab, "sydney-1", "kwok") if "address" in one]
    assert control_plane.environment(lab, "primary", "kwok")["PATH"].startswith("/bin/postgresql:")
    assert control_plane.environment(lab, "sydney-1", "kwok") == {}


def test_the_place_is_what_the_environment_says():
    values = {"DB_HOST": "timescale.coder.svc", "DB_PORT": "5432", "DB_USER": "coder", "DB_DATABASE": "coder"}
    assert place(values).built_in
    external = place(values | {"DB_HOST": "10.0.0.1", "DB_SSL_MODE": "require", "DB_PASSWORD": "p"})
    assert external == Place("10.0.0.1", 5432, "coder", "coder", "require", "p") and not external.built_in
    with pytest.raises(DatabaseError, match="names no database"):
        place({})


def test_names_and_texts_are_quoted_and_a_long_name_of_a_snapshot_fits():
    assert (quoted('a"b'), literal("it's")) == ('"a""b"', "'it''s'")
    assert snapshot_name("fresh") == "snapshot_fresh"
    long = snapshot_name("x" * 80)
    assert len(long) < 63 and long != snapshot_name("x" * 81)


def pod(
    name: str, *, done: bool = True, created: str = "1", host: str = "timescale.coder.svc", main: bool = True
) -> dict:
    values = {"DB_HOST": host, "DB_PORT": "5432", "DB_USER": "coder", "DB_DATABASE": "coder"}
    env = [{"name": key, "value": value} for key, value in values.items()]
    spec: dict = {"containers": [{"name": "coderd", "env": env}]}
    if main:
        spec["initContainers"] = [{"name": "migrations", "env": env}]
    conditions = [{"type": kind, "status": str(done)} for kind in ("Initialized", "Ready")]
    metadata = {"name": name, "uid": name, "creationTimestamp": created}
    return {"metadata": metadata, "spec": spec, "status": {"conditions": conditions, "phase": "Running"}}


def test_the_program_that_runs_is_that_of_the_newest_pod_whose_migration_is_done():
    old, new, waiting = pod("a"), pod("b", created="2"), pod("c", created="3", done=False)
    assert running([old, waiting, new, pod("satellite", created="4", main=False)]) is new
    assert running([waiting]) is None


# -- a real server --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server():
    state = Path(tempfile.mkdtemp())
    at = layout.create(state, "1.21", "plain", ["sydney"], {database.PROGRAMS: database.server_programs()})
    try:
        database.run(at, threading.Event())
        yield at
    finally:
        processes.end_all(state)
        database.forget(state)
        shutil.rmtree(state)


class Claims:
    """A cluster with one claim and one secret."""

    uid = "first"

    def __init__(self, word: str) -> None:
        self.word = word

    async def get(self, path: str) -> dict:
        if "/secrets/" in path:
            return {"data": {"password": base64.b64encode(self.word.encode()).decode()}}
        return {"metadata": {"uid": self.uid}}


@pytest.fixture
def play(server):
    """Runs a scenario ``async (database, server, claims) -> None`` on an empty database."""

    def run(scenario) -> None:
        async def main() -> None:
            asked = Database(server.sockets, server.ports["database"])
            befalling = Server(asked, database.password_path(server.state))
            claims = Claims(database.password(server.state))
            asked.follow(claims, "coder")
            await befalling.reset()
            asked.pods_changed(pods(TIMESCALE))
            try:
                await asyncio.wait_for(scenario(asked, befalling, claims), 30)
            finally:
                await asked.close()

        asyncio.run(main())

    return run


TIMESCALE = pod("timescale-0", main=False)


def pods(*those: dict) -> dict[str, dict]:
    return {one["metadata"]["uid"]: one for one in those}


async def whole() -> bool:
    return False


async def broken() -> bool:
    return True


async def ask(asked: Database, question: str) -> list:
    session = await connect("test", host=asked.sockets, port=asked.port, user="postgres", database="coder")
    try:
        return [tuple(row) for row in await session.fetch(question)]
    finally:
        await session.close()


async def sessions(asked: Database) -> list[tuple[str, str]]:
    question = "SELECT usename::text, datname::text FROM pg_stat_activity WHERE application_name = 'coderd'"
    return await ask(asked, question)


def test_each_migration_changes_the_real_schema_and_older_questions_fail_on_it(play):
    async def scenario(asked, befalling, _claims):
        await asked.migrate(pod("a"), "1.20.0", whole)
        assert await befalling.found() == {"schema": 120, "dirty": False, "problem": ""}
        assert (await ask(asked, "SELECT count(*) FROM audit_logs"))[0][0] == 300
        await ask(asked, "SELECT last_opened_at FROM environments")
        for version, old in (
            ("1.21.7", "SELECT last_opened_at FROM environments"),
            ("1.22.3", "SELECT id FROM environments"),
        ):
            await asked.migrate(pod("a"), version, whole)
            with pytest.raises(Exception, match="does not exist"):
                await ask(asked, old)
        await asked.migrate(pod("a"), "1.20.0", whole)
        assert (await befalling.found())["schema"] == 122
        assert (await ask(asked, "SELECT count(*) FROM workspaces"))[0][0] == 60

    play(scenario)


def test_a_migration_that_ends_half_way_is_dirty_and_the_same_version_goes_on(play):
    async def scenario(asked, befalling, _claims):
        await asked.migrate(pod("a"), "1.20.0", whole)
        with pytest.raises(DatabaseError, match="migration 121 failed"):
            await asked.migrate(pod("a"), "1.21.7", broken)
        assert await befalling.found() == {"schema": 121, "dirty": True, "problem": ""}
        assert await ask(asked, "SELECT count(*) FROM satellites") == [(0,)]
        with pytest.raises(Exception, match="user_settings"):
            await ask(asked, "SELECT 1 FROM user_settings")
        with pytest.raises(DatabaseError, match="Dirty database version 121"):
            await asked.migrate(pod("a"), "1.20.0", whole)
        await asked.migrate(pod("a"), "1.21.7", whole)
        assert await ask(asked, "SELECT count(*) > 0 FROM user_settings") == [(True,)]

    play(scenario)


def test_a_session_is_held_while_a_main_pod_runs_and_what_is_restored_is_seen(play):
    async def scenario(asked, befalling, _claims):
        await asked.migrate(pod("a"), "1.20.0", whole)
        assert await sessions(asked) == []
        asked.pods_changed(pods(TIMESCALE, pod("a")))
        await asked.look()
        assert asked.known == Known(120) and await sessions(asked) == [("coder", "coder")]
        await befalling.snapshot("a b.c-1")
        await asked.migrate(pod("a"), "1.21.7", whole)
        await befalling.add_rows("bulk", 3, 1000)
        assert await ask(asked, "SELECT count(*), min(length(content)) FROM bulk") == [(3, 1000)]
        assert "newer" in asked.complaint("1.20.0")
        await befalling.restore("a b.c-1")
        assert asked.known == Known(120) and await sessions(asked) == [("coder", "coder")]
        asked.pods_changed(pods(TIMESCALE, pod("a", done=False)))
        await asked.look()
        assert asked.known.problem and await sessions(asked) == []
        with pytest.raises(DatabaseError, match="no snapshot"):
            await befalling.restore("other")

    play(scenario)


def test_a_database_without_its_pod_is_refused_and_another_claim_is_empty(play, monkeypatch):
    monkeypatch.setattr("lab.simulator.database.UP_SECONDS", 0.1)

    async def scenario(asked, befalling, claims):
        told = []

        async def claimed(uid: str) -> None:
            told.append(uid)

        asked.claimed = claimed
        asked.pods_changed(pods(pod("a")))
        await asked.look()
        assert "connection refused" in asked.complaint("1.20.0")
        with pytest.raises(DatabaseError, match="connection refused"):
            await asked.migrate(pod("a"), "1.20.0", whole)
        assert told == []
        asked.pods_changed(pods(TIMESCALE, pod("a")))
        await asked.look()
        await asked.look()
        claims.uid = "second"
        later = {**TIMESCALE, "metadata": {**TIMESCALE["metadata"], "uid": "later"}}
        asked.pods_changed(pods(later, pod("a")))
        await asked.look()
        assert told == ["first", "second"]

    play(scenario)


def test_an_external_database_is_reached_with_the_password_of_its_secret(play):
    async def scenario(asked, befalling, claims):
        reference = {"secretKeyRef": {"name": "coder-database", "key": "password"}}

        def external(uid: str) -> dict:
            found = pod(uid, host="127.0.0.1")
            more = [{"name": "DB_SSL_MODE", "value": "require"}, {"name": "DB_PASSWORD", "valueFrom": reference}]
            for container in (*found["spec"]["containers"], *found["spec"]["initContainers"]):
                kept = [one for one in container["env"] if one["name"] != "DB_PORT"]
                container["env"] = [*kept, {"name": "DB_PORT", "value": str(asked.port)}, *more]
            return found

        await asked.migrate(external("a"), "1.20.0", whole)
        await befalling.change_role(superuser=False, password="other")
        with pytest.raises(DatabaseError, match="password authentication failed"):
            await asked.migrate(external("b"), "1.21.7", whole)
        claims.word = "other"
        await asked.migrate(external("c"), "1.21.7", whole)
        assert await ask(asked, "SELECT rolsuper FROM pg_roles WHERE rolname = 'coder'") == [(False,)]
        await befalling.snapshot("later")
        await befalling.restore("later")
        assert await ask(asked, "SELECT rolsuper FROM pg_roles WHERE rolname = 'coder'") == [(True,)]

    play(scenario)


def test_a_dump_can_be_cut_once_it_has_copied_so_much(play, server):
    async def scenario(asked, befalling, _claims):
        await befalling.add_rows("bulk", 3000, 10000)
        dump = ["-h", server.sockets, "-p", str(asked.port), "-U", "coder", "-d", "coder"]
        cutting = asyncio.ensure_future(befalling.cut("pg_dump", 100_000, 10))
        await asyncio.sleep(0.1)
        # Who reads slowly, as over a network.
        command = f'{database.programs()}/pg_dump "$@" | (dd bs=1M count=2 2>/dev/null | wc -c; sleep 0.5; wc -c)'
        running = await asyncio.create_subprocess_exec(
            "sh", "-c", command, "sh", *dump, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        out, told = await running.communicate()
        assert await cutting == 1
        assert b"Dumping the contents of table" in told and sum(map(int, out.split())) < 30_000_000
        assert await befalling.cut("pg_dump", 0, 0) == 0

    play(scenario)


def test_the_number_is_none_where_nothing_was_migrated(play):
    async def scenario(asked, befalling, _claims):
        session = await connect("test", host=asked.sockets, port=asked.port, user="postgres", database="coder")
        assert await number(session) == Known()
        await session.close()
        assert (await befalling.found())["schema"] is None

    play(scenario)
