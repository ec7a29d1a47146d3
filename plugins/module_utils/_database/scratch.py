# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A dump restored into a database of its own, and what came of it counted. Private to this collection.

Such a database carries a comment of ours; without it none is dropped that has something in it, and none in which somebody works.
"""

from __future__ import annotations

import contextlib
import re
import secrets
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._database import counts, reach, sql
from ansible_collections.coder.classic.plugins.module_utils._database.progress import Progress
from ansible_collections.coder.classic.plugins.module_utils._database.reach import Reach
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

PREFIX = "coder_classic_"
#: How each comment of ours begins.
MARK = "coder.classic: "
COMMENT = f"{MARK}being restored from a dump"
PIECE = 1024 * 1024
#: pg_restore of 17 and later sets what an older server does not know; nothing depends on it.
HARMLESS = re.compile(r'unrecognized configuration parameter "transaction_timeout"')
ERROR = re.compile(r"^pg_restore: error: (.+)$", re.MULTILINE)
#: Its own last word: how many errors it went on after.
PASSED_OVER = re.compile(r"^pg_restore: warning: errors ignored on restore: (\d+)$", re.MULTILINE)


def create(where: Reach, facts: dict[str, Any], purpose: str) -> str:
    """An empty database with encoding, order of characters, tablespace and owner of the present one; its name."""
    name = f"{PREFIX}{purpose}_{secrets.token_hex(4)}"
    like = {"ENCODING": facts["encoding"], "LC_COLLATE": facts["collate"], "LC_CTYPE": facts["ctype"]}
    options = " ".join(f"{key} {sql.literal(value)}" for key, value in like.items() if value)
    # To name the usual one takes a right, too.
    options += f" TABLESPACE {sql.name(facts['tablespace'])}" if facts["tablespace"] else ""
    owner = f" OWNER {sql.name(facts['owner'])}" if facts["owns"] else ""
    statements = [
        f"CREATE DATABASE {sql.name(name)} TEMPLATE template0 {options}{owner};",
        f"COMMENT ON DATABASE {sql.name(name)} IS {sql.literal(COMMENT)};",
    ]
    sql.execute(where, "\n".join(statements), seconds=600)
    return name


def drop(where: Reach, name: str) -> None:
    """One of ours. What our own programs still do there is ended: a server notices late that one was."""
    of_ours = f"datname = {sql.literal(name)} AND usename = current_user"
    end = f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE {of_ours};"
    sql.execute(where, f"{end}\nDROP DATABASE IF EXISTS {sql.name(name)};", seconds=600)


@contextlib.contextmanager
def dropped_on_failure(where: Reach, name: str) -> Iterator[None]:
    """Whatever goes wrong is what is told, also where the database cannot be dropped: the next run tidies."""
    try:
        yield
    except BaseException:
        with contextlib.suppress(ClassicError):
            drop(where, name)
        raise


def left_over(where: Reach, purpose: str) -> list[str]:
    """Databases of ours that runs which were ended in the middle have left, and in which nobody works: with a comment of ours, or
    with none and nothing in them, as one is right after it was made.
    """
    pattern = sql.literal(f"^{PREFIX}{purpose}_[0-9a-f]+$")
    # By name: whether it has our comment, null for one with none.
    found = sql.ask(
        where,
        "SELECT coalesce(json_object_agg(datname, starts_with(comment, "
        f"{sql.literal(MARK)})), '{{}}') FROM (SELECT *, shobj_description(oid, 'pg_database') AS comment FROM pg_database) d "
        f"WHERE datname ~ {pattern} AND NOT EXISTS (SELECT 1 FROM pg_stat_activity a WHERE a.datid = d.oid);",
    )
    return [name for name in sorted(found) if found[name] or (found[name] is None and _is_ours_and_empty(where, name))]


def _is_ours_and_empty(where: Reach, name: str) -> bool:
    inside = f"SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {counts.OF_THE_SITE}"
    owns = "pg_has_role(current_user, datdba, 'USAGE')"
    question = f"SELECT to_json({owns} AND NOT EXISTS ({inside})) FROM pg_database WHERE datname = current_database();"
    try:
        return sql.ask(where, question, database=name)
    except ClassicError:
        # Where we may not even enter, it is none of ours.
        return False


def fill(
    where: Reach,
    name: str,
    dump: str,
    saved: counts.Counts,
    facts: dict[str, Any],
    *,
    seconds: float,
    tell: Callable[[str], None],
    what: str,
) -> None:
    """The dump (a file of the controller) into that empty database. saved: what was counted when it was taken.

    Raises ClassicError ``restore_failed``, ``timeout`` and those of reach.
    """
    has_timescale = "timescaledb" in facts["extensions"]
    if has_timescale:
        # Its own catalogue must take rows as they are meanwhile: the extension's documentation, "Logical backup".
        sql.execute(
            where, "CREATE EXTENSION IF NOT EXISTS timescaledb; SELECT timescaledb_pre_restore();", database=name
        )
    owners = [] if facts["superuser"] else ["--no-owner", "--no-privileges"]
    program = ["pg_restore", "--no-password", "--verbose", f"--dbname={name}", *owners]
    ended = feed(where, program, dump, saved["bytes"], seconds=seconds, tell=tell, what=what, database=name)
    found = harmful(ended.messages)
    if found or (ended.status and not is_all_seen(ended.messages)):
        raise restore_failed(where, found or [f"pg_restore ended with status {ended.status}"])
    if has_timescale:
        sql.execute(where, "SELECT timescaledb_post_restore();", database=name)


def feed(
    where: Reach,
    program: list[str],
    dump: str,
    sizes: dict[str, int],
    *,
    seconds: float,
    tell: Callable[[str], None],
    what: str,
    database: str | None = None,
) -> reach.Ended:
    """The program with the dump as its standard input, to its end."""
    until = time.monotonic() + seconds
    progress = Progress(what, sizes, tell)
    with open(dump, "rb") as file:
        length = file.seek(0, 2)
        file.seek(0)
        with reach.running(where, program, database=database, given=length) as command:
            while piece := file.read(PIECE):
                reach.send(command, where, program[0], piece, until - time.monotonic(), seconds)
                progress.add(len(piece), command.messages)
            command.finish_input()
            while reach.read(command, where, program[0], until - time.monotonic(), seconds):
                pass
            return reach.Ended(command.status(), b"", command.messages())


def count(where: Reach, name: str, seconds: float) -> counts.Counts:
    """Of that database."""
    ask = partial(sql.ask, where, database=name)
    return counts.look(ask, partial(ask, seconds=seconds))


def harmful(said: str) -> list[str]:
    """The errors of pg_restore that mean that something is not there. Pure."""
    return [error for error in ERROR.findall(said) if not HARMLESS.search(error)]


def is_all_seen(said: str) -> bool:
    """Whether no error that pg_restore counted is missing in what was kept of its words. Pure."""
    told = PASSED_OVER.findall(said)
    return bool(told) and int(told[-1]) == len(ERROR.findall(said))


def restore_failed(where: Reach, errors: list[str]) -> ClassicError:
    return ClassicError(
        "The dump cannot be restored whole.",
        code="restore_failed",
        where=where.where,
        why="; ".join(errors[:5]),
        untouched="The database as it was: it was restored beside it.",
        next_step="Mend what the server says (an extension, a right, room on its disk), then run again.",
    )
