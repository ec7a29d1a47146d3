# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A program of this machine whose input and output are streamed, with a deadline at each read. Private to this collection."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

PIECE = 256 * 1024
#: Of what a program says on standard error the end is kept.
MESSAGES = 4 * 1024 * 1024
SECONDS_TO_END = 10


class LocalCommand:
    """One program, in a session of its own: no signal to the terminal reaches it. Not for two threads at a time."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Raises ClassicError ``program_missing``."""
        self._loop = asyncio.new_event_loop()
        self._said = bytearray()
        try:
            self._process: Process = self._run(
                asyncio.create_subprocess_exec(
                    *command,
                    stdin=PIPE,
                    stdout=PIPE,
                    stderr=PIPE,
                    env=dict(environment),
                    start_new_session=True,
                    limit=PIECE,
                )
            )
        except OSError as error:
            self._loop.close()
            raise missing(command[0], str(error.strerror)) from None
        self._listening = self._loop.create_task(self._listen())

    def send(self, data: bytes, seconds: float) -> None:
        """To its standard input; what it no longer reads is dropped, its status tells why. Raises TimeoutError."""
        if self._process.stdin.transport.is_closing():
            return
        self._process.stdin.write(data)
        with contextlib.suppress(ConnectionError):
            self._run(asyncio.wait_for(self._process.stdin.drain(), seconds))

    def finish_input(self) -> None:
        self._process.stdin.close()

    def read(self, seconds: float) -> bytes:
        """The next piece of its standard output; empty once it has ended. Raises TimeoutError."""
        piece = self._run(asyncio.wait_for(self._process.stdout.read(PIECE), seconds))
        if not piece:
            self._run(asyncio.wait_for(self._process.wait(), SECONDS_TO_END))
            self._run(asyncio.wait({self._listening}, timeout=SECONDS_TO_END))
        return piece

    def messages(self) -> str:
        """What it said on standard error until now."""
        return self._said.decode(errors="replace")

    def status(self) -> int:
        """Its exit status, once read answered with nothing."""
        return self._process.returncode or 0

    def close(self) -> None:
        """Ends it where it still runs."""
        if self._loop.is_closed():
            return
        # asyncio takes a process for ended only once nothing of what it said is left to read. It has no public way to its pipes.
        output = self._process._transport.get_pipe_transport(1)
        if output is not None:
            output.close()
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self._process.returncode is not None:
                break
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
            with contextlib.suppress(TimeoutError):
                self._run(asyncio.wait_for(self._process.wait(), SECONDS_TO_END))
        self._listening.cancel()
        self._run(asyncio.wait({self._listening}))
        self._process._transport.close()
        self._run(asyncio.sleep(0))
        self._loop.close()

    async def _listen(self) -> None:
        while piece := await self._process.stderr.read(PIECE):
            self._said += piece
            del self._said[:-MESSAGES]

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self._loop.run_until_complete(work)


def missing(program: str, why: str) -> ClassicError:
    return ClassicError(
        f"The program {program} cannot be run.",
        code="program_missing",
        where=f"PATH {os.environ.get('PATH')}",
        why=why,
        untouched="The database and the deployment.",
        next_step="Install PostgreSQL's client programs (postgresql-client), of the server's version or later, or say with "
        "coder_database_programs in which folder they are.",
    )
