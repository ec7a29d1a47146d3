# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The per-user cache: finished folders appear by rename, so what has its final name is complete."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

LOOK_AGAIN = 0.5  # seconds between two tries to get a lock
SAY_AGAIN = 10.0  # seconds between two lines while waiting
FINISHED = re.compile(r"-[0-9a-f]{12}$")  # how the names of finished folders end
DAY = 24 * 3600.0
UNUSED = 14 * DAY  # seconds without use after which what no pin names goes


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


def claim(cache: Path, folder: Path) -> bool:
    """Whether the finished folder is there; from now on it counts as used, so that ``remove_unused`` leaves it alone."""
    try:
        with _removing(cache, fcntl.LOCK_SH):
            os.utime(folder)
    except OSError:
        # Gone, or a cache that may only be read, from which nobody removes anything.
        return folder.is_dir()
    return True


def remove_unused(cache: Path, pinned: Collection[str], report: Callable[[str], None]) -> None:
    """Remove finished folders that no pin names and that nobody has claimed for ``UNUSED``, and what killed builds left.

    Other checkouts have other pins and the same cache: what they use they claim, and so it stays.
    """
    building = cache / "building"
    # Somebody else is at it, or the cache may only be read: nobody needs a tidy cache to work.
    with contextlib.suppress(OSError), _removing(cache, fcntl.LOCK_EX | fcntl.LOCK_NB):
        building.mkdir(exist_ok=True)
        for folder in list(cache.iterdir()):
            age = time.time() - folder.stat().st_mtime
            if FINISHED.search(folder.name) and folder.name not in pinned and age > UNUSED:
                # Away in one step first: what has its final name is complete.
                folder.rename(building / folder.name)
                report(
                    f"{folder.name}: removed from {cache}, no pin names it and it was not used for {age // DAY:.0f} days"
                )
        for left in building.iterdir():
            _remove_left(cache, left)


def _remove_left(cache: Path, left: Path) -> None:
    lock = cache / "locks" / f"{left.name}.lock"
    with lock.open("a") if lock.exists() else contextlib.nullcontext() as file:
        if file is None or _try_lock(file):
            shutil.rmtree(left, ignore_errors=True)


@contextlib.contextmanager
def _removing(cache: Path, how: int) -> Iterator[None]:
    """Hold the lock of all that is finished: shared to claim, alone to remove. BlockingIOError where LOCK_NB is given and it is taken."""
    path = cache / "locks" / "finished.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        fcntl.flock(file, how)
        yield


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
