# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Coder's database as Coder uses it: the lab's PostgreSQL, at the place that the environment of the main pods names.

A session is held while a main pod runs, as the product's pool does, and let go when none does. What it finds is remembered
(``known``) and looked at twice a second, so that no request costs a question. Behind ``timescale`` the server counts as there
while the pod is ready, and comes to it by its socket; another one is reached over TCP, with the password of its Secret.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NamedTuple

import asyncpg

from . import entry, schema
from .kube import Cluster, KubeError
from .schema import Known

log = logging.getLogger("lab.simulator")
EVERY_SECONDS = 0.5
PATIENCE = 3.0
#: How long a migration waits for a database that is installed together with Coder.
UP_SECONDS = 3.0
APPLICATION = "coderd"
MIGRATIONS = "migrations"
BUILT_IN_HOST, BUILT_IN_POD = "timescale.", "timescale-0"
CLAIM = "timescale-data-timescale-0"
#: Any number: whoever migrates waits for whoever does already.
MIGRATING = 20210929
NOBODY = Known(problem="no program of Coder runs")


class DatabaseError(Exception):
    """The text is the database's, or the network's."""


class Place(NamedTuple):
    """Where a database is (secret)."""

    host: str
    port: int
    user: str
    database: str
    ssl_mode: str | None = None
    password: str | None = None

    @property
    def built_in(self) -> bool:
        return self.host.startswith(BUILT_IN_HOST)


def environment(container: dict) -> dict[str, dict]:
    return {one["name"]: one for one in container.get("env") or [] if one["name"].startswith("DB_")}


def place(values: dict[str, str]) -> Place:
    """That of the variables DB_…; DatabaseError where they are incomplete. Pure."""
    try:
        return Place(
            values["DB_HOST"],
            int(values["DB_PORT"]),
            values["DB_USER"],
            values["DB_DATABASE"],
            values.get("DB_SSL_MODE"),
            values.get("DB_PASSWORD"),
        )
    except (KeyError, ValueError) as error:
        raise DatabaseError(f"the environment names no database: {error}") from None


def migrating_container(pod: dict) -> dict | None:
    """The init container that only the main deployment's pods have. Pure."""
    return next((one for one in pod["spec"].get("initContainers") or [] if one["name"] == MIGRATIONS), None)


def running(pods: list[dict]) -> dict | None:
    """The newest main pod whose program runs, also while it is on its way out; None when there is none. Pure."""
    found = [pod for pod in pods if migrating_container(pod) and _initialized(pod)]
    return max(found, key=lambda pod: pod["metadata"].get("creationTimestamp", ""), default=None)


def _initialized(pod: dict) -> bool:
    status = pod.get("status", {})
    conditions = {one["type"]: one["status"] for one in status.get("conditions") or []}
    return conditions.get("Initialized") == "True" and status.get("phase") not in ("Succeeded", "Failed")


