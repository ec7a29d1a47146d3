# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""An upgrade that proves what it did, for any chart: from the options to the result. Private to this collection."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import helm_command, helm_record, release_report
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_record import Release
from ansible_collections.coder.classic.plugins.module_utils._helm.manifest import identity, label, objects
from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade import (
    chart_source,
    command,
    outcome,
    pending,
    plan,
    precheck,
    proof,
    protection,
    trial,
    values_files,
    watch,
)
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import side_by_side
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster

#: What a run of helm that only reads or renders may take.
RENDER_SECONDS = 120
#: What holds where nobody says otherwise: of the module, and of whoever calls run.
DEFAULTS = {
    "install": False,
    "wait": True,
    "atomic": True,
    "timeout": 1800,
    "history_max": 10,
    "gitops_suspended": False,
}


class Prepared(NamedTuple):
    """What is decided before the first write. before: the newest revision, whatever became of it. server_side: see command."""

    before: Release | None
    chart: chart_source.Chart
    rehearsed: Release
    rows: list[plan.Row]
    values: values_files.Values
    server_side: bool


def run(
    cluster: Cluster,
    params: dict[str, Any],
    check_mode: bool,
    folder: str,
    *,
    tell: Callable[[str], None] = lambda line: None,
    demand: Callable[[], None] = lambda: None,
    judge: Callable[[chart_source.Chart, list[plan.Row]], None] = lambda chart, rows: None,
) -> dict[str, Any]:
    """The module's result; params: its options, over DEFAULTS; folder (0700) takes the files for helm.

    demand is called before each write, judge with what would happen to each object before the first one; both may raise.

    Raises ClassicError: everything of chart_source, precheck, pending, outcome and proof.
    """
    params = {**DEFAULTS, **params}
    helm = helm_command.helm_for(cluster.access, params["helm_binary"], folder, own_repositories=True)
    precheck.demand_helm(helm)
    prepared = prepare(cluster, helm, params, tell=tell, write=not check_mode)
    before, rows = prepared.before, prepared.rows
    said: list[str] = []
    if is_same(before, prepared.rehearsed):
        return _unchanged(cluster, before, rows, said, check_mode, demand)
    judge(prepared.chart, rows)
    trials = trial.try_all(cluster, prepared.rehearsed, rows, server_side=prepared.server_side)
    precheck.demand_possible(cluster, prepared.rehearsed, rows, trials, gitops_suspended=params["gitops_suspended"])
    changes = trial.changes(trials)
    lost = [label(row.of) for row in rows if row.change == plan.LOST]
    result = {"changed": True, "changes": changes, "protected": lost, "put_back": [], "diff": trial.diff(changes)}
    if check_mode:
        return {**result, "release": release_report.summary(before) if before else None, "said": said}
    demand()
    cluster.prove_identity()
    with protection.protected(cluster, rows, said):
        made = _upgrade(cluster, helm, prepared, params, tell)
        demand()
        result["put_back"] = proof.complete(cluster, made)
    said += [f"{name} was gone after helm had ended, and was put back." for name in result["put_back"]]
    return {**result, "release": release_report.summary(made), "said": said}


def prepare(
    cluster: Cluster,
    helm: helm_command.Helm,
    params: dict[str, Any],
    *,
    tell: Callable[[str], None] = lambda line: None,
    write: bool,
) -> Prepared:
    """The chart, the release as it is, and as it would be. Writes only the mark of a revision whose helm was killed."""
    chart = chart_source.fetch(helm, params, RENDER_SECONDS)
    values = values_files.read(params["values_files"], helm.folder)
    before = precheck.release(cluster, params)
    if before is not None and before.status.startswith("pending-"):
        before = pending.settled(
            cluster,
            before,
            is_ours=lambda found: (found.chart_name, found.chart_version) == (chart.name, chart.version),
            seconds=2 * params["timeout"] + RENDER_SECONDS,
            tell=tell,
            write=write,
        )
    precheck.demand_chart(cluster, before, chart, params)
    stored = _compared_by_helm(cluster, before)
    live: list[dict[str, Any] | None] = []
    # Far away both take seconds.
    with side_by_side.meanwhile(lambda: live.extend(release_report.live_objects(cluster, stored))):
        # What is upgraded for real helm validates once more, before its first write.
        rehearsed = _rehearsed(cluster, helm, chart, params, values, before, validate=not write)
    server_side = command.is_server_side(helm, before and before.apply_method, install=before is None)
    rows = _rows(cluster, stored, live, objects(rehearsed.manifest, rehearsed.namespace))
    return Prepared(before, chart, rehearsed, rows, values, server_side)


def is_same(before: Release | None, rehearsed: Release) -> bool:
    """Whether helm was given the same before, and ended well: the same chart to the letter and the same values. Pure."""
    return (
        before is not None
        and before.status == "deployed"
        and before.chart == rehearsed.chart
        and before.config == rehearsed.config
    )


