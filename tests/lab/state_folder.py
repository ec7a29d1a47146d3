# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The folder of a lab: who may work on it, and what may be removed from it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from .errors import LabError

OWN = "layout.json"
# What a lab makes; nothing else is ever removed.
CONTENT = (
    OWN, "coder-values.yaml", "database", "lab.json", "simulator.json", "simulator-state.json", "accesses", "ca.pem", "ca.key",
    "certificates", "charts", "clusters", "helm", "inventory", "logs", "snapshots",
)  # fmt: skip
LOCK = "lock"
PATIENCE = 30.0  # seconds for another command to end after it was asked to


@contextlib.contextmanager
def locked(state: Path) -> Iterator[None]:
    """Hold the folder for one command. The kernel gives it free however that command ends."""
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (state / LOCK).open("a+") as file:
        if not _try(file):
            raise LabError(
                f"another command ({_holder(state)}) works on the lab in {state}. "
                f"Nothing was done. Wait for it, or end it with: python -m lab down --state {state}"
            )
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def take_over(state: Path) -> contextlib.AbstractContextManager:
    """Ask whoever holds the folder to end, wait for that, and hold it."""
    end = time.monotonic() + PATIENCE
    asked = False
    while True:
        with contextlib.suppress(FileNotFoundError), (state / LOCK).open() as file:
            if not _try(file):
                # It may hold the folder and not have said yet who it is: then it is asked at the next look.
                if not asked:
                    with contextlib.suppress(ProcessLookupError, ValueError):
                        os.kill(int((state / LOCK).read_text()), signal.SIGTERM)
                        asked = True
                if time.monotonic() > end:
                    raise LabError(f"{_holder(state)} holds {state} and does not end; end it and run this again.")
                time.sleep(0.2)
                continue
        return locked(state)


def refuse_foreign(state: Path) -> None:
    """Raise LabError for a folder that has other things in it and is no lab's."""
    names = {path.name for path in state.iterdir()} if state.is_dir() else set()
    strangers = sorted(names - {LOCK, *CONTENT})
    if strangers and OWN not in names:
        raise LabError(
            f"{state} is no lab's folder: it holds {', '.join(strangers[:5])}. Nothing was changed. "
            "Name another folder with --state."
        )


def clear(state: Path) -> None:
    """Remove what an earlier lab left, and nothing else."""
    # The mark of a lab's folder last: an interrupted clearing can be repeated.
    for name in sorted(CONTENT, key=lambda one: one == OWN):
        path = state / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _try(file) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(state: Path) -> str:
    return f"process {(state / LOCK).read_text().strip() or 'unknown'}"
