# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run of rebuilds has done so far, and the telling of it. Private to this collection."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder.rebuild_progress import Lines

Workspace = Mapping[str, Any]


class Record:
    """Each of the three lists has one entry per workspace, ``{id, name, ...}``; total is how many there are to rebuild."""

    def __init__(self, write: Callable[[str], None] | None, clock: Callable[[], float]) -> None:
        self.rebuilt: list[dict[str, Any]] = []
        self.failures: list[dict[str, Any]] = []
        self.not_rebuilt: list[dict[str, Any]] = []
        self.total: int | None = None
        self._lines = Lines(write, clock)

    @property
    def made(self) -> dict[str, list[dict[str, Any]]]:
        return {"rebuilt": self.rebuilt, "failures": self.failures, "not_rebuilt": self.not_rebuilt}

    def succeed(self, row: Workspace, kind: str, seconds: float) -> dict[str, Any]:
        """The new entry, to which more may be added."""
        self.rebuilt.append({**_named(row), "was": kind, "seconds": round(seconds, 1)})
        self.tell(row, f"rebuilt ({seconds:.0f} s)")
        return self.rebuilt[-1]

    def fail(self, row: Workspace, kind: str, cause: str, lines: Sequence[str] = ()) -> None:
        self.failures.append({**_named(row), "was": kind, "cause": cause, "log": list(lines)})
        self.tell(row, f"failed, {cause}")

    def skip(self, row: Workspace, reason: str, **marks: bool) -> None:
        self.not_rebuilt.append({**_named(row), "reason": reason, **marks})
        self.tell(row, f"skipped, {reason}")

    def give_up(self, waiting: Sequence[Workspace], why: str) -> None:
        """Note that these are not started."""
        reason = f"not started: {why}"
        self.not_rebuilt += [{**_named(row), "reason": reason, "not_started": True} for row in waiting]
        if waiting:
            self._lines.event(self._counted(f"{len(waiting)} {reason}"))

    def tell(self, row: Workspace, text: str) -> None:
        self._lines.event(self._counted(f"{row.get('name')}: {text}"))

    def still(self, text: Callable[[], str]) -> None:
        """That the run still goes on, unless something was told just before."""
        self._lines.heartbeat(lambda: self._counted(text()))

    def _counted(self, text: str) -> str:
        return text if self.total is None else f"{len(self.rebuilt)}/{self.total} rebuilt, {text}"


def building(builds: Iterable[tuple[Workspace, float]]) -> str:
    """``alice: building (42 s), bob: building (3 s)`` of workspaces and seconds. Pure."""
    return ", ".join(f"{row.get('name')}: building ({seconds:.0f} s)" for row, seconds in builds)


def _named(row: Workspace) -> dict[str, Any]:
    return {"id": row["id"], "name": row.get("name")}
