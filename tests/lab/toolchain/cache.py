# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The per-user cache: finished folders appear by rename, so what has its final name is complete."""
from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

LOOK_AGAIN = 0.5  # seconds between two tries to get a lock
SAY_AGAIN = 10.0  # seconds between two lines while waiting


def root(environment: dict[str, str] | None = None) -> Path:
    """``$XDG_CACHE_HOME/coder-classic/toolchain``; a relative XDG_CACHE_HOME is ignored, as the XDG standard wants."""
    given = (os.environ if environment is None else environment).get("XDG_CACHE_HOME", "")
    base = Path(given) if os.path.isabs(given) else Path.home() / ".cache"
    return base / "coder-classic" / "toolchain"


@contextlib.contextmanager
def locked(cache: Path, name: str, report: Callable[[str], None]) -> Iterator[None]:
    """Hold the lock ``name``; says that it waits while another process holds it. The kernel frees it on any end."""
    path = cache / "locks" / f"{name}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        started = said = time.monotonic()
        waiting = False
        while not _try_lock(file):
            now = time.monotonic()
            if not waiting or now - said >= SAY_AGAIN:
                report(f"{name}: waiting for another build ({now - started:.0f} s, lock {path})")
                waiting, said = True, now
            time.sleep(LOOK_AGAIN)
        yield


def _try_lock(file) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def workplace(cache: Path, name: str) -> Iterator[Path]:
    """An empty folder to build ``name`` in, gone afterwards. Only for the holder of the lock ``name``.

    Also removes what a killed build of the same name left behind.
    """
    parent = cache / "building" / name
    shutil.rmtree(parent, ignore_errors=True)
    parent.mkdir(parents=True)
    try:
        yield Path(tempfile.mkdtemp(dir=parent))
    finally:
        shutil.rmtree(parent, ignore_errors=True)


def log_file(cache: Path, name: str) -> Path:
    """A fresh log for a build of ``name``: the last build's is kept until the next one."""
    path = cache / "logs" / f"{name}.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    return path


def publish(finished: Path, target: Path) -> None:
    """Give a finished folder its final name, in one step. A damaged folder of that name is replaced."""
    if target.exists():
        shutil.rmtree(target)
    finished.rename(target)


def copy_writable(source: Path, target: Path) -> None:
    """Copy a folder without its modes: Go's module cache is read-only, and a copy of that could not be removed."""
    for folder, _unused, names in os.walk(source):
        here = target / Path(folder).relative_to(source)
        here.mkdir(parents=True)
        for name in names:
            shutil.copyfile(Path(folder) / name, here / name)
