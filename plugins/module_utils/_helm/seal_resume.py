# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A sealing that was killed half-way: told apart from everything else, and undone through helm, so that it can be done.

Private to this collection.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import (
    helm_command,
    helm_record,
    release_report,
    seal_proof,
)
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_record import Release
from ansible_collections.coder.classic.plugins.module_utils._helm.manifest import Identity, kept, objects
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import masks
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster

PENDING = ("pending-upgrade", "pending-rollback")
# How helm leaves a revision of an upgrade or a rollback that was killed or refused.
STOPPED = (*PENDING, "failed")
# A sealing waits for nothing, so that helm is done with it in seconds: what is pending for longer has nobody any more.
SECONDS_TO_END = 20.0
PAUSE_SECONDS = 2.0


def interrupted(history: Sequence[Release]) -> bool:
    """Whether all revisions since the newest deployed one stopped, and add nothing to it but keep policies. Pure.

    history is that of helm_record. The rollback of a sealing adds nothing at all, which is as good.
    """
    deployed = newest_deployed(history)
    later = [revision for revision in history if deployed and revision.revision > deployed.revision]
    return bool(later) and all(
        revision.status in STOPPED and _adds_only_policies(deployed, revision) for revision in later
    )


def newest_deployed(history: Sequence[Release]) -> Release | None:
    return next((revision for revision in reversed(history) if revision.status == "deployed"), None)


def unfinished(cluster: Cluster, current: Release | None) -> Release | None:
    """The revision that an interrupted sealing started from; None for any other state of the release."""
    # A history weighs up to a megabyte a revision: it is read only where it can tell something.
    if current is None or current.status not in STOPPED:
        return None
    history = helm_record.history(cluster, current.namespace, current.name)
    return newest_deployed(history) if interrupted(history) else None


def undo(
    cluster: Cluster,
    helm: helm_command.Helm,
    start: Release,
    seconds: float,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Brings the release back to start, unless whoever seals it is still at it and ends well.

    Raises ClassicError ``helm_failed``, ``timeout``, ``verify_failed``.
    """
    until = clock() + SECONDS_TO_END
    while (current := helm_record.current(cluster, start.namespace, start.name)) and current.status in PENDING:
        if clock() >= until:
            break
        sleep(PAUSE_SECONDS)
    if current is None or current.status == "deployed":
        return
    where = f"{start.place}, {cluster.where}"
    cluster.prove_identity()
    try:
        helm_command.run(helm, helm_command.rollback_arguments(start.name, start.namespace, start.revision), seconds)
    except ClassicError as error:
        error.why = masks.server_words(error.why, *release_report.secrets(start))
        error.where, error.untouched = where, "Nothing was uninstalled; every object of the release is as it was."
        error.next_step = f"See helm history {start.name} -n {start.namespace}, then run again."
        raise
    now = helm_record.current(cluster, start.namespace, start.name)
    if now is None or now.status != "deployed" or seal_proof.problems(start, _following(start, now), set()):
        raise ClassicError(
            "The interrupted sealing was rolled back, but the release is not what it was.",
            code="verify_failed",
            where=where,
            why=f"its newest revision is {now.revision if now else 'gone'}, {now.status if now else 'without a record'}",
            untouched="Nothing was uninstalled.",
            next_step=f"Compare with: helm get manifest {start.name} -n {start.namespace} --revision {start.revision}",
        )


def _adds_only_policies(old: Release, new: Release) -> bool:
    return not seal_proof.problems(old, _following(old, new), _kept(new) - _kept(old))


def _following(old: Release, new: Release) -> Release:
    """new under the number that the proof expects: here revisions of earlier tries lie in between."""
    return replace(new, revision=old.revision + 1)


def _kept(release: Release) -> set[Identity]:
    return kept(objects(release.manifest, release.namespace))
