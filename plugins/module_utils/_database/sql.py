# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Questions to a database by psql, answered with JSON. Private to this collection."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._database import reach
from ansible_collections.coder.classic.plugins.module_utils._database.reach import Command, Reach
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

#: What our sessions call themselves: one of a run that was killed may be left in a pod.
APPLICATION = "coder.classic"
#: No file of whoever runs it, rows as they are, an error ends it.
PSQL = [
    *("psql", "--no-psqlrc", "--no-password", "--no-align", "--tuples-only", "--quiet", "--set=ON_ERROR_STOP=1"),
    f"--dbname=application_name={APPLICATION}",
]
#: For psql alone: pg_dump writes a database as it is encoded.
UTF_8 = "\\encoding UTF8\n"
ASK_SECONDS = 120


def ask(where: Reach, text: str, *, database: str | None = None, seconds: float = ASK_SECONDS) -> Any:
    """The JSON of the last statement; None where it answers with no row.

    Raises ClassicError with the codes of reach.code_of, ``timeout``, ``not_json``.
    """
    output = execute(where, text, database=database, seconds=seconds).strip()
    if not output:
        return None
    try:
        return json.loads(output)
    except ValueError:
        raise _not_json(where) from None


def execute(where: Reach, text: str, *, database: str | None = None, seconds: float = ASK_SECONDS) -> str:
    """What psql prints. Each statement is one of its own: what has to be done as a whole says BEGIN and COMMIT."""
    ended = reach.run(where, PSQL, seconds, database=database, stdin=f"{UTF_8}{text.rstrip()}\n".encode())
    if ended.status:
        raise reach.failed(where, "psql", ended)
    return ended.output.decode(errors="replace")


class Session:
    """A psql that stays: what it does is in one transaction, as long as whoever uses it does not end that."""

    def __init__(self, where: Reach, command: Command) -> None:
        self._where, self._command, self._rest = where, command, b""

    def line(self, text: str, seconds: float = ASK_SECONDS) -> str:
        """The one line that the statement answers with."""
        reach.send(self._command, self._where, "psql", f"{text}\n".encode(), seconds)
        while b"\n" not in self._rest:
            piece = reach.read(self._command, self._where, "psql", seconds, seconds)
            if not piece:
                ended = reach.Ended(self._command.status(), b"", self._command.messages())
                raise reach.failed(self._where, "psql", ended)
            self._rest += piece
        line, _newline, self._rest = self._rest.partition(b"\n")
        return line.decode(errors="replace")

    def ask(self, text: str, seconds: float = ASK_SECONDS) -> Any:
        try:
            return json.loads(self.line(text, seconds))
        except ValueError:
            raise _not_json(self._where) from None


@contextlib.contextmanager
def session(where: Reach) -> Iterator[Session]:
    with reach.running(where, PSQL) as command:
        reach.send(command, where, "psql", UTF_8.encode(), reach.SECONDS_TO_SEND)
        yield Session(where, command)
        # All is said: one that was cut off while it was silent, during a long dump, is no failure.
        with contextlib.suppress(ClassicError):
            reach.send(command, where, "psql", b"\\q\n", reach.SECONDS_TO_SEND)
            command.finish_input()


def literal(text: str) -> str:
    """As a string constant, whatever standard_conforming_strings says. Pure."""
    quoted = text.replace("'", "''")
    return f"E'{quoted.replace(chr(92), chr(92) * 2)}'" if "\\" in text else f"'{quoted}'"


def name(text: str) -> str:
    """As an identifier. Pure."""
    return '"' + text.replace('"', '""') + '"'


def _not_json(where: Reach) -> ClassicError:
    return ClassicError(
        "The database answered with something else than was asked for.",
        code="not_json",
        where=where.where,
        untouched="The database as it was.",
        next_step="Check that this is PostgreSQL's own psql, then run again.",
    )
