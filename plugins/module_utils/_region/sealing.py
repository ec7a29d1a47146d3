# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether what stopped half-way is nothing but our own sealing. Pure. Private to this collection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ansible_collections.coder.classic.plugins.module_utils._cluster import seal_proof
from ansible_collections.coder.classic.plugins.module_utils._cluster.helm_record import Release
from ansible_collections.coder.classic.plugins.module_utils._cluster.manifest import Identity, kept, objects

# How helm leaves a revision of an upgrade or a rollback that was killed or refused.
STOPPED = ("pending-upgrade", "pending-rollback", "failed")


def interrupted(history: Sequence[Release]) -> bool:
    """Whether all revisions since the newest deployed one stopped, and add nothing to it but keep policies.

    history is that of helm_record. The rollback of a sealing adds nothing at all, which is as good.
    """
    deployed = [revision for revision in history if revision.status == "deployed"]
    later = [revision for revision in history if deployed and revision.revision > deployed[-1].revision]
    return bool(later) and all(
        revision.status in STOPPED and _adds_only_policies(deployed[-1], revision) for revision in later
    )


def _adds_only_policies(old: Release, new: Release) -> bool:
    next_one = replace(new, revision=old.revision + 1)
    return not seal_proof.problems(old, next_one, _kept(new) - _kept(old))


def _kept(release: Release) -> set[Identity]:
    return kept(objects(release.manifest, release.namespace))
