# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Builds that fail or hang: the budget holds, the cause is shown, and the region can go on or back."""

from __future__ import annotations

import re
from itertools import takewhile

import pytest


@pytest.fixture
def registered(phases):
    phases.begin("registered")
    return phases


CONSENT = {"coder_confirm_rebuild": "frankfurt"}


TITLE = "frankfurt-1  Rebuild the workspaces, first one alone ... "


def told_while_running(run):
    """What the run said before the line of the step that rebuilds."""
    return list(takewhile(lambda line: TITLE not in line, run.output.splitlines()))


def test_a_failing_build_stops_the_rest_and_shows_its_cause(registered):
    registered.fault(kind="build_fail", workspace="frankfurt-1-off", msg="no space left on device")
    run = registered.play("migrate_region.yml", limit="frankfurt", **CONSENT)
    run.must_fail("frankfurt-1-off", "no space left on device", "rollback_region.yml -l frankfurt")
    assert "frankfurt-1: 0/1 rebuilt, frankfurt-1-off: failed, no space left on device" in told_while_running(run)
    provider = registered.provider("frankfurt-1")
    assert (provider["cordoned"], provider["enable_net_v2"]) == (False, True)
    assert registered.phase("frankfurt-1") == "switched"
    registered.lab.control("DELETE", "/faults")
    run = registered.play("migrate_region.yml", limit="frankfurt", **CONSENT).must_end_well()
    assert "frankfurt-1: 0/1 rebuilt, frankfurt-1-off: rebuild (it is failed)" in told_while_running(run)
    assert any("1/1 rebuilt, frankfurt-1-off: rebuilt" in line for line in told_while_running(run))
    assert registered.operator.token not in run.output
    assert registered.phase("frankfurt-1") == "moved"


def test_a_hanging_build_ends_at_its_deadline_and_the_region_can_go_back(registered):
    registered.fault(kind="build_hang", workspace="frankfurt-1-off")
    run = registered.play("migrate_region.yml", limit="frankfurt", coder_rebuild_timeout=8, **CONSENT)
    run.must_fail("frankfurt-1-off", "did not end within")
    # It says how long it really waited: a busy machine looks again later.
    assert 8 <= int(re.search(r"did not end within (\d+) seconds", run.text)[1]) < 60
    assert registered.provider("frankfurt-1")["cordoned"] is False
    registered.lab.control("DELETE", "/faults")
    registered.play("rollback_region.yml", limit="frankfurt", **CONSENT).must_end_well()
    assert registered.provider("frankfurt-1")["status"] == "ready"
    assert registered.phase("frankfurt-1") == "envproxy"


def test_within_the_budget_the_others_are_still_rebuilt(registered):
    registered.fault(kind="build_fail", workspace="frankfurt-1-off", msg="no space left on device")
    run = registered.play(
        "migrate_region.yml", limit="frankfurt", coder_rebuild_max_failures=1,
        coder_canary_workspace="frankfurt-1-idle", **CONSENT,
    )  # fmt: skip
    run.must_fail("frankfurt-1-off")
    networks = {name: one["network"] for name, one in registered.workspaces("frankfurt-1").items()}
    assert networks["frankfurt-1-idle"] == networks["frankfurt-1-live"] == "v2"


def test_a_build_that_began_before_the_switch_is_awaited(registered):
    registered.fault(kind="build_hang", workspace="frankfurt-1-idle")
    workspace = registered.workspaces("frankfurt-1")["frankfurt-1-idle"]
    registered.coder("PATCH", f"/api/v0/workspaces/{workspace['id']}", {}).raise_for_status()
    process = registered.operator.start(
        "migrate_region.yml", limit="frankfurt", coder_backup_dir=registered.state / "backups", **CONSENT
    )
    try:
        # Ended as soon as it is waited for, and no sooner.
        assert any("waiting for builds: frankfurt-1-idle" in line for line in process.stdout)
        assert registered.provider("frankfurt-1")["enable_net_v2"] is False
    finally:
        registered.lab.control("DELETE", "/faults")
        output, _unused = process.communicate(timeout=300)
    assert process.returncode == 0, output[-6000:]
    # The lab chooses the network when a build begins: not awaited, this one would be on the old network.
    assert registered.workspaces("frankfurt-1")["frankfurt-1-idle"]["network"] == "v2"


def test_a_satellite_that_lets_nobody_through_is_no_success_however_often_it_is_tried(registered):
    registered.fault(kind="not_forwarding", listener="satellite/frankfurt")
    for _attempt in range(2):
        registered.play("migrate_region.yml", limit="frankfurt", **CONSENT).must_fail("frankfurt", "Untouched", "Next")
        assert registered.provider("frankfurt-1")["cordoned"] is False
        assert registered.phase("frankfurt-1") in ("registered", "switched")
    registered.lab.control("DELETE", "/faults")
    registered.play("migrate_region.yml", limit="frankfurt", **CONSENT).must_end_well()
    assert registered.phase("frankfurt-1") == "moved"
