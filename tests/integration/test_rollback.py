# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way back to envproxy, from each phase that has one."""

from __future__ import annotations

import json

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


def test_a_satellite_stays_while_another_provider_lives_on_it(fresh):
    consent = {"coder_confirm_rebuild": "sydney"}
    fresh.play("migrate_region.yml", limit="sydney", **consent).must_end_well()
    run = fresh.play("rollback_region.yml", limit="sydney-1", **consent).must_end_well()
    assert "stays: used by sydney-2" in run.text
    assert [one["name"] for one in fresh.state_of_coder()["satellites"]] == ["sydney"]
    assert fresh.provider("sydney-2")["enable_net_v2"] is True
    fresh.play("rollback_region.yml", limit="sydney", **consent).must_end_well()
    assert fresh.state_of_coder()["satellites"] == []
    assert [fresh.phase(name) for name in ("sydney-1", "sydney-2")] == ["envproxy", "envproxy"]


def test_a_satellite_that_was_not_installed_from_here_stays(phases):
    phases.begin("moved")
    phases.kubectl("frankfurt-1", "-n", "coder-satellite", "delete", "configmap", "coder-classic-satellite")
    run = phases.play("rollback_region.yml", limit="frankfurt", coder_confirm_rebuild="frankfurt").must_end_well()
    assert "not installed from here" in run.text
    assert [one["name"] for one in phases.state_of_coder()["satellites"]] == ["frankfurt"]
    assert phases.provider("frankfurt-1")["enable_net_v2"] is False


def test_the_way_back_does_not_need_the_satellite(phases):
    phases.begin("moved")
    run = phases.play(
        "rollback_region.yml", limit="frankfurt", coder_confirm_rebuild="frankfurt",
        coder_satellite_kubeconfig="/nonexistent",
    )  # fmt: skip
    run.must_end_well()
    provider = phases.provider("frankfurt-1")
    assert (provider["status"], provider["enable_net_v2"], provider["cordoned"]) == ("ready", False, False)
    assert phases.reachable("frankfurt-1-live", through=provider["envproxy_access_url"])


def test_no_way_back_to_an_envproxy_that_does_not_serve(phases):
    phases.begin("moved")
    nowhere = {"strategy": {"type": "Recreate", "rollingUpdate": None}}
    nowhere["template"] = {"spec": {"nodeSelector": {"kubernetes.io/hostname": "nowhere"}}}
    patch = json.dumps({"spec": nowhere})
    phases.kubectl("frankfurt-1", "patch", "deployment", "envproxy", "--type=merge", "-p", patch)
    phases.until(lambda: not phases.look("frankfurt-1")["envproxy"]["ready"], 60)
    phases.forget()
    run = phases.play("rollback_region.yml", limit="frankfurt", coder_confirm_rebuild="frankfurt")
    run.must_fail("envproxy_not_serving", "Untouched", "Next")
    phases.assert_nothing_written()
