# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a program to its end, with a deadline and in a session of its own: AnsibleModule.run_command has neither.

Private to this collection.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence
from typing import NamedTuple

SECONDS_TO_END = 10
SECONDS_AFTER_THE_END = 2


class Ended(NamedTuple):
    """Exit status, standard output, standard error."""

    status: int
    output: str
    messages: str


def run(command: Sequence[str], environment: Mapping[str, str], seconds: float, stdin: str | None = None) -> Ended:
    """Raises TimeoutError after it was asked, and then made, to end; OSError when it cannot be run.

    Where this run is being interrupted itself, the program gets a little time to finish: no signal to the terminal or to
    this process' group reaches it.
    """
    return asyncio.run(_run(command, environment, seconds, stdin))


async def _run(command: Sequence[str], environment: Mapping[str, str], seconds: float, stdin: str | None) -> Ended:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=DEVNULL if stdin is None else PIPE,
        stdout=PIPE,
        stderr=PIPE,
        env=environment,
        start_new_session=True,
    )
    try:
        communicate = process.communicate(None if stdin is None else stdin.encode())
        output, messages = await asyncio.wait_for(communicate, seconds)
    except TimeoutError:
        await _end(process)
        raise
    except BaseException:
        await _finish(process)
        raise
    return Ended(process.returncode, output.decode(errors="replace"), messages.decode(errors="replace"))


async def _finish(process: Process) -> None:
    try:
        await asyncio.wait_for(process.communicate(), SECONDS_TO_END)
    except TimeoutError:
        await _end(process)


async def _end(process: Process) -> None:
    _signal(process, signal.SIGTERM)
    try:
        await asyncio.wait_for(process.communicate(), SECONDS_TO_END)
    except TimeoutError:
        _signal(process, signal.SIGKILL)
        # What it started in another session, a browser for example, may hold its output open for ever.
        try:
            await asyncio.wait_for(process.communicate(), SECONDS_AFTER_THE_END)
        except TimeoutError:
            # asyncio has no public way to let go of the pipes.
            process._transport.close()
            await asyncio.sleep(0)


def _signal(process: Process, number: int) -> None:
    """To all of its session, which also holds what the program has started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)
