# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How often a run looks at the main deployment, and that no step decides by what it has changed itself."""

from __future__ import annotations

import contextlib
import json
from types import SimpleNamespace

import pytest
from unit.plugins.module_utils._deployment import looks, scene

from ansible_collections.coder.classic.plugins.module_utils._deployment.judge.assess import assess
from ansible_collections.coder.classic.plugins.module_utils._deployment.kept_look import KeptLook
from ansible_collections.coder.classic.plugins.module_utils._deployment.steps import frame

WANTED = {
    **scene.WANTED, "version": "1.21.7",
    "service_next": None, "snapshot_done": "/srv/coder.dump", "run": {"pid": "1"}, "lock_takeover": False,
}  # fmt: skip


@pytest.fixture
def run(monkeypatch, tmp_path):
    """From the name of a step to what it did, with one folder for all; run.looked: for which version each look was judged."""
    held, looked, acted = [], [], []

    def look(_coder, wanted, **_options):
        looked.append(wanted["version"])
        seen = looks.look("1.20" if wanted["service_next"] is None else "1.21 old layout", version=wanted["version"])
        looks.on_net_v2()(seen)
        return json.loads(json.dumps({key: value for key, value in seen.items() if key != "wanted"}))

    @contextlib.contextmanager
    def hold(_here):
        held.append(1)
        yield SimpleNamespace(is_new=len(held) == 1)

    monkeypatch.setattr(frame, "observe", SimpleNamespace(look=look))
    monkeypatch.setattr(frame, "_held", hold)

    def acts(name):
        def act(_here, view):
            acted.append((name, view["target"]))
            return {"changed": True}

        return act

    for name in ("values", "upgrade"):
        monkeypatch.setitem(frame.STEPS, name, frame.STEPS[name]._replace(act=acts(name)))

    def step(name, check_mode=False, **more):
        wanted = {**WANTED, "step": name, **more}
        kept = KeptLook(str(tmp_path), wanted)
        return frame.run(None, wanted, check_mode, str(tmp_path), connect=lambda _of: None, kept=kept)

    def info(**more):
        wanted = {**WANTED, **more}
        return assess({**KeptLook(str(tmp_path), wanted).answer(lambda: look(None, wanted)), "wanted": wanted})

    return SimpleNamespace(step=step, info=info, looked=looked, acted=acted)


def test_an_update_looks_before_behind_its_lock_and_after(run) -> None:
    run.info()
    run.step("values")
    run.step("upgrade")
    assert run.acted == [("values", "1.21.7"), ("upgrade", "1.21.7")]
    # The look in preflight, and the one behind the lock.
    assert len(run.looked) == 2
    # What comes after the upgrade has to be looked at.
    run.info()
    assert len(run.looked) == 3


def test_the_layout_alone_is_judged_for_the_version_that_runs(run) -> None:
    asked = {"version": None, "service_next": True, "snapshot_done": None}
    run.info(**asked)
    run.step("values", **asked)
    run.step("upgrade", **asked)
    # That of preflight, which was judged for another one, and the one behind the lock.
    assert run.looked == [None, "1.21.7"]
    assert [name for name, _target in run.acted] == ["values", "upgrade"]


def test_after_a_step_whose_work_shows_the_next_one_looks_anew(run) -> None:
    run.step("upgrade")
    run.step("upgrade")
    assert len(run.looked) == 3


def test_a_check_run_looks_once(run) -> None:
    run.info()
    run.step("values", check_mode=True, snapshot_done=None)
    run.step("upgrade", check_mode=True, snapshot_done=None)
    assert len(run.looked) == 1
