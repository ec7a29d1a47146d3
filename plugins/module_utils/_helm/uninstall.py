# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ending a release without ending what must stay: helm, the wait for what goes, and the proof on what stays.

Private to this collection.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import (
    going,
    helm_command,
    helm_record,
    release_report,
)
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_record import Release
from ansible_collections.coder.classic.plugins.module_utils._helm.manifest import Identity, identity, label
from ansible_collections.coder.classic.plugins.module_utils._helm.uninstall_precheck import (
    Metadata,
    Plan,
    live,
    names,
)
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import masks
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster

#: What passes by itself. Once helm has uninstalled, giving up would mean never to look at what stayed.
TRANSIENT = ("cluster_unreachable", "server_error", "not_json")
PAUSE = 1.0


class Deadline:
    """Seconds from now on; the functions are replaced in tests."""

    def __init__(
        self, seconds: int, now: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.seconds = seconds
        self._now, self._sleep, self._end = now, sleep, now() + seconds

    def over(self) -> bool:
        return self._now() >= self._end

    def pause(self) -> None:
        self._sleep(PAUSE)


def carry_out(
    cluster: Cluster,
    helm: helm_command.Helm,
    release: Release,
    planned: Plan,
    deadline: Deadline,
    tell: Callable[[str], None] = lambda line: None,
) -> None:
    """helm uninstall, the wait and the proof, all before the deadline (a helm that is ended then gets 10 seconds more).

    Raises ClassicError: ``refused`` when the release changed since it was read, ``helm_failed``, ``timeout`` with what is
    left, ``verify_failed`` for a kept object that is gone or replaced.
    """
    _refuse_changed(cluster, release)
    cluster.prove_identity()
    arguments = helm_command.uninstall_arguments(release.name, release.namespace, deadline.seconds)
    try:
        helm_command.run(helm, arguments, deadline.seconds, release.config)
    except ClassicError as error:
        error.where = f"{release.place}, {cluster.where}"
        error.why = masks.server_words(error.why, *release_report.secrets(release))
        error.untouched = f"What the stored manifest keeps: {names(planned.kept)}."
        error.next_step = (
            "Remove the cause and run again: helm goes on with a release that is uninstalling. Should its record be gone "
            f"already, see by hand whether anything is left of: {names(planned.doomed)}."
        )
        raise
    # Also before the wait, which may end in an error.
    prove_kept(cluster, planned, deadline)
    wait_until_gone(cluster, planned, deadline, tell)
    prove_kept(cluster, planned, deadline)


def wait_until_gone(
    cluster: Cluster, planned: Plan, deadline: Deadline, tell: Callable[[str], None] = lambda line: None
) -> None:
    """Waits until the very objects are gone; one of the same name that somebody else made since does not count. tell gets what is
    left and its finalizers, whenever that is something else.

    Raises ClassicError ``timeout`` with what is left and its finalizers, which are never removed here.
    """
    told = None
    while True:
        now = _live_in_the_end(cluster, planned, planned.doomed, deadline)
        left = {of: metadata for of, metadata in now.items() if metadata["uid"] == planned.before[of]["uid"]}
        if not left:
            return
        named = "; ".join(map(_left_text, left.items()))
        if deadline.over():
            raise ClassicError(
                f"The release is uninstalled, but still there after {deadline.seconds} seconds: {named}.",
                code="timeout",
                where=cluster.where,
                why="Something has not released them yet, for example the controller of a load balancer.",
                untouched=f"What the stored manifest keeps: {names(planned.kept)}.",
                next_step="Wait until they are gone and do not install the same release before. Without its record "
                "another run cannot wait for them.",
            )
        if named != told:
            told = named
            tell(f"waiting until it is gone: {named}")
        deadline.pause()


def prove_kept(cluster: Cluster, planned: Plan, deadline: Deadline) -> None:
    """Every kept object is the very same as before and not about to go. Raises ClassicError ``verify_failed``."""
    now = _live_in_the_end(cluster, planned, planned.kept, deadline)

    def is_same(of: Identity) -> bool:
        found = now.get(of, {})
        return found.get("uid") == planned.before[of]["uid"] and not found.get("deletionTimestamp")

    lost = [label(of) for of in dict.fromkeys(map(identity, planned.kept)) if not is_same(of)]
    if lost:
        raise ClassicError(
            f"Gone or replaced although the stored manifest kept it: {', '.join(lost)}.",
            code="verify_failed",
            where=cluster.where,
            why="Somebody else deleted it, or changed the release, at the same time.",
            untouched="The backup of the release.",
            next_step="Restore it from the backup (kubectl apply -f); a new ServiceAccount has a new token, which whoever uses it needs.",
        )


def _refuse_changed(cluster: Cluster, release: Release) -> None:
    newest = helm_record.current(cluster, release.namespace, release.name)
    if newest is None or (newest.revision, newest.status) != (release.revision, release.status):
        now = f"revision {newest.revision}, {newest.status}" if newest else "gone"
        raise ClassicError(
            "The release changed while it was being looked at.",
            code="refused",
            where=f"{release.place}, {cluster.where}",
            why=f"It was {release.status} and is {now} now: somebody else works on it.",
            untouched="This run changed nothing.",
            next_step="Run again when nobody else does.",
        )


def _live_in_the_end(cluster: Cluster, planned: Plan, stored: list[dict[str, Any]], deadline: Deadline) -> Metadata:
    """live, asked again while the API server does not answer."""
    while True:
        try:
            return live(cluster, stored)
        except ClassicError as error:
            if error.code not in TRANSIENT or deadline.over():
                raise ClassicError(
                    "The release is uninstalled, but what went and what stayed cannot be looked at.",
                    code=error.code,
                    where=cluster.where,
                    why=" ".join(filter(None, (error.what, error.why))),
                    untouched=f"What the stored manifest keeps: {names(planned.kept)}.",
                    next_step="When the cluster answers, compare the UIDs of what stayed with those before (details).",
                    status=error.status,
                    details={"uids_before": {label(of): metadata["uid"] for of, metadata in planned.before.items()}},
                ) from error
        deadline.pause()


def _left_text(left: tuple[Identity, dict[str, Any]]) -> str:
    of, metadata = left
    is_marked = going.is_going({"metadata": metadata})
    return f"{label(of)} ({going.held(metadata) if is_marked else 'not marked for deletion'})"
