# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs one command and says what it cost: time, processor, memory and processes of it and of all that it started."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import psutil

from bench.forks import Forks, descendants

SAMPLE_SECONDS = 0.1
DEADLINE = 3600.0


class Cost(NamedTuple):
    """``cpu`` is user and system time of every process that was waited for. ``memory`` is the greatest sum of proportional
    set sizes that was sampled (what is shared is counted once), in MiB. ``processes`` is None where the kernel does not tell."""

    seconds: float
    cpu: float
    memory: float
    processes: int | None


def run(command: Sequence[str | Path], folder: Path, environment: Mapping[str, str], log: Path) -> tuple[int, Cost]:
    """(exit status, cost). The output goes to ``log``. Nothing of it goes on when this is interrupted."""
    forks, memory = Forks(), Memory()
    forks.start()
    try:
        with log.open("wb") as output:
            began = time.monotonic()
            process = subprocess.Popen(
                [str(part) for part in command],
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            memory.watch(process.pid)
            killer = threading.Timer(DEADLINE, end, [process.pid])
            killer.start()
            try:
                _pid, status, usage = os.wait4(process.pid, 0)
                seconds = time.monotonic() - began
            except BaseException:
                end(process.pid)
                process.wait()
                raise
            finally:
                killer.cancel()
                memory.stop()
        process.returncode = os.waitstatus_to_exitcode(status)
    finally:
        forks.stop()
    processes = None if forks.seen is None else descendants(forks.seen, process.pid)
    cpu = usage.ru_utime + usage.ru_stime
    return process.returncode, Cost(seconds, cpu, memory.peak / 2**20, processes)


def together(costs: Sequence[Cost]) -> Cost:
    """The cost of commands one after the other (pure)."""
    processes = [one.processes for one in costs]
    return Cost(
        sum(one.seconds for one in costs),
        sum(one.cpu for one in costs),
        max(one.memory for one in costs),
        None if None in processes else sum(filter(None, processes)),
    )


def end(pid: int) -> None:
    """The process and all that it started."""
    with contextlib.suppress(psutil.NoSuchProcess):
        family = psutil.Process(pid)
        for member in [*family.children(recursive=True), family]:
            with contextlib.suppress(psutil.NoSuchProcess):
                member.kill()


class Memory:
    """Samples the proportional set size of a process and all that it started."""

    def __init__(self) -> None:
        self.peak = 0
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def watch(self, pid: int) -> None:
        self._thread = threading.Thread(target=self._sample, args=[pid], daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._ending.set()
        if self._thread:
            self._thread.join()

    def _sample(self, pid: int) -> None:
        while not self._ending.wait(SAMPLE_SECONDS):
            with contextlib.suppress(psutil.NoSuchProcess):
                root = psutil.Process(pid)
                self.peak = max(self.peak, sum(proportional(one.pid) for one in [root, *root.children(recursive=True)]))


def proportional(pid: int) -> int:
    """Proportional set size in bytes; 0 for a process that has ended."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    return 0


def own_peak() -> float:
    """The greatest resident set of this process, in MiB. Not ru_maxrss: that begins with what the process had that started
    this one."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 2**10
