# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""PostgreSQL's own programs, where the database can be reached: on this machine, or in a pod of its cluster.

A password is in a file that nobody else can read, never in an argument or an environment. Private to this collection.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

from ansible_collections.coder.classic.plugins.module_utils._database import local_command, place
from ansible_collections.coder.classic.plugins.module_utils._database.place import Place
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_command import write_secret
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import pod_exec
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster

#: What leads libpq's programs elsewhere than they are told.
OF_LIBPQ = "PG"
#: What is small (a password, a question) is taken at once.
SECONDS_TO_SEND = 30


class Command(Protocol):
    """A program that runs; see local_command.LocalCommand."""

    def send(self, data: bytes, seconds: float) -> None: ...
    def finish_input(self) -> None: ...
    def read(self, seconds: float) -> bytes: ...
    def messages(self) -> str: ...
    def status(self) -> int: ...
    def close(self) -> None: ...


class Reach(Protocol):
    """place: the database; where: for people. start answers the running program; given: how many bytes it gets on its standard
    input, None where it is told otherwise where they end.
    """

    place: Place
    where: str

    def start(self, program: list[str], *, database: str | None = None, given: int | None = None) -> Command: ...


class OnController(NamedTuple):
    """programs: their folder, None for PATH. folder (0700) takes the file with the password."""

    place: Place
    folder: str
    programs: str | None = None

    @property
    def where(self) -> str:
        return f"{self.place.words}, from this machine"

    def start(self, program: list[str], *, database: str | None = None, given: int | None = None) -> Command:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(OF_LIBPQ)}
        environment |= place.environment(self.place, database) | {"PGPASSFILE": self._password_file()}
        if self.place.ca_path:
            environment["PGSSLROOTCERT"] = self.place.ca_path
        name = os.path.join(self.programs, program[0]) if self.programs else program[0]
        return local_command.LocalCommand([name, *program[1:]], environment)

    def _password_file(self) -> str:
        path = os.path.join(self.folder, "pgpass")
        if not os.path.exists(path):
            write_secret(path, place.password_line(self.place).encode())
        return path


#: Takes so many bytes of its standard input as password file, then is that program with so many bytes of the rest (or all).
#: Byte by byte, as the head of some images reads beyond what it is told.
IN_POD = """umask 077
n=$1; g=$2; shift 2
if [ "$n" -gt 0 ]; then
  f=$(mktemp) || exit 74
  trap 'rm -f "$f"' EXIT
  trap 'exit 143' TERM HUP INT PIPE
  dd bs=1 count="$n" of="$f" 2>/dev/null; PGPASSFILE=$f; export PGPASSFILE
fi
if [ "$g" -ge 0 ]; then head -c "$g" | "$@"; else "$@"; fi"""


class InPod(NamedTuple):
    place: Place
    cluster: Cluster
    namespace: str
    pod: str
    container: str

    @property
    def where(self) -> str:
        return f"{self.place.words}, from pod {self.namespace}/{self.pod}, {self.cluster.where}"

    def start(self, program: list[str], *, database: str | None = None, given: int | None = None) -> Command:
        secret = place.password_line(self.place).encode()
        settings = [f"{name}={value}" for name, value in place.environment(self.place, database).items()]
        shell = ["sh", "-c", IN_POD, "sh", str(len(secret)), str(-1 if given is None else given)]
        command = [*shell, "env", *settings, *program]
        running = pod_exec.start(self.cluster, self.namespace, self.pod, self.container, command)
        if secret:
            running.send(secret, SECONDS_TO_SEND)
        return running


class Ended(NamedTuple):
    """Exit status, standard output, standard error."""

    status: int
    output: bytes
    messages: str


def run(
    reach: Reach, program: list[str], seconds: float, *, database: str | None = None, stdin: bytes | None = None
) -> Ended:
    """To its end. Raises ClassicError: ``timeout``, and what start and read raise."""
    with running(reach, program, database=database, given=None if stdin is None else len(stdin)) as command:
        if stdin is not None:
            send(command, reach, program[0], stdin, seconds)
        command.finish_input()
        output, until = bytearray(), time.monotonic() + seconds
        while piece := read(command, reach, program[0], until - time.monotonic(), seconds):
            output += piece
        return Ended(command.status(), bytes(output), command.messages())


@contextlib.contextmanager
def running(reach: Reach, program: list[str], **options: Any) -> Iterator[Command]:
    """The started program, which is ended on the way out."""
    command = reach.start(program, **options)
    try:
        yield command
    finally:
        command.close()


def read(command: Command, reach: Reach, name: str, seconds: float, allowed: float) -> bytes:
    """The next piece of output, empty at the end. Raises ClassicError ``timeout`` (allowed is what is told), also where there always
    is a next one.
    """
    if seconds <= 0:
        raise _too_long(reach, name, allowed)
    try:
        return command.read(seconds)
    except TimeoutError:
        raise _too_long(reach, name, allowed) from None


def send(command: Command, reach: Reach, name: str, data: bytes, seconds: float, allowed: float | None = None) -> None:
    """To its standard input. Raises ClassicError ``timeout`` where it does not take it (allowed is what is told)."""
    if seconds <= 0:
        raise _too_long(reach, name, allowed or seconds)
    try:
        command.send(data, seconds)
    except TimeoutError:
        raise _too_long(reach, name, allowed or seconds) from None


def _too_long(reach: Reach, name: str, allowed: float) -> ClassicError:
    return ClassicError(
        f"{name} did not end within {allowed:g} seconds and was ended.",
        code="timeout",
        where=reach.where,
        untouched="The database as it was.",
        next_step="See what keeps the server busy (pg_stat_activity), then run again.",
    )


def failed(reach: Reach, name: str, ended: Ended) -> ClassicError:
    """The program's own last words; a password is in none of them."""
    said = ended.messages.strip()
    if reach.place.password:
        said = said.replace(reach.place.password, "***")
    return ClassicError(
        f"{name} failed with status {ended.status}.",
        code=code_of(said),
        where=reach.where,
        why=said[-1500:] or None,
        untouched="The database as it was.",
    )


def code_of(said: str) -> str:
    """What a program's words mean, for playbooks and tests. Pure."""
    known = {
        "password authentication failed": "database_password",
        "no password supplied": "database_password",
        "permission denied": "database_rights",
        "must be owner": "database_rights",
        "must be superuser": "database_rights",
        "is being accessed by other users": "database_in_use",
        "server version mismatch": "client_too_old",
        "No space left on device": "disk_full",
        "does not support SSL": "database_tls",
        "certificate verify failed": "database_tls",
        "server certificate for": "database_tls",
        "root certificate file": "database_tls",
        "SSL error": "database_tls",
        "could not connect": "database_unreachable",
        "could not translate host name": "database_unreachable",
        "connection to server": "database_unreachable",
    }
    # In this order: why a connection failed comes behind "connection to server ... failed:".
    return next((code for words, code in known.items() if words in said), "database_failed")
