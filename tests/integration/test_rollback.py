# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way back to envproxy, from each phase that has one."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("phase", ["satellite_up", "registered", "switched", "moved", "idle", "sealed"])
def test_the_region_is_back_on_envproxy(phases, phase):
    phases.begin(phase)
    phases.play("rollback_region.yml", limit="frankfurt", coder_confirm_rebuild="frankfurt").must_end_well()
    provider = phases.provider("frankfurt-1")
    assert (provider["status"], provider["enable_net_v2"], provider["cordoned"]) == ("ready", False, False)
    assert phases.phase("frankfurt-1") == "envproxy"
    assert phases.state_of_coder()["satellites"] == []
    assert phases.reachable("frankfurt-1-live", through=provider["envproxy_access_url"])
    assert phases.reachable("frankfurt-1-idle", through=provider["envproxy_access_url"])
    phases.forget()
    again = phases.play("rollback_region.yml", limit="frankfurt").must_end_well()
    assert set(again.changed.values()) == {0}
    phases.assert_nothing_written()


def test_a_retired_region_has_no_way_back_and_is_told_so(phases):
    phases.begin("retired")
    phases.play("rollback_region.yml", limit="frankfurt", coder_confirm_rebuild="frankfurt").must_fail("no way back")
    phases.assert_nothing_written()