class Database:
    """``sockets`` and ``port``: where the lab's server is for the lab itself."""

    def __init__(self, sockets: str, port: int) -> None:
        self.sockets, self.port = sockets, port
        self.known = NOBODY
        #: Whether ``known`` is what was found.
        self.looked = False
        self._cluster: Cluster | None = None
        self._namespace = ""
        self._pods: dict[str, dict] = {}
        self._changed = asyncio.Event()
        self._looking = asyncio.Lock()
        self._held: asyncpg.Connection | None = None
        self._held_place: Place | None = None
        self._places: dict[str, Place] = {}
        self._claimed_by = ""
        #: Tells the claim of a new pod of the built-in database, before anybody speaks to it.
        self.claimed: Callable[[str], Awaitable[None]] | None = None

    def follow(self, cluster: Cluster, namespace: str) -> None:
        """Where the main deployment is."""
        self._cluster, self._namespace = cluster, namespace

    def complaint(self, version: str) -> str:
        """Why Coder's code of that version does not work on what was found; empty when it does."""
        return schema.complaint(version, self.known)

    def pods_changed(self, pods: dict[str, dict]) -> None:
        """All pods of the main deployment's namespace by UID, after each change."""
        self._pods = pods
        self._changed.set()

    async def watch(self) -> None:
        """Runs until cancelled."""
        # Without pods there is nothing to find; a cluster that does not answer is not waited for.
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._changed.wait(), UP_SECONDS)
        while True:
            self._changed.clear()
            try:
                await self.look()
            except Exception:
                log.exception("database")
            self.looked = True
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), EVERY_SECONDS)

    async def look(self) -> None:
        """Ask what there is now."""
        async with self._looking:
            before = self.known
            try:
                self.known = await self._look()
            except DatabaseError as error:
                await self._release()
                self.known = Known(problem=str(error))
            if self.known != before:
                log.info("database: %s", self.known)

    async def _look(self) -> Known:
        await self._settle_claim()
        pod = running(list(self._pods.values()))
        if pod is None:
            await self._release()
            return NOBODY
        wanted = await self._place_of(pod, pod["spec"]["containers"][0])
        self._refuse_absent(wanted)
        if self._held is None or self._held.is_closed() or self._held_place != wanted:
            await self._release()
            self._held, self._held_place = await self.connect(wanted), wanted
        with errors_told():
            return await number(self._held)

    async def _release(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            # A server that hangs or has gone is not waited for.
            with contextlib.suppress(Exception):
                await held.close(timeout=0.2)

    @contextlib.asynccontextmanager
    async def let_go(self) -> AsyncIterator[None]:
        """Meanwhile Coder has no session; afterwards it is known what it finds."""
        async with self._looking:
            await self._release()
            yield
        await self.look()

    async def close(self) -> None:
        async with self._looking:
            await self._release()

    # -- migrations ---------------------------------------------------------------------------------------------------

    async def migrate(self, pod: dict, version: str, begun: Callable[[], Awaitable[bool]]) -> None:
        """``coderd migrate up``, from the pod's init container; DatabaseError when it fails.

        ``begun``: what befalls it once it has its session, and whether it is to fail half way.
        """
        wanted = await self._place_of(pod, migrating_container(pod) or {})
        await self._wait_present(wanted)
        await self._settle_claim()
        connection = await self.connect(wanted)
        try:
            half_way = await begun()
            with errors_told():
                await connection.execute(f"SELECT pg_advisory_lock({MIGRATING})", timeout=60)
                await migrate(connection, version, half_way)
        finally:
            with contextlib.suppress(Exception):
                await connection.close(timeout=0.2)
        await self.look()

    # -- where it is --------------------------------------------------------------------------------------------------

    async def _wait_present(self, wanted: Place) -> None:
        end = asyncio.get_running_loop().time() + UP_SECONDS
        while wanted.built_in and self._built_in_pod() is None and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(0.05)
        self._refuse_absent(wanted)

    def _refuse_absent(self, wanted: Place) -> None:
        if wanted.built_in and self._built_in_pod() is None:
            raise DatabaseError(f"dial tcp: {wanted.host}:{wanted.port}: connect: connection refused")

    def _built_in_pod(self) -> dict | None:
        named = (pod for pod in self._pods.values() if pod["metadata"]["name"] == BUILT_IN_POD)
        return next((pod for pod in named if entry.is_ready(pod)), None)

    async def _settle_claim(self) -> None:
        """A new pod of the built-in database has the data of its claim, whatever an earlier claim held."""
        pod = self._built_in_pod()
        if pod is None or pod["metadata"]["uid"] == self._claimed_by or self._cluster is None:
            return
        path = f"/api/v1/namespaces/{self._namespace}/persistentvolumeclaims/{CLAIM}"
        try:
            found = await self._cluster.get(path)
        except KubeError as error:
            raise DatabaseError(f"claim {CLAIM}: {error}") from None
        if found and self.claimed:
            await self.claimed(found["metadata"]["uid"])
            self._claimed_by = pod["metadata"]["uid"]

    async def _place_of(self, pod: dict, container: dict) -> Place:
        """As the pod's environment was when it was made: a Secret that is changed later changes nothing in it."""
        uid = pod["metadata"]["uid"]
        if uid not in self._places:
            values = {}
            for name, one in environment(container).items():
                reference = one.get("valueFrom", {}).get("secretKeyRef")
                values[name] = await self._secret(reference) if reference else one.get("value", "")
            self._places = {known: at for known, at in self._places.items() if known in self._pods}
            self._places[uid] = place(values)
        return self._places[uid]

    async def _secret(self, reference: dict) -> str:
        try:
            found = self._cluster and await self._cluster.get(
                f"/api/v1/namespaces/{self._namespace}/secrets/{reference['name']}"
            )
        except KubeError as error:
            raise DatabaseError(f"secret {reference['name']}: {error}") from None
        if not found or reference["key"] not in found.get("data", {}):
            raise DatabaseError(f"secret {reference['name']} with key {reference['key']} was not found")
        return base64.b64decode(found["data"][reference["key"]]).decode()

    async def connect(self, wanted: Place) -> asyncpg.Connection:
        where = (
            {"host": self.sockets, "port": self.port}
            if wanted.built_in
            else {"host": wanted.host, "port": wanted.port, "password": wanted.password, "ssl": wanted.ssl_mode}
        )
        return await connect(APPLICATION, user=wanted.user, database=wanted.database, **where)


# -- the database, asked ------------------------------------------------------------------------------------------------


async def connect(application: str, patience: float = PATIENCE, **where) -> asyncpg.Connection:
    settings = {"application_name": application}
    with errors_told():
        return await asyncpg.connect(
            timeout=patience, command_timeout=patience, statement_cache_size=0, server_settings=settings, **where
        )


@contextlib.contextmanager
def errors_told():
    """Whatever goes wrong becomes a DatabaseError."""
    try:
        yield
    except TimeoutError:
        raise DatabaseError("context deadline exceeded") from None
    except (ConnectionRefusedError, FileNotFoundError):
        raise DatabaseError("dial tcp: connect: connection refused") from None
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        raise DatabaseError(str(error) or type(error).__name__) from None


async def number(connection: asyncpg.Connection) -> Known:
    try:
        row = await connection.fetchrow("SELECT version, dirty FROM schema_migrations")
    except asyncpg.UndefinedTableError:
        row = None
    return Known(row["version"], row["dirty"]) if row else Known()


async def migrate(connection: asyncpg.Connection, version: str, half_way: bool) -> None:
    """All that is missing for that version. ``half_way``: fail in the middle of the first that is."""
    await connection.execute(
        "CREATE TABLE IF NOT EXISTS schema_migrations (version bigint NOT NULL, dirty boolean NOT NULL)"
    )
    present = await number(connection)
    done = present.number or 0
    # The first transaction of what ended half way is done; the same version goes on with the second.
    unfinished = done if present.dirty else 0
    if unfinished > schema.of(version):
        raise DatabaseError(f"Dirty database version {unfinished}. Fix and force version.")
    steps = schema.steps(done - 1 if unfinished else done, version)
    if half_way and not steps:
        raise DatabaseError("migration failed")
    for step in steps:
        if step.number != unfinished:
            await _apply(connection, step.first, step.number, dirty=True)
        if half_way:
            raise DatabaseError(f"migration {step.number} failed")
        await _apply(connection, step.second, step.number, dirty=False)


async def _apply(connection: asyncpg.Connection, script: str, number: int, *, dirty: bool) -> None:
    async with connection.transaction():
        await connection.execute(script, timeout=60)
        await connection.execute("DELETE FROM schema_migrations")
        await connection.execute("INSERT INTO schema_migrations VALUES ($1, $2)", number, dirty)
