# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The chart of the upgrade that is meant: what it would render, and what stands in its way. Private to this collection."""

from __future__ import annotations

import os
import tempfile
from typing import Any, NamedTuple

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import drift, helm_command, release_report
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_record import Release
from ansible_collections.coder.classic.plugins.module_utils._helm.manifest import identity, label, objects
from ansible_collections.coder.classic.plugins.module_utils._helm.repair import owners
from ansible_collections.coder.classic.plugins.module_utils._helm.restore.as_new import as_new
from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade import (
    chart_source,
    command,
    plan,
    precheck,
    trial,
    values_files,
)
from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade.release_upgrade import RENDER_SECONDS
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import side_by_side
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.masks import server_words


class Candidate(NamedTuple):
    """paths of the values in helm's folder, and what they say."""

    helm: helm_command.Helm
    chart: chart_source.Chart
    values: values_files.Values


class Judged(NamedTuple):
    """refused: what the API server would not change and would make anew; unfit: what it would not even make."""

    foreign: list[owners.Foreign]
    refused: list[str]
    unfit: list[str]


def fetch(cluster: Cluster, params: dict[str, Any], folder: str) -> Candidate:
    """Raises ClassicError: those of helm_for, chart_source and values_files."""
    own = tempfile.mkdtemp(dir=folder)
    helm = helm_command.helm_for(cluster.access, params["helm_binary"], own, own_repositories=True)
    precheck.demand_helm(helm)
    chart = chart_source.fetch(helm, params, RENDER_SECONDS)
    return Candidate(helm, chart, values_files.read(params["values_files"], own))


def with_values(candidate: Candidate, config: dict[str, Any]) -> Candidate:
    """With these values in place of none."""
    path = values_files.written(config, tempfile.mkdtemp(dir=os.path.dirname(candidate.helm.folder)))
    return candidate._replace(values=values_files.Values([path], [config]))


def with_files(candidate: Candidate, files: list[str]) -> Candidate:
    """Raises ClassicError of values_files."""
    folder = tempfile.mkdtemp(dir=os.path.dirname(candidate.helm.folder))
    return candidate._replace(values=values_files.read(files, folder))


def judge(cluster: Cluster, candidate: Candidate, name: str, namespace: str, compared: Release | None) -> Judged:
    """compared: the revision that helm compares with; None for a first install. Nothing is stored: each object is tried."""
    rendered = rendered_objects(cluster, candidate, name, namespace, compared)
    stored = objects(compared.manifest, namespace) if compared else []
    wanted = {identity(obj): obj for obj in [*stored, *rendered]}
    live = dict(zip(wanted, release_report.live_objects(cluster, wanted.values()), strict=True))
    found = plan.rows(stored, rendered, live)
    others = plan.foreign(found, namespace, name)
    foreign = side_by_side.each(lambda row: owners.look(cluster, row.of, row.live, (namespace, name)), others)
    known = [row for row in found if row.rendered and row not in others]
    trials = trial.try_all(cluster, _named(name, namespace, compared), known)
    turned_down = [one for one in trials if one.refusal]
    unfit = {
        one.row.of: why for one in turned_down for why in new_refusals(cluster, [one.row.rendered], name, namespace)
    }
    return Judged(
        foreign, trial.refusals([one for one in turned_down if one.row.of not in unfit]), list(unfit.values())
    )


def rendered_objects(
    cluster: Cluster, candidate: Candidate, name: str, namespace: str, compared: Release | None
) -> list[dict[str, Any]]:
    """By helm with what the cluster has; also where it would refuse the upgrade itself. Raises ClassicError ``not_rendered``."""
    arguments = command.template(name, namespace, candidate.chart.path, values_files=candidate.values.paths)
    if compared is None:
        arguments.remove("--is-upgrade")
        # Helm 4 refuses to render what is there already and of no release, which is judged here.
        arguments += ["--take-ownership"] if candidate.helm.version >= helm_command.FOUR else []
    try:
        text = helm_command.run(candidate.helm, arguments, RENDER_SECONDS, candidate.values.content)
    except ClassicError as error:
        raise precheck.not_rendered(cluster, candidate.chart, compared, error.why or error.what) from None
    return objects(text, namespace)


def new_refusals(cluster: Cluster, rendered: list[dict[str, Any]], name: str, namespace: str) -> list[str]:
    """What the API server would refuse of an install, told while the objects are still there."""
    release = _named(name, namespace, None)

    def tried(obj: dict[str, Any]) -> str | None:
        if not cluster.serves(obj["api_version"], obj["kind"]):
            return f"{label(identity(obj))}: the cluster does not serve {obj['kind']} in {obj['api_version']}"
        document = drift.as_helm_sends_it(obj["document"], release)
        place = {"namespace": obj["namespace"]} if obj["namespace"] else {}
        try:
            cluster.create(without_addresses({**document, "metadata": {**document["metadata"], **place}}), dry_run=True)
        except ClassicError as error:
            # It exists, and its content was looked at before that was.
            if error.status == 409:
                return None
            if error.code != "refused":
                raise
            said = None if obj["kind"] == "Secret" else server_words(error.why, obj["document"])
            return f"{label(identity(obj))}: {said or error.what}"
        return None

    return [one for one in side_by_side.each(tried, rendered) if one]


def without_addresses(document: dict[str, Any]) -> dict[str, Any]:
    """Those that a Service asks for are still taken, by itself."""
    return as_new(document, set()).document if document["kind"] == "Service" else document


def _named(name: str, namespace: str, release: Release | None) -> Release:
    """What drift needs of a release: whose the objects are."""
    if release is not None:
        return release
    return Release(name, namespace, 0, "none", "", "", None, None, None, {}, {}, "", [])
