# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What befalls Coder's database from outside: a new volume, the lab's snapshots, and the faults that a test asks for.

By the socket, as the lab's own superuser, also while Coder finds no database.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg

from .database import Database, DatabaseError, Known, connect, errors_told, number

SUPERUSER = "postgres"
CODER = "coder"
#: What a lab has by itself; roles whose names begin with pg_ are PostgreSQL's.
DATABASES, ROLES = ("postgres", "template0", "template1", CODER), (SUPERUSER, CODER)
SNAPSHOT = "snapshot_"
LONGEST_NAME = 63
LOOK_SECONDS = 0.01
#: For one statement on a busy machine.
PATIENCE = 30.0
CHUNK_ROWS = 1000


class Server:
    """``password_path``: the file with the password that role ``coder`` has when nothing befell it."""

    def __init__(self, database: Database, password_path: Path) -> None:
        self._database = database
        self._password_path = password_path

    async def found(self) -> dict:
        """What is in the database, whether or not Coder gets to it."""
        try:
            async with self._session(CODER) as session:
                known = await number(session)
        except DatabaseError as error:
            known = Known(problem=str(error))
        return {"schema": known.number, "dirty": known.dirty, "problem": known.problem}

    async def reset(self) -> None:
        """An empty one, as a new deployment has it."""
        async with self._database.let_go(), self._session() as session:
            await self._replace(session, "template1")

    async def wipe(self) -> None:
        """As ``reset``, for whoever looks already."""
        async with self._session() as session:
            await self._replace(session, "template1")

    async def snapshot(self, name: str) -> None:
        """A copy under that name, in place of an earlier one."""
        copy = snapshot_name(name)
        async with self._database.let_go(), self._session() as session:
            await session.execute(f'DROP DATABASE IF EXISTS "{copy}" WITH (FORCE)')
            await session.fetch("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", CODER)
            await session.execute(f'CREATE DATABASE "{copy}" TEMPLATE {CODER} STRATEGY FILE_COPY')

    async def restore(self, name: str) -> None:
        """The copy of that name in place of everything that is there; further databases and roles go."""
        copy = snapshot_name(name)
        async with self._database.let_go(), self._session() as session:
            found = [row["datname"] for row in await session.fetch("SELECT datname FROM pg_database")]
            if copy not in found:
                raise DatabaseError(f"there is no snapshot {name} of the database")
            for foreign in found:
                if foreign not in DATABASES and not foreign.startswith(SNAPSHOT):
                    await session.execute(f"DROP DATABASE {quoted(foreign)} WITH (FORCE)")
            await self._replace(session, copy)
            roles = await session.fetch(r"SELECT rolname FROM pg_roles WHERE rolname !~ '^pg_'")
            for foreign in {row["rolname"] for row in roles} - set(ROLES):
                await session.execute(f"DROP ROLE {quoted(foreign)}")
            await self._change_role(session, superuser=True, password=self._password_path.read_text())

    async def change_role(self, superuser: bool | None, password: str | None) -> None:
        """Role ``coder`` from now on; sessions that are open stay."""
        async with self._session() as session:
            await self._change_role(session, superuser, password)

    async def add_rows(self, table: str, count: int, size: int) -> None:
        """``count`` rows of ``size`` bytes that no compression makes small: audit logs, or a table (id, content) of its own."""
        # 128 characters each.
        parts = f"SELECT encode(sha512((n || '/' || part)::bytea), 'hex') AS text FROM generate_series(0, {size} / 128) part"
        text = f"(SELECT substr(string_agg(text, ''), 1, {size}) FROM ({parts}) parts)"
        async with self._session(CODER) as session:
            await session.execute(f"SET ROLE {CODER}")
            if table == "audit_logs":
                insert = (
                    "INSERT INTO audit_logs (time, user_id, action, resource_type, resource_id, diff) "
                    f"SELECT now(), (SELECT min(id) FROM users), 'write', 'environment', n, jsonb_build_object('text', {text})"
                )
            else:
                name = quoted(table)
                await session.execute(
                    f"CREATE TABLE IF NOT EXISTS {name} (id bigserial PRIMARY KEY, content text NOT NULL); "
                    f"ALTER TABLE {name} ALTER content SET STORAGE EXTERNAL"
                )
                insert = f"INSERT INTO {name} (content) SELECT {text}"
            for first in range(1, count + 1, CHUNK_ROWS):
                last = min(first + CHUNK_ROWS - 1, count)
                await session.execute(f"{insert} FROM generate_series({first}, {last}) n")

    async def cut(self, application: str, after_bytes: int, seconds: float) -> int:
        """End the sessions of that application once it has copied so many bytes; answers how many there were, 0 when none came
        so far in time. ``application``: a pattern of LIKE."""
        end = asyncio.get_running_loop().time() + seconds
        question = (
            "SELECT a.pid FROM pg_stat_activity a LEFT JOIN pg_stat_progress_copy c USING (pid) "
            "WHERE a.application_name LIKE $1 AND coalesce(c.bytes_processed, 0) >= $2"
        )
        async with self._session() as session:
            while True:
                pids = [row["pid"] for row in await session.fetch(question, application, after_bytes)]
                if pids:
                    await session.fetch("SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) pid", pids)
                if pids or asyncio.get_running_loop().time() >= end:
                    return len(pids)
                await asyncio.sleep(LOOK_SECONDS)

    async def _replace(self, session: asyncpg.Connection, template: str) -> None:
        await session.execute(f"DROP DATABASE IF EXISTS {CODER} WITH (FORCE)")
        await session.execute(f'CREATE DATABASE {CODER} OWNER {CODER} TEMPLATE "{template}" STRATEGY FILE_COPY')

    async def _change_role(self, session: asyncpg.Connection, superuser: bool | None, password: str | None) -> None:
        if superuser is not None:
            await session.execute(f"ALTER ROLE {CODER} {'SUPERUSER' if superuser else 'NOSUPERUSER'} LOGIN")
        if password is not None:
            await session.execute(f"ALTER ROLE {CODER} PASSWORD {literal(password)}")

    @contextlib.asynccontextmanager
    async def _session(self, database: str = SUPERUSER) -> AsyncIterator[asyncpg.Connection]:
        at = {"host": self._database.sockets, "port": self._database.port}
        session = await connect("lab", PATIENCE, user=SUPERUSER, database=database, **at)
        try:
            with errors_told():
                yield session
        finally:
            with contextlib.suppress(Exception):
                await session.close(timeout=0.2)


def snapshot_name(name: str) -> str:
    """The name of the copy, within PostgreSQL's limit (pure)."""
    if len(SNAPSHOT) + len(name) <= LONGEST_NAME:
        return SNAPSHOT + name
    return SNAPSHOT + hashlib.sha256(name.encode()).hexdigest()[:32]


def quoted(name: str) -> str:
    """A name as SQL has it (pure)."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL has it (pure)."""
    return "'" + text.replace("'", "''") + "'"
