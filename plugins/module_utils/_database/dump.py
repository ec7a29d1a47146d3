# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A snapshot of a database that is proved before it gets its name. Private to this collection."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._database import (
    counts,
    reach,
    scratch,
    snapshot_file,
    sql,
)
from ansible_collections.coder.classic.plugins.module_utils._database.facts import Facts
from ansible_collections.coder.classic.plugins.module_utils._database.progress import Progress
from ansible_collections.coder.classic.plugins.module_utils._database.reach import Reach
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

TRY = "scratch"
#: pg_dump waits for nobody who changes a table meanwhile.
LOCK_WAIT = "--lock-wait-timeout=60s"
BEGIN = (
    "SET idle_in_transaction_session_timeout = 0;\nBEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;\n"
    "SELECT pg_export_snapshot();"
)


def take(
    where: Reach,
    folder: str,
    facts: Facts,
    of: dict[str, Any],
    *,
    restore: bool,
    seconds: float,
    tell: Callable[[str], None] = lambda line: None,
    demand: Callable[[], None] = lambda: None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> snapshot_file.Snapshot:
    """The description of the new snapshot, with ``path``. of: what it is of, for whoever brings it back; ``version`` is in its name.

    Counted in the very state that pg_dump sees; restored into a scratch database and counted there (restore), or read to its end by
    pg_restore. demand is called before each write to the database. Whatever goes wrong, no file is left that looks good.

    Raises ClassicError: ``backup_failed``, ``disk_full``, ``dump_failed``, ``restore_failed``, ``verify_failed``, those of reach.
    """
    begun, taken = time.monotonic(), now()
    snapshot_file.folder(folder)
    path = os.path.join(folder, snapshot_file.name_of(where.place.database, of.get("version"), taken))
    try:
        saved, later, told = _dump(where, path, seconds, tell)
        dumped = time.monotonic()
        partial_dump = f"{path}{snapshot_file.DUMP}{snapshot_file.PARTIAL}"
        if restore:
            _restored(where, partial_dump, saved, later, facts, seconds=seconds, tell=tell, demand=demand)
        else:
            _read(where, partial_dump, saved, seconds=seconds, tell=tell)
        description = {
            **told,
            "of": of,
            "database": where.place.database,
            "server": facts["server"],
            "server_version": facts["server_version"],
            "extensions": facts["extensions"],
            "taken": taken.strftime(snapshot_file.TIME),
            "counts": saved,
            "sequences_after": later,
            "verified": snapshot_file.RESTORED if restore else snapshot_file.READ,
            "seconds": {"dump": round(dumped - begun, 1), "verify": round(time.monotonic() - dumped, 1)},
        }
        return snapshot_file.finish(path, description)
    except BaseException:
        snapshot_file.drop_partial(path)
        raise


def tidy(where: Reach, folder: str, demand: Callable[[], None]) -> list[str]:
    """Takes away what runs that were killed left: partial dumps, scratch databases. What it was, for people."""
    said = []
    for path in snapshot_file.partials(folder):
        with contextlib.suppress(FileNotFoundError):
            os.remove(path)
        said.append(f"Removed {path}, which a run that was ended in the middle left.")
    for name in scratch.left_over(where, TRY):
        demand()
        scratch.drop(where, name)
        said.append(f"Dropped database {name}, in which a run that was ended in the middle tried a dump.")
    return said


def _dump(
    where: Reach, path: str, seconds: float, tell: Callable[[str], None]
) -> tuple[counts.Counts, dict[str, int | None], dict[str, Any]]:
    """What was counted, the sequences after it, and ``{dump_bytes, sha256}``."""
    with sql.session(where) as held:
        exported = held.line(BEGIN)
        tell("counting what is in the database")
        saved = counts.look(held.ask, partial(held.ask, seconds=seconds))
        told = _written(where, path, exported, saved["bytes"], seconds, tell)
    # Of a new transaction: sequences go on in that one, too, but no newer one would be seen.
    return saved, sql.ask(where, counts.SEQUENCES), told


def _written(
    where: Reach, path: str, exported: str, sizes: dict[str, int], seconds: float, tell: Callable[[str], None]
) -> dict[str, Any]:
    program = ["pg_dump", "--format=custom", "--no-password", "--verbose", LOCK_WAIT, f"--snapshot={exported}"]
    progress, digest, until = Progress("dump", sizes, tell), hashlib.sha256(), time.monotonic() + seconds
    with (
        # Without a buffer: a disk that is full is met where it is written, not once more on the way out.
        os.fdopen(snapshot_file.begin(path), "wb", buffering=0) as file,
        reach.running(where, program) as command,
    ):
        while piece := reach.read(command, where, "pg_dump", until - time.monotonic(), seconds):
            _write(file, piece, path)
            digest.update(piece)
            progress.add(len(piece), command.messages)
        ended = reach.Ended(command.status(), b"", _last_words(command.messages()))
        if ended.status:
            raise _not_dumped(where, program[0], ended)
        _write(file, b"", path)
    return {"dump_bytes": progress.bytes, "sha256": digest.hexdigest()}


def _write(file: Any, piece: bytes, path: str) -> None:
    """An empty piece is the end of it: to the disk."""
    try:
        rest = memoryview(piece)
        while rest:
            rest = rest[file.write(rest) :]
        if not piece:
            os.fsync(file.fileno())
    except OSError as error:
        raise snapshot_file.unwritable(path, error) from None


def _restored(
    where: Reach,
    dump: str,
    saved: counts.Counts,
    later: dict[str, int | None],
    facts: Facts,
    *,
    seconds: float,
    tell: Callable[[str], None],
    demand: Callable[[], None],
) -> None:
    demand()
    name = scratch.create(where, facts, TRY)
    with scratch.dropped_on_failure(where, name):
        scratch.fill(where, name, dump, saved, facts, seconds=seconds, tell=tell, what="trial restore")
        tell("counting what was restored")
        wrong = counts.differences(saved, scratch.count(where, name, seconds), later)
    scratch.drop(where, name)
    if wrong:
        raise ClassicError(
            "The dump does not hold what the database holds.",
            code="verify_failed",
            where=where.where,
            why="; ".join(wrong[:10]),
            untouched="The database and the deployment; the dump was removed.",
            next_step="Run again; where it happens again, do not update before it is known why.",
        )


def _read(where: Reach, dump: str, saved: counts.Counts, *, seconds: float, tell: Callable[[str], None]) -> None:
    """Every block of it through pg_restore, which writes nothing: more than --list, which reads only how it begins."""
    program = ["pg_restore", "--verbose", "--file=/dev/null"]
    ended = scratch.feed(where, program, dump, saved["bytes"], seconds=seconds, tell=tell, what="reading the dump")
    if ended.status:
        raise _not_dumped(where, program[0], ended._replace(messages=_last_words(ended.messages)))


def _last_words(said: str) -> str:
    """Errors, without what --verbose told before them."""
    errors = [line for line in said.splitlines() if "error:" in line or "FATAL" in line or "detail:" in line]
    return "\n".join(errors or said.splitlines()[-3:])


def _not_dumped(where: Reach, program: str, ended: reach.Ended) -> ClassicError:
    error = reach.failed(where, program, ended)
    error.code = "dump_failed" if error.code == "database_failed" else error.code
    error.untouched = "The database and the deployment; the partial dump was removed."
    error.next_step = "Remove the cause, then run again."
    return error
