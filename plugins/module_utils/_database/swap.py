# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A snapshot brought back: restored beside the database, compared, and put in its place in one transaction.

What was done is in the databases themselves, as comments: whoever comes after a kill goes on by them, and at each moment one whole
database has the name. The former one is kept under another. Private to this collection.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

from ansible_collections.coder.classic.plugins.module_utils._database import (
    counts,
    scratch,
    snapshot_file,
    sql,
)
from ansible_collections.coder.classic.plugins.module_utils._database.facts import Facts
from ansible_collections.coder.classic.plugins.module_utils._database.reach import Reach
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

RESTORED = "restored"
#: Where the others are from which a database is renamed: nobody can be in the one that gets another name.
MAINTENANCE = "postgres"
WHOLE = f"{scratch.MARK}whole, from dump "
IN_PLACE = f"{scratch.MARK}in place, from dump "
#: What follows is the revision of the release with which the restore was over.
OVER = f"{scratch.MARK}restored from dump "
#: What lies between the name and the time in that of a database that was put aside.
BEFORE = "_before_"
#: Settings that are lists of names, which pg_dump does not quote as one either.
LISTS = "'search_path', 'temp_tablespaces', 'session_preload_libraries', 'local_preload_libraries'"


def in_place(where: Reach, snapshot: snapshot_file.Snapshot) -> bool:
    """Whether that snapshot has the database's name already, and the restore was not ended yet."""
    return _comment(where, where.place.database) == IN_PLACE + snapshot["sha256"]


def prepared(where: Reach, snapshot: snapshot_file.Snapshot) -> str | None:
    """A database that an earlier run restored from it and found to be whole."""
    comment = sql.literal(WHOLE + snapshot["sha256"])
    return sql.ask(
        where,
        "SELECT to_json(min(datname)) FROM pg_database d "
        f"WHERE datname LIKE {sql.literal(scratch.PREFIX)} || '%' AND shobj_description(d.oid, 'pg_database') = {comment};",
        database=MAINTENANCE,
    )


def prepare(
    where: Reach,
    snapshot: snapshot_file.Snapshot,
    facts: Facts,
    *,
    seconds: float,
    tell: Callable[[str], None],
    demand: Callable[[], None],
) -> str:
    """Name of a database that holds what the snapshot does, with the settings and rights of the present one.

    Raises ClassicError ``restore_failed``, ``verify_failed``; nothing of ours is left then.
    """
    demand()
    for left in scratch.left_over(where, RESTORED):
        scratch.drop(where, left)
    name = scratch.create(where, facts, RESTORED)
    with scratch.dropped_on_failure(where, name):
        scratch.fill(
            where, name, snapshot["path"], snapshot["counts"], facts, seconds=seconds, tell=tell, what="restore"
        )
        tell("counting what was restored")
        found = scratch.count(where, name, seconds)
        wrong = counts.differences(snapshot["counts"], found, snapshot["sequences_after"])
        if wrong:
            raise ClassicError(
                "What was restored is not what the snapshot holds.",
                code="verify_failed",
                where=where.where,
                why="; ".join(wrong[:10]),
                untouched="The database as it is: it was restored beside it, and dropped again.",
                next_step="Bring back another snapshot.",
            )
        _take_over(where, name)
        demand()
        sql.execute(where, f"COMMENT ON DATABASE {sql.name(name)} IS {sql.literal(WHOLE + snapshot['sha256'])};")
    return name


def swap(where: Reach, name: str, snapshot: snapshot_file.Snapshot, now: datetime) -> str:
    """The prepared database gets the name; that of the former one from then on. Raises ClassicError ``database_in_use``."""
    present = where.place.database
    former = f"{present}{BEFORE}{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    demand_unused(where)
    statements = [
        "BEGIN;",
        f"ALTER DATABASE {sql.name(present)} RENAME TO {sql.name(former)};",
        f"ALTER DATABASE {sql.name(name)} RENAME TO {sql.name(present)};",
        f"COMMENT ON DATABASE {sql.name(present)} IS {sql.literal(IN_PLACE + snapshot['sha256'])};",
        "COMMIT;",
    ]
    sql.execute(where, "\n".join(statements), database=MAINTENANCE)
    return former


def is_over(where: Reach, snapshot: snapshot_file.Snapshot, revision: int) -> bool:
    """Whether it was brought back already, and the release has not changed since."""
    return _comment(where, where.place.database) == f"{OVER}{snapshot['sha256']}, revision {revision}"


def over_since(where: Reach) -> int | None:
    """The revision of the release with which the last restore was over; None where there was none."""
    found = re.match(rf"{re.escape(OVER)}[0-9a-f]+, revision (\d+)$", _comment(where, where.place.database) or "")
    return int(found[1]) if found else None


