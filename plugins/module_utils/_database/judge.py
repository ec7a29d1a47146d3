# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a database can be saved, migrated and brought back, by what was looked up. Pure. Private to this collection."""

from __future__ import annotations

from typing import Any, NamedTuple

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

#: Oldest server that Coder works with.
OLDEST_SERVER = 11
#: Below this much room beside what a dump needs, something else on that disk would fail first.
SPARE_BYTES = 256 * 1024 * 1024


class Finding(NamedTuple):
    """code for playbooks; message, why and next for people; is_blocker: nothing begins where one stands."""

    code: str
    message: str
    why: str
    next: str
    is_blocker: bool = True


def findings(facts: dict[str, Any], *, free_bytes: int | None, backup_dir: str | None, scratch: bool) -> list[Finding]:
    """facts: of facts.look. free_bytes: of the folder that takes the dump, None where nobody knows. scratch: whether the dump is to be
    restored beside the database.
    """
    found = [*_server(facts), *_rights(facts, scratch=scratch)]
    if free_bytes is not None and free_bytes < needed_bytes(facts):
        found.append(
            Finding(
                "disk_full",
                f"There is no room for the dump: {size(free_bytes)} are free, it may take {size(needed_bytes(facts))}",
                f"The tables have {size(facts['table_bytes'])}; a dump is compressed, and how well is not known before",
                f"Make room in {backup_dir}, or let coder_backup_dir name another folder. Tables that Coder's documentation names as "
                "safe to truncate: metric_events, environment_stats, audit_logs",
            )
        )
    return found


def restore_findings(facts: dict[str, Any], snapshot: dict[str, Any]) -> list[Finding]:
    """Of bringing that snapshot (its description) back to that server, beside what concerns every one of them."""
    found = [one for one in findings(facts, free_bytes=None, backup_dir=None, scratch=False) if one.is_blocker]
    user = facts["user"]
    if facts["server"] < snapshot["server"]:
        found.append(
            Finding(
                "database_too_old",
                f"The snapshot is of PostgreSQL {snapshot['server_version']}, the server is {facts['server_version']}",
                "A dump of a newer server may hold what an older one does not know",
                "Bring it back to a server of that version or later",
            )
        )
    missing = sorted(set(snapshot["extensions"]) - set(facts["extensions"]))
    if missing and not facts["superuser"]:
        found.append(
            Finding(
                "database_rights",
                f"The snapshot needs the extensions {', '.join(missing)}",
                f"User {user} may not create them",
                f"As a superuser: ALTER ROLE {user} SUPERUSER, for the time of the restore",
            )
        )
    if not facts["superuser"]:
        found.append(
            Finding(
                "database_not_superuser",
                f"User {user} is no superuser",
                "Every table becomes its own, and what others were granted on them is not brought back",
                f"As a superuser, where that matters: ALTER ROLE {user} SUPERUSER, for the time of the restore",
                is_blocker=False,
            )
        )
    return found


def demand(found: list[Finding], what: str, where: str) -> list[str]:
    """What is only said of them. Raises ClassicError with everything that stands in the way of it."""
    stops = [one for one in found if one.is_blocker]
    if stops:
        raise ClassicError(
            f"{what}: {'; '.join(one.message for one in stops)}.",
            code=stops[0].code,
            where=where,
            why=". ".join(one.why for one in stops),
            untouched="Everything: nothing was begun.",
            next_step="; ".join(one.next for one in stops),
        )
    return [f"{one.message}: {one.why}. {one.next}." for one in found]


def needed_bytes(facts: dict[str, Any]) -> int:
    """What a dump takes at most: indexes are not in it."""
    return int(facts["table_bytes"]) + SPARE_BYTES


def _server(facts: dict[str, Any]) -> list[Finding]:
    found = []
    if facts["is_replica"]:
        found.append(
            Finding(
                "database_replica",
                "The database is a replica that can only be read",
                "A migration and a restore write to the primary",
                "Let postgres.host of the values name the primary",
            )
        )
    if facts["server"] < OLDEST_SERVER:
        found.append(
            Finding(
                "database_too_old",
                f"The server is PostgreSQL {facts['server_version']}",
                f"Coder needs {OLDEST_SERVER} or later",
                "Update the database server first",
            )
        )
    if facts["client"] is None or facts["client"] < facts["server"]:
        found.append(
            Finding(
                "client_too_old",
                f"pg_dump is of PostgreSQL {facts['client'] or 'an unknown version'}, the server of {facts['server']}",
                "An older pg_dump refuses a newer server",
                f"Install PostgreSQL's client programs of version {facts['server']} or later, let coder_database_programs name their "
                "folder, or let coder_database_image name an image that has them",
            )
        )
    return found


def _rights(facts: dict[str, Any], *, scratch: bool) -> list[Finding]:
    found, user = [], facts["user"]
    if facts["unreadable"]:
        names = ", ".join(facts["unreadable"][:5])
        found.append(
            Finding(
                "database_rights",
                f"User {user} may not read {names}",
                "A dump without them is none",
                f"As a superuser: GRANT {facts['owner']} TO {user}",
            )
        )
    if not facts["owns"]:
        found.append(
            Finding(
                "database_rights",
                f"User {user} does not own the database",
                "A restore gives it another name, which only its owner may",
                f"As a superuser: GRANT {facts['owner']} TO {user}",
            )
        )
    if not facts["may_create"]:
        found.append(
            Finding(
                "database_rights",
                f"User {user} may not create a database",
                "A restore makes a new one before it takes the old one away"
                + (", and a snapshot is tried by being restored" if scratch else ""),
                f"As a superuser: ALTER ROLE {user} CREATEDB",
            )
        )
    if not facts["superuser"]:
        found.append(
            Finding(
                "database_not_superuser",
                f"User {user} is no superuser",
                "Coder's documentation asks for one to migrate from 1.20 to 1.22",
                f"As a superuser, for the time of the update: ALTER ROLE {user} SUPERUSER",
                is_blocker=False,
            )
        )
    if not facts["contrib"]:
        found.append(
            Finding(
                "database_contrib",
                "The server does not have PostgreSQL's contrib extensions",
                "Coder's documentation asks for them",
                "Install postgresql-contrib on the server",
                is_blocker=False,
            )
        )
    return found


def size(count: float) -> str:
    """1536 → ``1.5 KiB``."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:.1f} TiB"
