# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a repair decides by: only read, but for tries of the API server that store nothing. Private to this collection."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._helm import gitops, helm_record, release_report
from ansible_collections.coder.classic.plugins.module_utils._helm.going import held, is_going
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_record import Release
from ansible_collections.coder.classic.plugins.module_utils._helm.manifest import identity, label, objects
from ansible_collections.coder.classic.plugins.module_utils._helm.repair import at_work, candidate, reinstall_journal
from ansible_collections.coder.classic.plugins.module_utils._helm.repair.diagnose import Observation, Unserved
from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade import precheck, proof
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster


def observe(
    cluster: Cluster,
    params: dict[str, Any],
    history: list[Release],
    chart: candidate.Candidate | None,
    journal: reinstall_journal.Journal | None,
) -> Observation:
    """history: of revisions."""
    name, namespace = params["name"], params["namespace"]
    seen = Observation(
        name,
        namespace,
        history,
        has_chart=chart is not None,
        unfinished=reinstall_journal.unfinished(journal, history),
    )
    newest, last_good = seen.newest, seen.last_good
    judged = judge(cluster, params, chart, seen)
    seen = replace(seen, **judged._asdict())
    if newest is None:
        return seen
    stored = objects(newest.manifest, namespace)
    live = release_report.live_objects(cluster, stored)
    read_by_helm = {one.revision: one for one in (newest, last_good) if one}.values()
    return replace(
        seen,
        is_its_chart=chart is not None
        and (chart.chart.name, chart.chart.version) == (newest.chart_name, newest.chart_version),
        busy=at_work.look(cluster, newest, params["stuck_after"], is_ours=bool(journal and journal.is_of_here)),
        unserved=[one for release in read_by_helm for one in unserved(cluster, release)],
        missing=proof.missing(cluster, newest),
        going=going(stored, live),
        tools=sorted({tool for one in live for tool in gitops.tools(one)}),
    )


def judge(
    cluster: Cluster, params: dict[str, Any], chart: candidate.Candidate | None, seen: Observation
) -> candidate.Judged:
    """What stands in the way of the chart that is given; nothing where none is, or where all is to be made anew."""
    if chart is None or seen.unfinished:
        return candidate.Judged([], [], [])
    precheck.demand_chart(cluster, seen.newest, chart.chart, params)
    return candidate.judge(cluster, chart, seen.name, seen.namespace, seen.last_good or seen.newest)


def revisions(cluster: Cluster, namespace: str, name: str, *, complete: bool = False) -> list[Release]:
    """Only the newest where that is deployed, unless all are asked for: a record weighs up to a megabyte."""
    newest = helm_record.current(cluster, namespace, name)
    if newest is None or newest.status == "deployed" and not complete:
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


def going(stored: list[dict[str, Any]], live: list[dict[str, Any] | None]) -> list[str]:
    """Labels of what is being deleted, with its finalizers and since when. Pure."""
    return [
        f"{label(identity(obj))} ({held(one['metadata'])})"
        for obj, one in zip(stored, live, strict=True)
        if is_going(one)
    ]
