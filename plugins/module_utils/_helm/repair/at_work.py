# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether somebody's helm may still be at work on a release. Private to this collection."""

from __future__ import annotations

from datetime import UTC, datetime

from ansible_collections.coder.classic.plugins.module_utils._helm.helm_record import Release
from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade import pending
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster

#: helm's commands that change a release.
WRITING = frozenset({"install", "upgrade", "rollback", "uninstall", "delete", "del", "un"})
UNINSTALLING = "uninstalling"


def look(cluster: Cluster, release: Release, seconds: float, *, is_ours: bool = False) -> str | None:
    """Why it may be; None where no helm can be. seconds: how long one may run at most. is_ours: an uninstall that is under way is
    that of this machine.
    """
    if not is_unfinished(release):
        return None
    is_seen = pending.is_at_work(release.name, release.namespace, cluster.url, writing=WRITING)
    # The labels tell who made the revision, not who removes it.
    is_here = is_ours if release.status == UNINSTALLING else pending.is_made_here(cluster, release)
    return judge(release, is_seen=is_seen, is_here=is_here, seconds=seconds, now=datetime.now(UTC))


def is_unfinished(release: Release) -> bool:
    return release.status.startswith("pending-") or release.status == UNINSTALLING


def judge(release: Release, *, is_seen: bool, is_here: bool, seconds: float, now: datetime) -> str | None:
    """Pure. A helm on another machine nobody can see: only its deadline tells that it is gone."""
    if is_seen:
        return "a helm works on it on this machine"
    if is_here:
        return None
    since = release.deleted if release.status == UNINSTALLING else release.updated
    began = pending.moment(since)
    if began is None:
        return f"since when it is {release.status} is not known"
    age = (now - began).total_seconds()
    if age > seconds:
        return None
    return (
        f"it is {release.status} for {age:.0f} seconds, and a helm on another machine may take {seconds:.0f} "
        "(option stuck_after)"
    )
