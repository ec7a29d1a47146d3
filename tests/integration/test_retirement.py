# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What surrounds the point of no return: what preflight finds beforehand, and what the backup is good for afterwards."""

from __future__ import annotations

import json

LIVE = "frankfurt-1"
CONSENT = {"coder_confirm_retire": "frankfurt"}


def test_what_helm_would_put_back_is_refused_beforehand_and_can_be_accepted(phases):
    phases.begin("moved")
    phases.kubectl(LIVE, "scale", "deployment/envproxy", "--replicas=2")
    phases.forget()
    phases.play("retire_region.yml", limit="frankfurt", **CONSENT).must_fail(
        "Deployment/envproxy", "from 2 to 1", "coder_allow_resets", "Untouched", "Next"
    )
    phases.assert_nothing_written()
    phases.play("retire_region.yml", limit="frankfurt", coder_allow_resets="frankfurt", **CONSENT).must_end_well()
    assert phases.phase(LIVE) == "retired"


def test_the_backup_brings_back_what_was_uninstalled(phases):
    phases.begin("idle")
    uids = phases.uids(LIVE)
    phases.play("retire_region.yml", limit="frankfurt", **CONSENT).must_end_well()
    assert phases.revisions(LIVE) == []
    backup = max((phases.state / "backups" / "frankfurt" / LIVE).glob("*.json"), key=lambda file: file.stat().st_mtime)
    assert len(json.loads(backup.read_text())["items"]) > 8
    phases.kubectl(LIVE, "apply", "-f", str(backup))
    assert phases.revisions(LIVE), "helm knows the release again"
    assert phases.uids(LIVE) == uids
    assert phases.kubectl(LIVE, "get", "deployment/envproxy", "-o", "name").strip() == "deployment.apps/envproxy"
