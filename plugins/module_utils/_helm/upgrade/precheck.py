# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must be so before an upgrade; nothing is written. Private to this collection."""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import gitops, going, helm_record, release_report
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_command import Helm
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_record import Release
from ansible_collections.coder.classic.plugins.module_utils._helm.manifest import label
from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade import command, plan, trial
from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade.chart_source import Chart
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import masks
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster

UNTOUCHED = "Nothing was changed."
FOREIGN_NEXT = (
    "Delete or rename what nobody needs. What no living release owns can be given to this one: coder.classic.helm_release_repair "
    "with adopt. Then run again."
)


def demand_helm(helm: Helm) -> None:
    """Raises ClassicError ``unsupported_version``: older ones rehearse without what templates look up."""
    if helm.version < command.WITH_SERVER_DRY_RUN:
        raise ClassicError(
            f"Helm {'.'.join(map(str, helm.version))} cannot rehearse an upgrade with the cluster.",
            code="unsupported_version",
            where=helm.binary,
            why="Its dry run answers every lookup of a template with nothing, so that it shows another upgrade.",
            untouched=UNTOUCHED,
            next_step="Use Helm 3.13 or later of the 3 and 4 series: option helm_binary.",
        )


def release(cluster: Cluster, params: dict[str, Any]) -> Release | None:
    """The newest revision; None for a first install. Raises ClassicError ``release_not_found``."""
    found = helm_record.current(cluster, params["namespace"], params["name"])
    if found is not None and found.status == "uninstalled":
        found = None
    if found is None and not params["install"]:
        raise release_report.not_found(cluster, params["namespace"], params["name"])
    return found


def demand_chart(cluster: Cluster, before: Release | None, chart: Chart, params: dict[str, Any]) -> None:
    """Raises ClassicError ``wrong_chart`` where the release is one of another chart and nobody said which it may be."""
    if before is None or before.chart_name == chart.name:
        return
    raise ClassicError(
        f"Release {before.name} is one of chart {before.chart_name}, not of {chart.name}.",
        code="wrong_chart",
        where=f"{before.place}, {cluster.where}",
        why="The name, the namespace or the context leads to another release than the one that is meant, or the chart is "
        "another one.",
        untouched=UNTOUCHED,
        next_step="Correct name, namespace, context or chart_ref, then run again.",
    )


#: What helm says of a rehearsal that fails → (code, what to do).
REASONS = (
    ("cannot be imported into the current release", "foreign_owner", FOREIGN_NEXT),
    (
        "no matches for kind",
        "not_served",
        (
            "The stored manifest or the chart has kinds that the cluster does not serve (any more): map the record to the served "
            "API versions first (coder.classic.helm_release_repair), or use a chart for this version of Kubernetes; then run again."
        ),
    ),
    (
        "requires kubeVersion",
        "kubernetes_version",
        "Use a chart for this version of Kubernetes, or upgrade the cluster first; then run again.",
    ),
)


def not_rendered(cluster: Cluster, chart: Chart, before: Release | None, why: str) -> ClassicError:
    """For a rehearsal that failed: the values, the Kubernetes version, a stored manifest that cannot be read."""
    secrets = release_report.secrets(before) if before else []
    known = next(((code, text) for words, code, text in REASONS if words in why), None)
    code, next_step = known or ("not_rendered", "Correct the values or what else helm names, then run again.")
    return ClassicError(
        f"The upgrade to {chart.name} {chart.version} is not begun: helm could not rehearse it.",
        code=code,
        where=f"{before.place}, {cluster.where}" if before else cluster.where,
        why=masks.server_words(why, *secrets),
        untouched="Nothing was changed: this was the rehearsal.",
        next_step=next_step,
    )


def demand_possible(
    cluster: Cluster,
    rehearsed: Release,
    rows: list[plan.Row],
    trials: list[trial.Trial],
    *,
    gitops_suspended: bool = False,
) -> None:
    """Raises ClassicError: ``gitops``, ``terminating``, ``foreign_owner``, ``refused`` (what the API server would not take)."""
    where = f"release {rehearsed.name} in namespace {rehearsed.namespace}, {cluster.where}"
    tools = sorted({tool for row in rows for tool in gitops.tools(row.live)})
    if tools and not gitops_suspended:
        raise ClassicError(
            f"The release is managed by {', '.join(tools)}, which would undo the upgrade.",
            code="gitops",
            where=where,
            why="Its objects carry that tool's marks.",
            untouched=UNTOUCHED,
            next_step="Make the change where that tool takes it from, or suspend it for this release and say so "
            "(gitops_suspended), then run again.",
        )
    leaving = [
        f"{label(row.of)} ({going.held(row.live['metadata'])})"
        for row in rows
        if row.rendered and going.is_going(row.live)
    ]
    if leaving:
        raise ClassicError(
            f"Objects of the upgrade are still being deleted: {'; '.join(leaving)}.",
            code="terminating",
            where=where,
            why=going.WHY,
            untouched=UNTOUCHED,
            next_step=going.NEXT,
        )
    foreign = plan.foreign(rows, rehearsed.namespace, rehearsed.name)
    if foreign:
        raise ClassicError(
            "The upgrade needs objects that exist already and belong to somebody else: "
            f"{', '.join(label(row.of) for row in foreign)}.",
            code="foreign_owner",
            where=where,
            why="; ".join(_owner(row) for row in foreign),
            untouched=UNTOUCHED,
            next_step=FOREIGN_NEXT,
        )
    refusals = trial.refusals(trials)
    if refusals:
        raise ClassicError(
            f"The API server would refuse {len(refusals)} object(s) of the upgrade.",
            code="refused",
            where=where,
            why="; ".join(refusals),
            untouched="Nothing was changed: each object was tried as a dry run.",
            next_step="Correct the values or the objects that are named. An immutable field needs the object deleted first, "
            "by whoever knows what depends on it; never use --force.",
        )


def _owner(row: plan.Row) -> str:
    found = plan.owner(row.live)
    return (
        f"{label(row.of)} is of release {found[1]} in namespace {found[0]}"
        if found
        else f"{label(row.of)} is of no release"
    )
