# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run that is killed at any point and started again: nobody is forgotten, and nobody is asked for twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from ansible_collections.coder.classic.plugins.module_utils._coder import times
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.modules import coder_workspace_rebuild

SWITCHED = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BUILD_SECONDS = 5.0
NAMES = ("ana", "ben", "cem", "dot", "eva")
PARAMS = {
    **{name: option.get("default") for name, option in coder_workspace_rebuild.ARGUMENTS.items()},
    "provider": "sydney-1",
    "built_before": times.rfc3339(SWITCHED),
    "parallel": 2,
}


class Killed(BaseException):
    pass


class World:
    """Coder with five workspaces, two of them off, and a clock that sleep() moves. Builds go on whoever is killed.

    Killed is raised at the call number `last_call`: just before it takes effect, or just after.
    """

    def __init__(self, last_call, after):
        self.now = 60.0
        self.asked = []
        self.calls, self.last_call, self.after = 0, last_call, after
        self.rows = {
            name: {"id": name, "name": name, "built": -9999.0, "until": None, "status": "OFF" if name < "c" else "ON"}
            for name in NAMES
        }
        self.transport = SimpleNamespace(url="https://coder.example.com", token="t", scrub=str)

    def _call(self, effect):
        self.calls += 1
        if self.calls == self.last_call and not self.after:
            raise Killed
        answer = effect()
        if self.calls == self.last_call:
            raise Killed
        return answer

    def sleep(self, seconds):
        self._call(lambda: setattr(self, "now", self.now + seconds))

    def _at(self, seconds):
        return times.rfc3339(SWITCHED + timedelta(seconds=seconds))

    def _row(self, name):
        row = self.rows[name]
        if row["until"] is not None and self.now >= row["until"]:
            row.update(built=row["until"], until=None, status="ON")
        return {
            "id": name,
            "name": name,
            "updating": row["until"] is not None,
            "last_built_at": self._at(row["built"]),
            "last_connection_at": self._at(-9999),
            "latest_stat": {"container_status": "CREATING" if row["until"] else row["status"]},
        }

    def server_time(self):
        return SWITCHED + timedelta(seconds=self.now)

    def providers(self):
        return self._call(lambda: [{"id": "p1", "name": "sydney-1"}])

    def provider_workspaces(self, _provider_id):
        return self._call(lambda: [self._row(name) for name in NAMES])

    def workspace(self, name):
        return self._call(lambda: self._row(name))

    def rebuild(self, name):
        def begin():
            if self._row(name)["updating"]:
                raise ClassicError("it is being built", code="refused")
            self.asked.append(name)
            self.rows[name]["until"] = self.now + BUILD_SECONDS

        self._call(begin)

    def stop(self, name):
        self._call(lambda: self.rows[name].update(status="OFF"))

    def run(self):
        return coder_workspace_rebuild.run(self, PARAMS, False, clock=lambda: self.now, sleep=self.sleep)


def calls_of_a_whole_run():
    world = World(None, False)
    world.run()
    return world.calls


@pytest.mark.parametrize("after", [False, True])
def test_killed_anywhere_and_run_again_each_is_rebuilt_once(after):
    for last_call in range(1, calls_of_a_whole_run() + 1):
        world = World(last_call, after)
        with pytest.raises(Killed):
            world.run()
        _changed, result, _before, _after = world.run()
        assert sorted(world.asked) == sorted(NAMES), f"killed at call {last_call}"
        assert all(row["built"] > 0 and row["until"] is None for row in world.rows.values())
        assert (result["failures"], result["not_rebuilt"]) == ([], [])


def test_a_whole_run_leaves_off_what_was_off():
    world = World(None, False)
    world.run()
    assert [name for name in NAMES if world.rows[name]["status"] == "OFF"] == ["ana", "ben"]
