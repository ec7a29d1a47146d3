# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rebuilding the workspaces of one provider: canary first, a few at a time, never one of them twice.

Private to this collection.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import patience, rebuild_order, workspaces
from ansible_collections.coder.classic.plugins.module_utils._coder.api import Coder
from ansible_collections.coder.classic.plugins.module_utils._coder.lost_answers import outcome_unknown
from ansible_collections.coder.classic.plugins.module_utils._coder.rebuild_record import Record, building
from ansible_collections.coder.classic.plugins.module_utils._coder.websockets import build_log, log_tail, probe_connect
from ansible_collections.coder.classic.plugins.module_utils._coder.workspace_look import GONE, Looks
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

Workspace = Mapping[str, Any]

CONNECT_SECONDS = 60.0
DELETED = "it was deleted meanwhile"


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


class Builds:
    """The builds of one run on one provider. Clock, sleep, probe, log and write are parameters for the tests.

    write gets the lines for whoever watches the run. goes_on is called before each build is asked for; what it raises ends
    the run, once the builds under way are told.
    """

    def __init__(
        self,
        coder: Coder,
        provider_id: str,
        wishes: rebuild_order.Wishes,
        limits: Limits,
        *,
        stop_again: bool,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        probe: Callable[..., dict[str, Any]] = probe_connect,
        log: Callable[..., list[dict[str, Any]]] = build_log,
        write: Callable[[str], None] | None = None,
        goes_on: Callable[[], None] = lambda: None,
    ) -> None:
        self.coder = coder
        self._provider_id = provider_id
        self.wishes = wishes
        self.limits = limits
        self.stop_again = stop_again
        self.record = Record(write, clock)
        self._looks = Looks(coder, provider_id, clock, self._away)
        self._clock = clock
        self._sleep = sleep
        self._probe = probe
        self._log = log
        self._goes_on = goes_on

    def await_builds(self) -> list[dict[str, Any]]:
        """The provider's workspaces once none that is meant is being built; after build_timeout as they are then."""
        begun = self._clock()
        until = min(begun + self.limits.build_timeout, self.limits.deadline)
        while True:
            found = self.coder.provider_workspaces(self._provider_id)
            names = [row.get("name") for row in rebuild_order.meant(found, self.wishes) if row.get("updating")]
            moment = self._clock()
            if not names or moment >= until:
                return found
            told = f"waiting for builds under way: {', '.join(map(str, names))} ({moment - begun:.0f} s)"
            self.record.still(lambda told=told: told)
            self._sleep(patience.pause(moment - begun))

    def first(self, queue: Sequence[Workspace], only_one: bool) -> tuple[Workspace | None, list[Workspace]]:
        """Rebuild one alone, and leave it on, as it may have to prove more: (the one that was tried, the others).

        Who is skipped, as somebody began to use it for example, is no canary: the next one is.
        """
        self.record.total = min(len(queue), 1) if only_one else len(queue)
        rest = list(queue)
        while rest and not self.why_stopped():
            chosen = rest.pop(0)
            self._work_off([chosen], rest, canary=True)
            for entry in self.record.failures:
                entry["canary"] = True
            if self.record.rebuilt or self.record.failures:
                return chosen, rest
        return None, rest

    def rebuild(self, queue: Sequence[Workspace]) -> None:
        """Work off the queue; starts nothing more after too many failures or the deadline, and awaits what runs."""
        waiting = self._work_off(queue, [], canary=False)
        if waiting:
            self.record.give_up(waiting, str(self.why_stopped()))

    def why_stopped(self) -> str | None:
        """Why no further build may be started, or None."""
        if len(self.record.failures) > self.limits.max_failures:
            return "too many builds failed"
        return "the deadline has passed" if self._late() else None

    def connect(self, url: str, workspace: Workspace, ca_path: str | None, timeout: float) -> dict[str, Any]:
        """The probe's answer, tried until the workspace is reachable there or CONNECT_SECONDS are over."""
        until = self._clock() + CONNECT_SECONDS
        while True:
            answer = self._probe(url, workspace["id"], self.coder.transport.token, ca_path=ca_path, timeout=timeout)
            if answer["reachable"] or self._clock() >= until:
                reachable = "reachable" if answer["reachable"] else "not reachable"
                self.record.tell(workspace, f"{reachable} through {url} ({answer['reason']})")
                return {"url": url, "workspace": workspace.get("name"), **answer}
            told = f"{workspace.get('name')}: not reachable yet through {url} ({answer['reason']})"
            self.record.still(lambda told=told: told)
            self._sleep(patience.POLL_SECONDS)

    def stop_canary(self, before: Workspace) -> None:
        """Switch the rebuilt canary off again if it was off."""
        entry = self.record.rebuilt[0]
        if entry["was"] == "off" and self.stop_again:
            self._stop(entry, before, lambda: self.coder.workspace(before["id"]))

    def stop_left_on(self, rows: Sequence[Workspace]) -> list[str]:
        """Stop these, which an earlier run left on; their names. One that cannot be stopped is told, and stays on."""
        stopped = []
        for row in rows:
            try:
                self.coder.stop(row["id"])
            except ClassicError as error:
                self.record.tell(row, f"left on by an earlier run, could not be stopped again: {error.what}")
            else:
                stopped.append(str(row.get("name")))
                self.record.tell(row, "stopped again: an earlier run left it on")
        return stopped

    def _work_off(self, queue: Sequence[Workspace], later: Sequence[Workspace], canary: bool) -> list[Workspace]:
        waiting, active, begun = list(queue), {}, self._clock()
        try:
            while active or (waiting and not self.why_stopped()):
                self._start_some(waiting, active)
                if not (active or waiting):
                    break
                self._sleep(patience.pause(self._clock() - begun))
                for build in list(active.values()):
                    if self._ended(build, canary):
                        del active[build.before["id"]]
                if active:
                    self.record.still(lambda: self._building(active))
        except ClassicError as error:
            names = ", ".join(sorted(str(build.before.get("name")) for build in active.values())) or "none"
            left = len(waiting) + len(later)
            error.untouched = f"{left} workspaces were not started; builds that go on in Coder: {names}"
            error.details = self.record.made
            raise
        return waiting

    def _start_some(self, waiting: list[Workspace], active: dict[str, Build]) -> None:
        while waiting and len(active) < self.limits.parallel and not self.why_stopped():
            # Looked at again right before: the queue may have been waiting for hours.
            now = self._looks.look(waiting[0]["id"])
            if now is None:
                return
            started = self._start(waiting[0], now)
            waiting.pop(0)
            if started:
                active[started.before["id"]] = started

    def _start(self, row: Workspace, now: Workspace) -> Build | None:
        if now is GONE:
            return self.record.skip(row, DELETED)
        kind = rebuild_order.kind(now, self.coder.server_time(), self.wishes)
        build = Build(now, kind, self._clock())
        if now.get("updating"):
            # Somebody else's rebuild is as good as ours: it is awaited, not asked for again.
            build.last_building = build.begun
            self.record.tell(now, "is being built already")
            return build
        reason = rebuild_order.why_skip(now, kind, self.wishes)
        if reason:
            marks = {"needs_consent": True} if reason == rebuild_order.IN_USE else {}
            return self.record.skip(now, reason, **marks)
        state = workspaces.status(now).lower() if kind == "other" else kind.replace("_", " ")
        self.record.tell(now, f"rebuild (it is {state})")
        return self._ask(build)

    def _ask(self, build: Build) -> Build | None:
        self._goes_on()
        try:
            self.coder.rebuild(build.before["id"])
        except ClassicError as error:
            if error.code in ("unauthorized", "forbidden"):
                raise
            build.doubt = f"Coder refused the rebuild: {error.why or error.what}"
            if outcome_unknown(error):
                build.doubt = error.what
                return build
            # Refused since somebody else's build or deletion was faster?
            now = self._looks.look(build.before["id"])
            if now is GONE:
                return self.record.skip(build.before, DELETED)
            if now is not None and not rebuild_order.begun(build.before, now):
                return self.record.fail(build.before, build.kind, build.doubt)
        return build

    def _ended(self, build: Build, canary: bool) -> bool:
        now, moment = self._looks.look(build.before["id"]), self._clock()
        seconds = moment - build.begun
        if now is GONE:
            self.record.skip(build.before, DELETED)
        elif (verdict := self._verdict(build, now, moment)) == "good":
            entry = self.record.succeed(build.before, build.kind, seconds)
            if build.kind == "off" and self.stop_again and not canary:
                self._stop(entry, build.before, lambda: now)
        elif verdict == "failed":
            self.record.fail(build.before, build.kind, *self._cause(build, now))
        elif self._late():
            self.record.skip(build.before, "still being built when the deadline passed", unfinished=True)
        elif now is not None and seconds >= self.limits.build_timeout:
            said, lines = log_tail(self.coder.transport, build.before["id"], self._log)
            cause = f"the build did not end within {seconds:.0f} seconds"
            self.record.fail(build.before, build.kind, f"{cause}; {said}" if said else cause, lines)
        else:
            return False
        return True

    def _verdict(self, build: Build, now: Workspace | None, moment: float) -> str:
        if now is None:
            return "building"
        if now.get("updating"):
            build.last_building = moment
        quiet = moment - (build.last_building or build.begun)
        return rebuild_order.verdict(build.before, now, build.last_building is not None, quiet)

    def _stop(self, entry: dict[str, Any], before: Workspace, look: Callable[[], Workspace]) -> None:
        # A failure is told in the entry only, as the rebuild was good.
        try:
            now = look()
            if workspaces.connected_since(before, now):
                entry["warning"] = "it was OFF before, and is left on, as somebody connected since"
            elif workspaces.status(now) != "OFF":
                self.coder.stop(entry["id"])
                entry["stopped"] = True
        except ClassicError as error:
            entry["warning"] = f"it was OFF before and could not be stopped again: {error.what}"

    def _cause(self, build: Build, now: Workspace) -> tuple[str, list[str]]:
        status = workspaces.status(now)
        failed_anew = status == "FAILED" and workspaces.status(build.before) != "FAILED"
        if not (build.last_building or failed_anew or rebuild_order.begun(build.before, now)):
            # The log would be that of an older build.
            return build.doubt or f"no build has begun, and the container is {status}", []
        cause, lines = log_tail(self.coder.transport, build.before["id"], self._log)
        told = cause or now.get("latest_stat", {}).get("stat_error")
        return told or f"there is no new build, and the container is {status}", lines

    def _late(self) -> bool:
        return self._clock() >= self.limits.deadline

    def _away(self, error: ClassicError) -> None:
        self.record.still(lambda: f"waiting for Coder: {error.what}")

    def _building(self, active: Mapping[str, Build]) -> str:
        moment = self._clock()
        return building((build.before, moment - build.begun) for build in active.values())
