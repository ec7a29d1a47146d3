# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from ansible.module_utils.testing import patch_module_args
from unit.plugins.module_utils._lock.lease_server import LeaseServer, identity

from ansible_collections.coder.classic.plugins.modules import coder_lock

US = "jane on host ops-1, ansible-playbook migrate_region.yml (pid 4711), AWX job 12"
OTHER = identity(user="max", pid="4712", job="")


@pytest.fixture
def server(monkeypatch) -> LeaseServer:
    made = LeaseServer()
    monkeypatch.setattr(coder_lock, "cluster_from_params", lambda params: made)
    return made


@pytest.fixture
def run(server, capsys):
    def run_module(check_mode: bool = False, **options):
        arguments = {"namespace": "coder", "run": identity(), "_ansible_check_mode": check_mode, **options}
        with patch_module_args(arguments), pytest.raises(SystemExit):
            coder_lock.main()
        return json.loads(capsys.readouterr().out)

    return run_module


def diff(before, after):
    return {"before": {"holder": before}, "after": {"holder": after}}


def test_taken_held_renewed_and_released(server, run) -> None:
    taken = run(purpose="migrate region sydney")
    lock = taken["lock"]
    assert taken["changed"] and taken["diff"] == diff(None, US)
    assert {key: lock[key] for key in ("name", "namespace", "holder", "taken_over_from")} == {
        "name": "coder-classic",
        "namespace": "coder",
        "holder": US,
        "taken_over_from": None,
    }
    held = run()
    assert not held["changed"] and held["lock"]["renewed"] == lock["renewed"]
    renewed = run(seconds=600)
    assert not renewed["changed"] and renewed["diff"] == diff(US, US)
    assert renewed["lock"]["since"] == lock["since"] and renewed["lock"]["renewed"] > lock["renewed"]
    released = run(state="released")
    assert released["changed"] and released["diff"] == diff(US, None) and server.leases == {}
    again = run(state="released")
    assert not again["changed"] and again["diff"] == diff(None, None)


def test_a_second_run_is_refused_and_told_about_the_first(server, run) -> None:
    run(purpose="migrate region sydney", region="sydney")
    result = run(run=OTHER, region="sydney", takeover=True)
    failure = result["failure"]
    assert result["failed"] and failure["code"] == "locked" and f"{US}, to migrate region sydney" in failure["why"]
    assert "-e coder_lock_takeover=sydney" in result["msg"] and failure["untouched"] and failure["where"]
    assert not run(run=OTHER, state="released")["changed"] and "coder-classic" in server.leases


def test_a_stale_lock_is_taken_over_when_asked(server, run) -> None:
    run()
    server.pass_time(minutes=5)
    assert run(run=OTHER)["failed"]
    result = run(run=OTHER, takeover=True)
    them = "max on host ops-1, ansible-playbook migrate_region.yml (pid 4712)"
    assert result["changed"] and result["lock"]["taken_over_from"] == US and result["diff"] == diff(US, them)


def test_check_mode_changes_nothing_and_is_refused_the_same(server, run) -> None:
    assert run(check_mode=True)["changed"] and server.leases == {}
    run()
    assert run(check_mode=True, run=OTHER)["failure"]["code"] == "locked"
    assert run(check_mode=True, state="released")["changed"] and "coder-classic" in server.leases


@pytest.mark.parametrize("seconds", [-1, 0, 29, 86401])
def test_a_duration_out_of_range_is_refused(server, run, seconds: int) -> None:
    failure = run(seconds=seconds)["failure"]
    assert failure["code"] == "invalid" and failure["why"] == f"seconds is {seconds}, and must be 30 to 86400."
    assert server.requests == []


@pytest.mark.parametrize("empty", ["host", "pid", "start", "pid_namespace"])
def test_an_identity_that_tells_nobody_is_refused(server, run, empty: str) -> None:
    assert "does not tell this run from others" in run(run=identity(**{empty: ""}))["failure"]["why"]
    assert server.requests == []


def test_what_is_not_known_can_be_left_out(server, run) -> None:
    mine = {"host": "mac", "pid": "7", "since": "2031-03-02T12:00:00Z"}
    assert run(run=mine)["changed"] and not run(run=mine)["changed"]
    assert run(run={**mine, "since": "2031-03-02T12:00:01Z"})["failed"]
