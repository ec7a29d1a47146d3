# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proof that nothing of what holds data went: namespace and PersistentVolumeClaims. Private to this collection."""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm.manifest import POLICY, label
from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade import plan
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster, unless_forbidden

#: Kinds that no step here may take away.
HOLDS_DATA = ("PersistentVolumeClaim", "PersistentVolume", "Namespace")
#: Name, as people say it → UID.
Held = dict[str, str]


def look(cluster: Cluster, namespace: str) -> Held | None:
    """None where they may not be read: then nothing can be proved."""

    def read() -> Held:
        claims = cluster.list("v1", "PersistentVolumeClaim", namespace, metadata_only=True)
        found = {f"PersistentVolumeClaim/{one['metadata']['name']}": one["metadata"]["uid"] for one in claims}
        own = unless_forbidden(lambda: cluster.get("v1", "Namespace", namespace))
        return found | ({f"Namespace/{namespace}": own["metadata"]["uid"]} if own else {})

    return unless_forbidden(read)


def lost(before: Held, now: Held) -> list[str]:
    """Pure."""
    return sorted(name for name, uid in before.items() if now.get(name) != uid)


def refuse_to_remove(where: str, rows: Iterable[plan.Row]) -> None:
    """Raises ClassicError ``refused`` for what helm would do to each object, where it removes one that holds data."""
    gone = [row for row in rows if row.change == plan.REMOVED and row.of[0] in HOLDS_DATA]
    if gone:
        first = gone[0]
        place = f"-n {first.of[1]} " if first.of[1] else ""
        raise ClassicError(
            f"helm would delete what holds data: {', '.join(label(row.of) for row in gone)}.",
            code="refused",
            where=where,
            why="The newest revision has it, and the one that comes has not.",
            untouched="Nothing was changed.",
            next_step="Let each stay, then run again: "
            f"kubectl {place}annotate {first.of[0]} {first.of[2]} {POLICY}={plan.KEEP}",
        )


def prove(cluster: Cluster, namespace: str, before: Held | None) -> None:
    """Raises ClassicError ``verify_failed`` where one of before is gone or another one."""
    gone = lost(before, look(cluster, namespace) or {}) if before else []
    if gone:
        raise ClassicError(
            f"Gone or replaced meanwhile: {', '.join(gone)}.",
            code="verify_failed",
            where=f"namespace {namespace}, {cluster.where}",
            why="No step of a repair removes one: somebody else did at the same time.",
            untouched="Not known. A volume whose reclaim policy is Retain still holds what it held.",
            next_step="kubectl get persistentvolume, and find who deleted it before anything else is done.",
            changed=True,
        )
