# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rebuilding the workspaces of one provider: canary first, a few at a time, never one of them twice.

Private to this collection.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import rebuild_order, workspaces
from ansible_collections.coder.classic.plugins.module_utils._coder.api import Coder
from ansible_collections.coder.classic.plugins.module_utils._coder.transport import outcome_unknown
from ansible_collections.coder.classic.plugins.module_utils._coder.websockets import build_log, probe_connect
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

Workspace = Mapping[str, Any]

POLL_SECONDS = 2.0
LOG_LINES = 20
LOG_SECONDS = 5.0
CONNECT_SECONDS = 60.0


@dataclass(frozen=True)
class Limits:
    """Seconds are of the run's clock; deadline is a point on it."""

    parallel: int
    max_failures: int
    build_timeout: float
    deadline: float


@dataclass
class Build:
    """A workspace under way: as it was before, when it was asked for, and why the request itself was unclear."""

    before: Workspace
    kind: str
    begun: float
    last_building: float | None = None
    doubt: str | None = None


@dataclass
class Progress:
    """What happened so far; each list has one entry per workspace, ``{id, name, ...}``."""

    rebuilt: list[dict[str, Any]] = field(default_factory=list)
    failed: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[dict[str, Any]] = field(default_factory=list)


class Builds:
    """The builds of one run on one provider. The clock, sleep, probe and log reader are parameters for the tests."""

    def __init__(
        self,
        coder: Coder,
        wishes: rebuild_order.Wishes,
        limits: Limits,
        *,
        stop_again: bool,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        probe: Callable[..., dict[str, Any]] = probe_connect,
        log: Callable[..., Any] = build_log,
    ) -> None:
        self.coder = coder
        self.wishes = wishes
        self.limits = limits
        self.stop_again = stop_again
        self.progress = Progress()
        self._clock = clock
        self._sleep = sleep
        self._probe = probe
        self._log = log

    def await_builds(self, provider_id: str) -> list[dict[str, Any]]:
        """The provider's workspaces once none of them is being built; after build_timeout as they are then."""
        until = min(self._clock() + self.limits.build_timeout, self.limits.deadline)
        while True:
            found = self.coder.provider_workspaces(provider_id)
            if not any(row.get("updating") for row in found) or self._clock() >= until:
                return found
            self._sleep(POLL_SECONDS)

    def rebuild(self, queue: Sequence[Workspace], canary: bool = False) -> None:
        """Work off the queue; starts nothing more after too many failures or the deadline, and awaits what runs.

        A canary stays on, even if it was off before, as it may have to prove more.
        """
        waiting, active = list(queue), {}
        try:
            while waiting or active:
                while waiting and len(active) < self.limits.parallel and not self.why_stopped():
                    started = self._start(waiting[0])
                    waiting.pop(0)
                    if started:
                        active[started.before["id"]] = started
                if not active:
                    break
                self._sleep(POLL_SECONDS)
                for build in list(active.values()):
                    if self._ended(build, canary):
                        del active[build.before["id"]]
        except ClassicError as error:
            names = ", ".join(sorted(str(build.before.get("name")) for build in active.values())) or "none"
            error.untouched = f"{len(waiting)} workspaces were not started; builds that go on in Coder: {names}"
            error.details = vars(self.progress)
            raise
        self.give_up(waiting, self.why_stopped())

    def give_up(self, waiting: Sequence[Workspace], why: str | None) -> None:
        """Note that these are not started."""
        for row in waiting:
            self._skip(row, f"not started: {why}", not_started=True)

    def why_stopped(self) -> str | None:
        """Why no further build may be started, or None."""
        if len(self.progress.failed) > self.limits.max_failures:
            return "too many builds failed"
        return "the deadline has passed" if self._clock() >= self.limits.deadline else None

    def connect(self, url: str, workspace: Workspace, ca_path: str | None, timeout: float) -> dict[str, Any]:
        """The probe's answer, tried until the workspace is reachable there or CONNECT_SECONDS are over."""
        until = self._clock() + CONNECT_SECONDS
        while True:
            answer = self._probe(url, workspace["id"], self.coder.transport.token, ca_path=ca_path, timeout=timeout)
            if answer["reachable"] or self._clock() >= until:
                return {"url": url, "workspace": workspace.get("name"), **answer}
            self._sleep(POLL_SECONDS)

    def stop(self, entry: dict[str, Any]) -> None:
        """Switch a rebuilt workspace off again; a failure of that is told in its entry, as the rebuild was good."""
        try:
            self.coder.stop(entry["id"])
            entry["stopped"] = True
        except ClassicError as error:
            entry["warning"] = f"it was OFF before and could not be stopped again: {error.what}"

    def _start(self, row: Workspace) -> Build | None:
        # Looked at again right before: the queue may have been waiting for hours.
        try:
            now = self.coder.workspace(row["id"])
        except ClassicError as error:
            if error.code != "not_found":
                raise
            return self._skip(row, "it was deleted meanwhile")
        moment = self.coder.server_time()
        kind = rebuild_order.kind(now, moment, self.wishes.idle_minutes)
        build = Build(now, kind, self._clock())
        if now.get("updating"):
            # Somebody else's rebuild is as good as ours: it is awaited, not asked for again.
            build.last_building = build.begun
            return build
        since = self.wishes.built_before
        if since and not workspaces.built_before(now, since):
            return self._skip(row, "it was rebuilt meanwhile")
        if kind == "in_use" and not self.wishes.consent_in_use:
            return self._skip(row, "somebody uses it", needs_consent=True)
        try:
            self.coder.rebuild(row["id"])
        except ClassicError as error:
            if error.code in ("unauthorized", "forbidden"):
                raise
            if outcome_unknown(error):
                build.doubt = error.what
            elif self.coder.workspace(row["id"]).get("updating"):
                build.last_building = build.begun
            else:
                return self._fail(build, f"Coder refused the rebuild: {error.why or error.what}", [])
        return build

    def _ended(self, build: Build, canary: bool) -> bool:
        moment = self._clock()
        seconds = moment - build.begun
        try:
            now = self.coder.workspace(build.before["id"])
        except ClassicError as error:
            if error.code == "not_found":
                self._skip(build.before, "it was deleted meanwhile")
                return True
            if not (outcome_unknown(error) or error.code == "not_json"):
                raise
            # Coder may be away for a moment while it goes on building.
            now = None
        verdict = "building"
        if now is not None:
            if now.get("updating"):
                build.last_building = moment
            seen = build.last_building is not None
            verdict = rebuild_order.verdict(build.before, now, seen, moment - (build.last_building or build.begun))
        if verdict == "good":
            entry = {**_named(build.before), "was": build.kind, "seconds": round(seconds, 1)}
            self.progress.rebuilt.append(entry)
            if build.kind == "off" and self.stop_again and not canary:
                self.stop(entry)
            return True
        late = seconds >= self.limits.build_timeout or moment >= self.limits.deadline
        if verdict == "building" and not late:
            return False
        lines, cause = self._tail(build.before["id"])
        if verdict == "building":
            cause = f"the build did not end within {seconds:.0f} seconds" + (f"; {cause}" if cause else "")
        stat = (now or {}).get("latest_stat", {})
        told = cause or stat.get("stat_error") or build.doubt
        status = workspaces.status(now or {})
        self._fail(build, told or f"there is no new build, and the container is {status}", lines)
        return True

    def _tail(self, workspace_id: str) -> tuple[list[str], str | None]:
        # monotonic, not the run's clock: that is what build_log() counts by.
        try:
            messages = list(self._log(self.coder.transport, workspace_id, time.monotonic() + LOG_SECONDS))
        except ClassicError as error:
            return [f"({error.what}: {error.why})"], None
        errors = [str(message.get("msg")) for message in messages if message.get("type") == "error"]
        lines = [f"{message.get('type')}: {message.get('msg')}" for message in messages]
        return lines[-LOG_LINES:], errors[-1] if errors else None

    def _skip(self, row: Workspace, reason: str, **marks: bool) -> None:
        self.progress.skipped.append({**_named(row), "reason": reason, **marks})

    def _fail(self, build: Build, cause: str, lines: list[str]) -> None:
        self.progress.failed.append({**_named(build.before), "was": build.kind, "cause": cause, "log": lines})


def _named(row: Workspace) -> dict[str, Any]:
    return {"id": row["id"], "name": row.get("name")}
