# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What surrounds the point of no return: what preflight finds beforehand, and what the backup is good for afterwards."""

from __future__ import annotations

import json
from pathlib import Path

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


def newest_backup(phases) -> Path:
    return max((phases.state / "backups" / "frankfurt" / LIVE).glob("*.json"), key=lambda file: file.stat().st_mtime)


def test_the_backup_brings_back_what_was_uninstalled(phases):
    phases.begin("idle")
    uids = phases.uids(LIVE)
    phases.play("retire_region.yml", limit="frankfurt", **CONSENT).must_end_well()
    assert phases.revisions(LIVE) == []
    backup = newest_backup(phases)
    assert len(json.loads(backup.read_text())["items"]) > 8
    phases.kubectl(LIVE, "apply", "-f", str(backup))
    assert phases.revisions(LIVE), "helm knows the release again"
    assert phases.uids(LIVE) == uids
    assert phases.kubectl(LIVE, "get", "deployment/envproxy", "-o", "name").strip() == "deployment.apps/envproxy"


def nothing_but_the_lock(phases) -> bool:
    return [write for write in phases.cluster_writes() if "/leases" not in write] == []


def test_restore_objects_makes_what_is_missing_and_nothing_else(phases):
    phases.begin("idle")
    uids = phases.uids(LIVE)
    phases.play("retire_region.yml", limit="frankfurt", **CONSENT).must_end_well()
    backup = newest_backup(phases)
    phases.forget()

    def restore(*options, limit=LIVE, **more):
        return phases.play("restore_objects.yml", *options, limit=limit, coder_restore_backup=backup, **more)

    # Who has misspelled what is meant to be one object does not get all of them.
    restore(coder_restore_object="Service/envproxy").must_fail(
        "coder_restore_object is no variable of this collection", "write coder_restore_objects"
    )
    restore(coder_restore_objects="Service/proxy").must_fail("Not in the backup: Service/proxy", "Service/envproxy")
    restore(limit="sydney-1").must_fail("The backup is of another cluster", "Untouched")
    planned = restore("--check", "--diff", coder_restore_objects="Service/envproxy").must_end_well()
    assert planned.changed == {LIVE: 1} and "Service/envproxy" in planned.text
    assert nothing_but_the_lock(phases)

    assert restore(coder_restore_objects="Service/envproxy").must_end_well().changed == {LIVE: 1}
    assert phases.kubectl(LIVE, "get", "services,deployments", "-o", "name").split() == ["service/envproxy"]
    run = restore().must_end_well()
    assert run.changed == {LIVE: 1} and "token" in run.text
    assert "deployment.apps/envproxy" in phases.kubectl(LIVE, "get", "deployments", "-o", "name").split()
    assert phases.uids(LIVE) == uids and phases.revisions(LIVE)
    phases.forget()
    assert restore().must_end_well().changed == {LIVE: 0}
    assert nothing_but_the_lock(phases)