def end(where: Reach, snapshot: snapshot_file.Snapshot, revision: int) -> None:
    """The restore is over: from now on this is the database, as any other."""
    comment = sql.literal(f"{OVER}{snapshot['sha256']}, revision {revision}")
    sql.execute(where, f"COMMENT ON DATABASE {sql.name(where.place.database)} IS {comment};", database=MAINTENANCE)


def former(where: Reach) -> list[str]:
    """What restores have put aside, the oldest first."""
    begin = sql.literal(f"{where.place.database}{BEFORE}")
    return sql.ask(
        where,
        "SELECT coalesce(json_agg(datname ORDER BY datname), '[]') FROM pg_database "
        f"WHERE starts_with(datname, {begin}) AND substr(datname, length({begin}) + 1) ~ '^[0-9]{{8}}T[0-9]{{6}}Z$';",
        database=MAINTENANCE,
    )


def sessions(where: Reach) -> dict[str, int]:
    """Who works in the database: ``{application or user: how many}``."""
    return sql.ask(
        where,
        "SELECT coalesce(json_object_agg(name, number), '{}') FROM (SELECT coalesce(nullif(application_name, ''), usename) "
        # Of sessions of another user the kind is not told to everybody.
        "AS name, count(*) AS number FROM pg_stat_activity WHERE coalesce(backend_type, 'client backend') = "
        "'client backend' AND "
        f"datname = {sql.literal(where.place.database)} GROUP BY 1) s;",
        database=MAINTENANCE,
    )


def end_left_over(where: Reach) -> int:
    """Ends sessions of ours that runs which were ended in the middle left in a pod; how many they were. Only for whoever holds the lock: no run is there that
    would lose its own.
    """
    return sql.ask(
        where,
        "SELECT to_json(count(pg_terminate_backend(pid))) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND "
        f"usename = current_user AND application_name = {sql.literal(sql.APPLICATION)} AND "
        f"datname = {sql.literal(where.place.database)};",
        database=MAINTENANCE,
    )


def demand_unused(where: Reach) -> None:
    """Raises ClassicError ``database_in_use``."""
    found = sessions(where)
    if not found:
        return
    told = ", ".join(f"{name} ({number})" for name, number in found.items())
    raise ClassicError(
        f"Somebody works in database {where.place.database}: {told}.",
        code="database_in_use",
        where=where.where,
        why="What is written meanwhile would be lost, and PostgreSQL renames no database that is in use.",
        untouched="The database as it is; Coder stays scaled to 0 until then.",
        next_step="End these sessions, then run again.",
    )


def _take_over(where: Reach, name: str) -> None:
    """Settings and rights that belong to the database and are in no dump of it."""
    new = sql.literal(name)
    statements = sql.ask(
        where,
        "SELECT coalesce(json_agg(statement), '[]') FROM ("
        f"SELECT CASE WHEN role = 0 THEN format('ALTER DATABASE %I', {new}) "
        f"ELSE format('ALTER ROLE %I IN DATABASE %I', pg_get_userbyid(role), {new}) END || format(' SET %I TO %s', key, "
        f"CASE WHEN key IN ({LISTS}) THEN value ELSE quote_literal(value) END) AS statement FROM ("
        "SELECT s.setrole AS role, split_part(pair, '=', 1) AS key, substr(pair, strpos(pair, '=') + 1) AS value "
        "FROM pg_db_role_setting s, unnest(s.setconfig) pair WHERE s.setdatabase = "
        "(SELECT oid FROM pg_database WHERE datname = current_database())) settings "
        f"UNION ALL SELECT format('ALTER DATABASE %I CONNECTION LIMIT %s', {new}, datconnlimit) FROM pg_database "
        "WHERE datname = current_database() AND datconnlimit >= 0 "
        "UNION ALL SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', "
        f"{new}) FROM pg_database WHERE datname = current_database() AND datacl IS NOT NULL "
        "UNION ALL SELECT format('GRANT %s ON DATABASE %I TO %s%s', a.privilege_type, "
        f"{new}, CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END, "
        "CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) "
        "FROM pg_database d, aclexplode(d.datacl) a WHERE d.datname = current_database()) t;",
    )
    if statements:
        sql.execute(where, "".join(f"{one};\n" for one in statements))


def _comment(where: Reach, name: str) -> str | None:
    return sql.ask(
        where,
        f"SELECT to_json(shobj_description(oid, 'pg_database')) FROM pg_database WHERE datname = {sql.literal(name)};",
        database=MAINTENANCE,
    )
