# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an upgrade would change, tried on the API server as a dry run: differences, and refusals before they hurt.

Private to this collection.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import creation, drift
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_record import Release
from ansible_collections.coder.classic.plugins.module_utils._helm.manifest import label
from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade import plan, three_way
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import side_by_side
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import APPLY_PATCH, Cluster
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.masks import HIDDEN, server_words

Patch = Callable[[Cluster, plan.Row, "dict[str, Any]"], "dict[str, Any]"]
#: From so many objects on a change that they have in common is told once.
MANY = 3


class Trial(NamedTuple):
    """fields: ``{path, live, manifest}`` of what differs (secrets hidden); refusal: the server's words, or None."""

    row: plan.Row
    fields: list[dict[str, Any]]
    refusal: str | None


def try_all(cluster: Cluster, release: Release, found: list[plan.Row], *, server_side: bool = False) -> list[Trial]:
    """Each row in its order; nothing is stored. release: name and namespace of what helm marks the objects with. server_side: helm
    lets the API server apply the objects, which refuses a field that somebody else owns.

    Raises ClassicError: what is no refusal of an object (``forbidden``, ``cluster_unreachable``, ``cluster_mismatch``).
    """
    patch = _apply if server_side else _patch
    return side_by_side.each(lambda row: _tried(cluster, release, row, patch), found)


def _tried(cluster: Cluster, release: Release, row: plan.Row, patch: Patch) -> Trial:
    if row.rendered is None:
        if row.change == plan.REMOVED:
            _delete(cluster, row)
        return Trial(row, [], None)
    if not cluster.serves(row.rendered["api_version"], row.of[0]):
        return Trial(row, [], f"the cluster does not serve {row.of[0]} in {row.rendered['api_version']}")
    new = drift.as_helm_sends_it(row.rendered["document"], release)
    try:
        if row.live is None:
            _create(cluster, row, new)
            return Trial(row, [], None)
        after = patch(cluster, row, new)
    except ClassicError as error:
        if error.code != "refused":
            raise
        said = None if row.of[0] == "Secret" else server_words(error.why, row.rendered["document"], row.live or {})
        return Trial(row, [], said or "the API server refuses it")
    return Trial(row, drift.fields_that_differ(row.of[0], row.live, after), None)


def _delete(cluster: Cluster, row: plan.Row) -> None:
    """Whether it may be: a right that is missing is told before helm has done the half of its work."""
    api_version = cluster.equivalent(row.stored["api_version"], row.of[0]) or row.stored["api_version"]
    cluster.delete(api_version, row.of[0], row.of[2], row.of[1], dry_run=True)


def _create(cluster: Cluster, row: plan.Row, new: dict[str, Any]) -> None:
    namespace = row.rendered["namespace"]
    metadata = {**new["metadata"], **({"namespace": namespace} if namespace else {})}
    cluster.create({**new, "metadata": metadata}, dry_run=True)


def _patch(cluster: Cluster, row: plan.Row, new: dict[str, Any]) -> dict[str, Any]:
    old = _comparable(row.stored["document"] if row.stored else {})
    return drift.tried(cluster, row.rendered, three_way.strategic(old, new), three_way.plain(old, new))


def _apply(cluster: Cluster, row: plan.Row, new: dict[str, Any]) -> dict[str, Any]:
    of = row.rendered
    target = (of["api_version"], of["kind"], of["name"], of["namespace"])
    return cluster.patch(*target, new, APPLY_PATCH, dry_run=True, field_manager=creation.FIELD_MANAGER)


def _comparable(old: dict[str, Any]) -> dict[str, Any]:
    """Without what is never taken off: an object keeps its kind, its name and what helm marks it with."""
    metadata = {key: value for key, value in (old.get("metadata") or {}).items() if key not in ("name", "namespace")}
    return {
        **{key: value for key, value in old.items() if key not in ("apiVersion", "kind", "status")},
        "metadata": metadata,
    }


def refusals(trials: list[Trial]) -> list[str]:
    """What would stop helm in the middle, for people."""
    return [f"{label(trial.row.of)}: {trial.refusal}" for trial in trials if trial.refusal]


def changes(trials: list[Trial]) -> list[dict[str, Any]]:
    """``{kind, name, namespace, change, fields}`` of each object that is not as it was after the upgrade."""
    return [
        {"kind": t.row.of[0], "namespace": t.row.of[1], "name": t.row.of[2], "change": t.row.change, "fields": t.fields}
        for t in trials
        if t.fields or t.row.change not in (plan.CHANGED, plan.LOST)
    ]


def diff(found: list[dict[str, Any]]) -> dict[str, str]:
    """Ansible's before and after of changes(): a line for each field, and for each object that comes or goes.

    What is the same of many objects, as the chart's version in a label of each, is one line.
    """
    before, after = [], []
    alike = _alike(found)
    for (path, live, manifest), names in alike.items():
        before.append(f"{len(names)} objects {path}: {live}")
        after.append(f"{len(names)} objects {path}: {manifest}")
    for entry in found:
        name = f"{entry['kind']}/{entry['name']}"
        if entry["change"] == plan.CREATED:
            after.append(name)
        elif entry["change"] == plan.REMOVED:
            before.append(name)
        elif entry["change"] == plan.LEFT:
            before.append(name)
            after.append(f"{name} (no longer of the release, left)")
        for row in entry["fields"]:
            if _key(row) not in alike:
                before.append(f"{name} {row['path']}: {row['live']}")
                after.append(f"{name} {row['path']}: {row['manifest']}")
    return {"before": "".join(f"{line}\n" for line in before), "after": "".join(f"{line}\n" for line in after)}


def _alike(found: list[dict[str, Any]]) -> dict[tuple[str, str, str], list[str]]:
    """Changes of a field that MANY objects have in common → their names; nothing of what is hidden."""
    names: dict[tuple[str, str, str], list[str]] = {}
    for entry in found:
        for row in entry["fields"]:
            if HIDDEN not in (row["live"], row["manifest"]):
                names.setdefault(_key(row), []).append(entry["name"])
    return {key: those for key, those in names.items() if len(those) >= MANY}


def _key(row: dict[str, Any]) -> tuple[str, str, str]:
    return row["path"], str(row["live"]), str(row["manifest"])
