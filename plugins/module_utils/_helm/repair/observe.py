# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a repair decides by: only read, but for tries of the API server that store nothing. Private to this collection."""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._helm import helm_record, release_report
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_record import Release
from ansible_collections.coder.classic.plugins.module_utils._helm.manifest import identity, label, objects
from ansible_collections.coder.classic.plugins.module_utils._helm.repair import at_work, candidate, reinstall_journal
from ansible_collections.coder.classic.plugins.module_utils._helm.repair.diagnose import Observation, Unserved
from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade import proof
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster


def observe(
    cluster: Cluster,
    params: dict[str, Any],
    history: list[Release],
    chart: candidate.Candidate | None,
    journal: reinstall_journal.Journal | None,
) -> Observation:
    """history: of revisions. Raises ClassicError ``release_not_found`` where there is neither a record nor a journal, and what
    reading raises.
    """
    name, namespace = params["name"], params["namespace"]
    unfinished = reinstall_journal.unfinished(journal, history[-1] if history else None)
    if not history:
        if unfinished is None:
            raise release_report.not_found(cluster, namespace, name)
        return Observation(name, namespace, has_chart=chart is not None, unfinished=unfinished)
    seen = Observation(name, namespace, history, has_chart=chart is not None, unfinished=unfinished)
    newest, last_good = seen.newest, seen.last_good
    read_by_helm = list({one.revision: one for one in (newest, last_good) if one}.values())
    judged = (
        candidate.judge(cluster, chart, name, namespace, last_good or newest) if chart else candidate.Judged([], [])
    )
    stored = objects(newest.manifest, namespace)
    return Observation(
        name,
        namespace,
        history,
        busy=at_work.look(cluster, newest, params["stuck_after"], is_ours=bool(journal and journal.is_of_here)),
        unserved=[one for release in read_by_helm for one in unserved(cluster, release)],
        missing=proof.missing(cluster, newest),
        going=going(cluster, stored),
        has_chart=chart is not None,
        foreign=judged.foreign,
        refused=judged.refused,
        unfinished=unfinished,
    )


def revisions(cluster: Cluster, namespace: str, name: str) -> list[Release]:
    """Only the newest where that is deployed: a record weighs up to a megabyte."""
    newest = helm_record.current(cluster, namespace, name)
    if newest is None or newest.status == "deployed":
        return [newest] if newest else []
    history = helm_record.history(cluster, namespace, name)
    # One that was uninstalled with --keep-history is no release any more.
    return [] if history[-1].status == "uninstalled" else history


def unserved(cluster: Cluster, release: Release) -> list[Unserved]:
    return [
        Unserved(
            identity(obj), obj["api_version"], cluster.equivalent(obj["api_version"], obj["kind"]), release.revision
        )
        for obj in objects(release.manifest, release.namespace)
        if not cluster.serves(obj["api_version"], obj["kind"])
    ]


def going(cluster: Cluster, stored: list[dict[str, Any]]) -> list[str]:
    """Labels of what is being deleted, with its finalizers and since when."""
    return [
        f"{label(identity(obj))} {held(live['metadata'])}"
        for obj, live in zip(stored, release_report.live_objects(cluster, stored), strict=True)
        if live and live["metadata"].get("deletionTimestamp")
    ]


def held(metadata: dict[str, Any]) -> str:
    finalizers = ", ".join(metadata.get("finalizers") or ["none"])
    return f"(finalizers: {finalizers}; since {metadata['deletionTimestamp']})"
