# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts, finds and ends the processes of a lab.

They are found by an environment variable, not by a list of ids: that holds after a crash of whoever started them, and
cannot hit a process that merely got the same id.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import psutil

from .errors import LabError

LAB = "CODER_CLASSIC_LAB"  # absolute path of the state folder
NAME = "CODER_CLASSIC_LAB_PROCESS"  # what this process is, as "sydney-1/etcd"
PATIENCE = 3.0  # seconds between asking a process to end and killing it
EMPTY_READS = 20  # of a new process's environment, 5 ms apart
KILLED = 10.0  # seconds until what was killed must be gone, on however busy a machine


def log_path(state: Path, name: str) -> Path:
    """Where the process ``name`` writes its output: "sydney-1/etcd" gives ``<state>/logs/sydney-1-etcd.log``."""
    return state / "logs" / f"{name.replace('/', '-')}.log"


def environment(state: Path, name: str, extra: dict[str, str] | None = None) -> dict[str, str]:
    """The environment of a process of this lab. Without the caller's settings for helm and PostgreSQL: another driver, another
    server."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("HELM_", "PG"))}
    return kept | (extra or {}) | mark(state, name)


def mark(state: Path, name: str) -> dict[str, str]:
    """What in a process's environment makes it one of this lab: ``find`` and the ends of all find it by that."""
    return {LAB: str(state), NAME: name}


@contextlib.contextmanager
def marked(state: Path, name: str) -> Iterator[None]:
    """What is started meanwhile, by whatever means, belongs to this lab."""
    before = {key: os.environ.get(key) for key in (LAB, NAME)}
    os.environ.update(mark(state, name))
    try:
        yield
    finally:
        for key, value in before.items():
            if value is None:
                del os.environ[key]
            else:
                os.environ[key] = value


def start(state: Path, name: str, command: Sequence[str | Path], extra: dict[str, str] | None = None) -> psutil.Popen:
    """Start ``command`` detached: it survives the end of this process and the closing of the terminal."""
    log = log_path(state, name)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return psutil.Popen(
            [str(part) for part in command],
            cwd=state,
            env=environment(state, name, extra),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def find(state: Path) -> dict[str, list[psutil.Process]]:
    """The living processes of this lab by name; never this process or one that started it."""
    own = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    found: dict[str, list[psutil.Process]] = {}
    for process in psutil.process_iter():
        if process.pid in own:
            continue
        try:
            its = _environment_of(process)
        except (psutil.Error, OSError):
            continue  # ended meanwhile, a zombie, or another user's: none of ours
        if its.get(LAB) == str(state):
            found.setdefault(its.get(NAME, "unnamed"), []).append(process)
    return found


def _environment_of(process: psutil.Process) -> dict[str, str]:
    """Read again while it is empty and the process is new: the kernel shows it a moment after the program was started."""
    for _unused in range(EMPTY_READS):
        its = process.environ()
        if not its and (server := _server_of(process)):
            return server.environ()
        if its or time.time() - process.create_time() > 1:
            return its
        time.sleep(0.005)
    return {}


def _server_of(process: psutil.Process) -> psutil.Process | None:
    """The server of one of PostgreSQL's processes: these write their title over their environment."""
    return process.parent() if "".join(process.cmdline()[:1]).startswith("postgres: ") else None


def freeze(state: Path, names: Iterable[str]) -> None:
    """Stop these processes in the middle: what they listen on accepts, and never answers. LabError for one that has ended."""
    running = find(state)
    wanted = list(names)
    ended = [name for name in wanted if name not in running]
    if ended:
        known = ", ".join(sorted(running)) or "none"
        raise LabError(
            f"no process {', '.join(ended)} runs in the lab in {state}; there are: {known}. None was frozen."
        )
    for name in wanted:
        for process in running[name]:
            process.suspend()


def thaw(state: Path) -> list[str]:
    """Let every process of the lab go on that was frozen; answers the names of those."""
    frozen = [(name, process) for name, group in find(state).items() for process in group if is_frozen(process)]
    for _unused, process in frozen:
        _ignoring_ended(process.resume)
    return sorted({name for name, _unused in frozen})


def is_frozen(process: psutil.Process) -> bool:
    """Whether it was stopped in the middle."""
    try:
        return process.status() == psutil.STATUS_STOPPED
    except psutil.NoSuchProcess:
        return False


def has_ended(process: psutil.Process) -> bool:
    """Also one of which its parent, another program than this, has not taken notice yet."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def end(processes: Iterable[psutil.Process]) -> int:
    """Ask, then kill; answers how many there were. All have ended afterwards."""
    processes = list(processes)
    for process in processes:
        _ignoring_ended(process.terminate)
        _ignoring_ended(process.resume)  # a frozen one hears it only then
    _unused, alive = psutil.wait_procs(processes, timeout=PATIENCE)
    for process in alive:
        _ignoring_ended(process.kill)
    _unused, alive = psutil.wait_procs(alive, timeout=KILLED)
    alive = [process for process in alive if not has_ended(process)]
    if alive:
        raise LabError(f"these processes do not end even when killed: {', '.join(str(one.pid) for one in alive)}")
    return len(processes)


def end_named(state: Path, names: Iterable[str]) -> int:
    """End those processes of the lab that bear one of these names."""
    running = find(state)
    return end(process for name in names for process in running.get(name, []))


def end_all(state: Path) -> int:
    """End everything of this lab; looks again until nothing is left, as a process may start another meanwhile."""
    count = 0
    for _unused in range(10):
        left = [process for group in find(state).values() for process in group]
        if not left:
            return count
        count += end(left)
        time.sleep(0.05)
    raise LabError(f"processes of {state} keep starting others; look at `python -m lab status --state {state}`")


def _ignoring_ended(signal) -> None:
    try:
        signal()
    except psutil.NoSuchProcess:
        return
