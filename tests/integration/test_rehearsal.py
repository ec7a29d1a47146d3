# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rehearsal without envproxy finds what the uninstall would break, and undoes itself."""

from __future__ import annotations

LIVE = "frankfurt-1"
#: Longer than an API server remembers a good token.
SOAK_SECONDS = 14


def test_a_token_bound_to_the_envproxy_pod_is_found_before_anything_is_lost(phases):
    phases.begin("moved")
    phases.lab.control("POST", f"/providers/{LIVE}/token", {"source": "pod"})
    before = phases.uids(LIVE)
    run = phases.play(
        "retire_region.yml", limit="frankfurt", coder_confirm_retire="frankfurt", coder_soak_seconds=SOAK_SECONDS
    )
    run.must_fail("without envproxy did not succeed", "Unauthorized", "long-lived token", "Untouched", "Next")
    envproxy = phases.look(LIVE)["envproxy"]
    assert (envproxy["replicas"], envproxy["ready"]) == (1, 1)
    assert phases.uids(LIVE) == before
    assert phases.revisions(LIVE), "the release must still be there"
    # The operator gives the provider a long-lived token, and goes on.
    phases.lab.control("POST", f"/providers/{LIVE}/token", {"source": "secret"})
    phases.play("retire_region.yml", limit="frankfurt", coder_confirm_retire="frankfurt").must_end_well()
    assert phases.provider(LIVE)["status"] == "ready"
    assert phases.uids(LIVE) == before


def test_a_rehearsal_killed_with_such_a_token_scales_envproxy_back_when_run_again(phases):
    phases.begin("moved")
    phases.lab.control("POST", f"/providers/{LIVE}/token", {"source": "pod"})
    retire = {"limit": "frankfurt", "coder_confirm_retire": "frankfurt", "coder_soak_seconds": SOAK_SECONDS}
    phases.play_until("Wait for its last pod", "retire_region.yml", after=SOAK_SECONDS - 2, **retire)
    phases.until(lambda: phases.provider(LIVE)["status"] == "error", SOAK_SECONDS)
    assert "envproxy" in phases.look(LIVE)["next_step"]
    phases.play("retire_region.yml", **retire).must_fail("without envproxy did not succeed", "long-lived token")
    envproxy = phases.look(LIVE)["envproxy"]
    assert (envproxy["replicas"], envproxy["ready"]) == (1, 1)
    assert phases.revisions(LIVE), "the release must still be there"
