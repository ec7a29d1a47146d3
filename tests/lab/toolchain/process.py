# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs one long command with a log and a line on the terminal every few seconds; a broken run leaves no process."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from .errors import ToolchainError

SAY_EVERY = 10.0  # seconds between two lines of progress
LIMIT = 3600.0  # seconds for one command; the longest measured takes six minutes on two cores
TAIL = 30  # lines of the log that a failure shows
GRACE = 5.0  # seconds between asking a process group to end and killing it


class Work(NamedTuple):
    """What is being done: its title, the folder it is done in, the log of all its commands, where progress goes."""

    title: str
    folder: Path
    log: Path
    report: Callable[[str], None]


def run(
    work: Work,
    doing: str,
    command: Sequence[str | Path],
    environment: dict[str, str],
    progress: Callable[[str], str] = lambda text: "",
) -> str:
    """Run ``command`` and return its standard output; its standard error goes to the log.

    ``progress`` turns what the command has logged so far into a hint of how far it is. A failure, or more than
    ``LIMIT`` seconds, raises ToolchainError with the end of the log. However this function ends, the command and all
    that it started have ended.
    """
    with work.log.open("ab") as log, tempfile.TemporaryFile() as output:
        log.write(f"$ {shlex.join(map(str, command))}\n".encode())
        log.flush()
        start_of_text = log.tell()
        child = _start(work.folder, command, environment, output, log)
        try:
            status = _watch(work, doing, child, lambda: progress(_read_from(work.log, start_of_text)))
        finally:
            _end_group(child)
        output.seek(0)
        text = output.read().decode(errors="replace")
        if status != 0:
            # `go mod download -json` explains a failure on standard output.
            log.write(text.encode())
            log.flush()
            raise ToolchainError(_failure(work, doing, f"status {status}"))
    return text


def _start(folder: Path, command: Sequence[str | Path], environment: dict[str, str], output, log) -> subprocess.Popen:
    # Temporary files of a command that was killed go away with the folder. A folder of their own, since Go does not
    # see a go.mod that lies in the folder for temporary files.
    temporary = folder / "temporary"
    temporary.mkdir(exist_ok=True)
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment | {"TMPDIR": str(temporary)},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=log,
        start_new_session=True,
    )


def _watch(work: Work, doing: str, child: subprocess.Popen, hint: Callable[[], str]) -> int:
    """The command's status; says meanwhile how far it is."""
    started = time.monotonic()
    while (status := _wait(child, SAY_EVERY)) is None:
        seconds = time.monotonic() - started
        if seconds > LIMIT:
            raise ToolchainError(_failure(work, doing, f"no end after {seconds:.0f} s"))
        work.report(f"  {work.title}: {', '.join(filter(None, (doing, hint(), f'{seconds:.0f} s')))}")
    return status


def _wait(child: subprocess.Popen, seconds: float) -> int | None:
    try:
        return child.wait(seconds)
    except subprocess.TimeoutExpired:
        return None


def _end_group(child: subprocess.Popen) -> None:
    # A Go command that has ended leaves no children, so there is nothing to end then, and its id may be another's.
    if child.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGTERM)
        _wait(child, GRACE)
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _read_from(path: Path, position: int) -> str:
    with path.open("rb") as file:
        file.seek(position)
        return file.read().decode(errors="replace")


def _failure(work: Work, doing: str, why: str) -> str:
    lines = work.log.read_text(errors="replace").splitlines()[-TAIL:]
    full = any("no space left on device" in line for line in lines)
    room = (
        [f"{work.folder} has {shutil.disk_usage(work.folder).free // 2**20} MB free: make room first."] if full else []
    )
    return "\n".join(
        [
            f"{work.title}: {doing} failed ({why}). The last {len(lines)} lines of the log:",
            *(f"  | {line}" for line in lines),
            f"The whole log: {work.log}",
            *room,
            "What was finished before is kept and stays usable. Run the same command again: Go keeps what it has compiled.",
        ]
    )
