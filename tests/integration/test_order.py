# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Regions move in inventory order, one at a time; the first failure stops the rest."""

from __future__ import annotations


def test_the_first_failure_stops_the_rest(fresh):
    fresh.fault(kind="build_fail", workspace="sydney-1-off", msg="no space left on device")
    run = fresh.play("migrate_region.yml", coder_confirm_rebuild="sydney,frankfurt")
    run.must_fail("sydney-1-off", "no space left on device", "No other provider is started")
    for provider in ("sydney-2", "frankfurt-1"):
        assert fresh.provider(provider)["enable_net_v2"] is False
        assert fresh.cluster_writes(provider) == []
        assert fresh.coder_writes_about(provider) == []


def test_preflight_of_all_regions_passes_before_the_first_write_to_any(fresh):
    key = "meta.helm.sh/release-name"
    fresh.kubectl("frankfurt-1", "annotate", "serviceaccount", "coder", "--overwrite", f"{key}=coder")
    run = fresh.play("migrate_region.yml", coder_confirm_rebuild="sydney,frankfurt")
    run.must_fail("frankfurt-1", "Untouched", "Next")
    fresh.assert_nothing_written()