def _rehearsed(
    cluster: Cluster,
    helm: helm_command.Helm,
    chart: chart_source.Chart,
    params: dict[str, Any],
    values: values_files.Values,
    before: Release | None,
    *,
    validate: bool,
) -> Release:
    """The record that the upgrade would write, by helm with the cluster (``--dry-run=server``)."""
    name, namespace = params["name"], params["namespace"]
    if before is not None and before.status.startswith("pending-"):
        return _rendered(cluster, helm, chart, values, before)
    how = {"values_files": values.paths, "install": params["install"], "validate": validate}
    arguments = command.dry_run(name, namespace, chart.path, **how)
    try:
        output = helm_command.run(helm, arguments, RENDER_SECONDS, values.content)
        return replace(helm_record.from_json(json.loads(output)), namespace=namespace)
    except (ValueError, KeyError, TypeError) as error:
        # Only the kind of the error: its text may quote the record.
        raise precheck.not_rendered(cluster, chart, before, f"{type(error).__name__} in helm's output") from None
    except ClassicError as error:
        raise precheck.not_rendered(cluster, chart, before, error.why or error.what) from None


def _rendered(
    cluster: Cluster, helm: helm_command.Helm, chart: chart_source.Chart, values: values_files.Values, before: Release
) -> Release:
    """In a check run over a pending revision, for which helm rehearses no upgrade: what it would render."""
    arguments = command.template(before.name, before.namespace, chart.path, values_files=values.paths)
    try:
        manifest = helm_command.run(helm, arguments, RENDER_SECONDS, values.content)
    except ClassicError as error:
        raise precheck.not_rendered(cluster, chart, before, error.why or error.what) from None
    return replace(before, manifest=manifest, chart_version=chart.version, revision=before.revision + 1)


def _rows(
    cluster: Cluster, stored: list[dict[str, Any]], live: list[dict[str, Any] | None], rendered: list[dict[str, Any]]
) -> list[plan.Row]:
    """live: what of stored is there; what is only rendered is looked for here. Where both have an object the new one leads."""
    known = dict(zip(map(identity, stored), live, strict=True))
    of_old = {identity(obj): obj for obj in stored}
    wanted = {identity(obj): obj for obj in rendered}
    # Under another API version an object may be served where the old one's is not any more.
    asked = [
        key for key, obj in wanted.items() if key not in of_old or obj["api_version"] != of_old[key]["api_version"]
    ]
    known |= zip(asked, release_report.live_objects(cluster, [wanted[key] for key in asked]), strict=True)
    return plan.rows(stored, rendered, known)


def _compared_by_helm(cluster: Cluster, before: Release | None) -> list[dict[str, Any]]:
    """The objects that helm compares with the new ones: those of the newest deployed revision, also where a later one failed."""
    if before is not None and before.status != "deployed":
        history = helm_record.history(cluster, before.namespace, before.name)
        before = next((one for one in reversed(history) if one.status == "deployed"), before)
    return objects(before.manifest, before.namespace) if before else []


def _unchanged(
    cluster: Cluster,
    before: Release | None,
    rows: list[plan.Row],
    said: list[str],
    check_mode: bool,
    demand: Callable[[], None],
) -> dict[str, Any]:
    """Nothing to upgrade: what a killed run left is made good all the same."""
    lost = [row.rendered for row in rows if proof.is_missing(row.live) and row.rendered]
    marked = protection.left_over(rows)
    if (lost or marked) and not check_mode:
        demand()
        cluster.prove_identity()
        proof.complete(cluster, before)
        protection.release(cluster, rows, said)
    names = [label(identity(obj)) for obj in lost]
    would = "would be" if check_mode else "was"
    said += [f"{name} was missing, and {would} put back." for name in names]
    said += [f"The protection that an earlier run left on {name} {would} taken off." for name in marked]
    return {
        "changed": bool(lost or marked),
        "changes": [],
        "protected": [],
        "put_back": names,
        "release": release_report.summary(before),
        "said": said,
        "diff": {"before": "", "after": "".join(f"{name}\n" for name in names)},
    }


def _upgrade(
    cluster: Cluster,
    helm: helm_command.Helm,
    prepared: Prepared,
    params: dict[str, Any],
    tell: Callable[[str], None],
) -> Release:
    before, rehearsed = prepared.before, prepared.rehearsed
    arguments = command.arguments(
        helm,
        rehearsed.name,
        rehearsed.namespace,
        prepared.chart.path,
        values_files=prepared.values.paths,
        install=params["install"],
        wait=params["wait"],
        atomic=params["atomic"],
        server_side=prepared.server_side,
        revision=rehearsed.revision,
        seconds=params["timeout"],
        history_max=params["history_max"],
        description=f"Upgrade to {prepared.chart.name} {prepared.chart.version} by coder.classic",
    )
    rendered = objects(rehearsed.manifest, rehearsed.namespace)
    # An atomic upgrade may need its time twice, for the way there and back.
    seconds = params["timeout"] * (2 if params["atomic"] else 1) + RENDER_SECONDS
    # Who does not wait sees nothing of the pods, and needs no right to.
    watching = watch.watching(cluster, rehearsed.namespace, rendered, tell)
    with watching if params["wait"] else contextlib.nullcontext(watch.Nobody()) as seen:
        try:
            helm_command.run(helm, arguments, seconds, prepared.values.content)
        except ClassicError as error:
            failure = error
            seen.look_again()
        else:
            failure = None
    if failure is None:
        return outcome.verified(cluster, before, rehearsed)
    now = helm_record.current(cluster, rehearsed.namespace, rehearsed.name)
    error = outcome.failed(cluster, failure, before, prepared.chart, now, seen.begun)
    if now is not None and now.status == "deployed":
        # Where it went back: an object that the way there has lost is not left out of it.
        try:
            proof.complete(cluster, now)
        except ClassicError as lost:
            error.why = f"{error.why or ''} {lost.what}".strip()
    raise error from failure
