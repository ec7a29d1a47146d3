# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether an attempt wrote what nobody consented to. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sweep.attempts import Attempt

REGION = "frankfurt-1"
#: What a satellite is made of and what makes it known; a region that does not use it yet loses nothing by it.
SATELLITE = ("/namespaces/coder-satellite/", "/api/v1/namespaces ")
#: Scaling envproxy up again, and what the record says of that.
ENVPROXY_ON = ("/deployments/envproxy/scale", "/configmaps/coder-classic-migration")


def unconsented(attempt: Attempt, coder: Iterable[str], clusters: Iterable[str]) -> list[str]:
    """The writes that none of the attempts may make: all but those that cut nobody off and can be undone.

    coder and clusters are region_lab's coder_writes() and cluster_writes().
    """
    in_use = attempt.phase in ("moved", "idle")
    return [
        *(write for write in coder if in_use or "/satellites" not in write),
        *(write for write in clusters if not _is_harmless(attempt, write, in_use)),
    ]


def _is_harmless(attempt: Attempt, write: str, in_use: bool) -> bool:
    cluster, _verb, path = write.split(" ", 2)
    if "/leases" in path:
        return cluster == "primary"
    if cluster != REGION:
        return False
    if not in_use and any(part in f"{path} " for part in SATELLITE):
        return True
    back = attempt.playbook == "rollback_region.yml" and attempt.phase == "idle"
    return back and any(part in path for part in ENVPROXY_ON)


def lost(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """What is not as it was, of {provider, uids, revisions, replicas, built, locks}; replicas may be more."""
    changed = [
        f"{key}: {before[key]} -> {after[key]}" for key in before if key != "replicas" and before[key] != after[key]
    ]
    fewer = after["replicas"] < before["replicas"]
    return [*changed, *([f"replicas: {before['replicas']} -> {after['replicas']}"] if fewer else [])]


def raw(attempt: Attempt, status: int, output: str) -> bool:
    """Whether a documented variable ended the run in words of Ansible or Python instead of ours."""
    if "Traceback (most recent call last)" in output:
        return True
    return attempt.part == "variables" and status != 0 and "Next:" not in output
