# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which run of Ansible this is, so that a lock can say who holds it, and whether that one still lives.

An identity is a dict of KEYS, all of them text, empty where not known: ``pid`` and ``start`` (in clock ticks since boot)
are those of the ansible-playbook process, ``since`` is the same moment in RFC 3339. Private to this collection.
"""

from __future__ import annotations

import contextlib
import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

KEYS = ("host", "boot_id", "pid_namespace", "pid", "start", "since", "user", "job", "playbook", "check")
# One process for good: no two of them agree in all of these.
PROCESS = ("host", "boot_id", "pid_namespace", "pid", "start")
WITHOUT_PROC = ("host", "pid", "since")
ENDED = ("Z", "X", "x")
PROC = Path("/proc")
# Where nothing tells when a process began. Ansible loads this file in the main process, and its workers inherit it.
_LOADED = datetime.now(UTC)


def this_run(pid: int, *, user: str | None, job: str | None, playbook: str | None, check: bool) -> dict[str, str]:
    """The identity of the run whose ansible-playbook process is pid; to be made on the machine of that process.

    job: AWX's id of its job, if there is one. Two calls in one run answer the same.
    """
    _state, start = _process(pid) or ("", "")
    return {
        **_here(),
        "pid": str(pid),
        "start": start,
        "since": _moment(start).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "user": user or "",
        "job": job or "",
        "playbook": playbook or "",
        "check": "true" if check else "false",
    }


def same(a: Any, b: Any) -> bool:
    """Whether two identities are one run; what is not an identity is no run at all."""
    is_exact = _text(a, "boot_id") or _text(b, "boot_id")
    return _agree(a, b, PROCESS if is_exact else WITHOUT_PROC)


def is_alive(run: Any) -> bool | None:
    """Whether the run's process is still there; None where that cannot be known from here."""
    here = _here()
    if not _agree(run, here, list(here)) or not all(_text(run, key) for key in PROCESS):
        return None
    pid = int(run["pid"]) if run["pid"].isascii() and run["pid"].isdecimal() else 0
    if pid < 1:
        return None
    try:
        # Asked first: /proc may hide other users' processes (hidepid), this does not.
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    except (OSError, OverflowError):
        return None
    found = _process(pid)
    return None if found is None else found[0] not in ENDED and found[1] == run["start"]


def described(run: dict[str, str]) -> str:
    """``jane on host ops-1, ansible-playbook migrate_region.yml (pid 4711), AWX job 12``."""
    program = " ".join(filter(None, ("ansible-playbook", _text(run, "playbook"))))
    parts = [
        f"{_text(run, 'user') or 'somebody'} on host {_text(run, 'host') or 'unknown'}",
        f"{program} (pid {_text(run, 'pid') or 'unknown'})",
        f"AWX job {run['job']}" if _text(run, "job") else "",
    ]
    return ", ".join(filter(None, parts))


def _agree(a: Any, b: Any, keys: tuple[str, ...] | list[str]) -> bool:
    return all(_text(a, key) and _text(a, key) == _text(b, key) for key in keys)


def _text(run: Any, key: str) -> str:
    found = run.get(key) if isinstance(run, dict) else None
    return found if isinstance(found, str) else ""


def _here() -> dict[str, str]:
    """What tells this machine, its boot and, in containers, this one's processes from all others."""
    here = {"host": platform.node(), "boot_id": "", "pid_namespace": ""}
    with contextlib.suppress(OSError):
        here["boot_id"] = (PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        here["pid_namespace"] = os.readlink(PROC / "self/ns/pid")
    return here


def _process(pid: int) -> tuple[str, str] | None:
    """(state, start in clock ticks since boot) of a process; None where /proc does not tell."""
    try:
        stat = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # Field 2 is the program's name in parentheses, and may itself hold blanks and parentheses.
    fields = stat.rpartition(")")[2].split()
    return (fields[0], fields[19]) if len(fields) > 19 else None


def _moment(start: str) -> datetime:
    """When a process began; start as in _process."""
    with contextlib.suppress(OSError, ValueError, StopIteration):
        lines = (PROC / "stat").read_text(encoding="ascii").splitlines()
        booted = next(int(line.split()[1]) for line in lines if line.startswith("btime "))
        return datetime.fromtimestamp(booted + int(start) // os.sysconf("SC_CLK_TCK"), UTC)
    return _LOADED
