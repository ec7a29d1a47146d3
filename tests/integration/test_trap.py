# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the vendor's guide does to a region, on the real thing, and what ours does to an equal one."""

from __future__ import annotations

import pytest

LIVE = "frankfurt-1"


def test_the_guide_followed_to_the_letter_destroys_the_access(phases):
    phases.begin("moved")
    for name in ("serviceaccount", "role", "rolebinding"):
        phases.kubectl(LIVE, "annotate", name, "coder", "helm.sh/resource-policy=keep")
    phases.helm(LIVE, "uninstall", "coder-workspace-provider")
    assert phases.uids(LIVE) == {}
    phases.until(lambda: phases.provider(LIVE)["status"] == "error", 30)
    log = phases.rebuild_and_wait("frankfurt-1-off")
    assert log["container_status"] != "ON"


@pytest.mark.parametrize("chart", ["plain", "keep"])
def test_ours_keeps_all_four_with_the_chart_repository_gone(phases, chart):
    phases.begin("moved")
    if chart == "keep":
        phases.upgrade_provider_chart(LIVE, "workspace-provider-keep")
    phases.lab.control("POST", "/charts/down")
    try:
        before = phases.uids(LIVE)
        assert len(before) == 4
        phases.play("retire_region.yml", limit="frankfurt", coder_confirm_retire="frankfurt").must_end_well()
    finally:
        phases.lab.control("POST", "/charts/up")
    assert phases.uids(LIVE) == before
    assert phases.revisions(LIVE) == []
    assert phases.provider(LIVE)["status"] == "ready"
    assert phases.rebuild_and_wait("frankfurt-1-idle")["container_status"] == "ON"
