# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must be so before a release is uninstalled, and what that would do; nothing is written.

Private to this collection.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import release_report
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_record import Release
from ansible_collections.coder.classic.plugins.module_utils._helm.manifest import Identity, identity, label, objects
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster

#: After an interrupted uninstall helm leaves the record in this state, and takes the same command again.
CAN_GO = ("deployed", "failed", "uninstalling")

Metadata = dict[Identity, dict[str, Any]]


class Plan(NamedTuple):
    """What an uninstall does to the objects that are there, and their metadata by identity before it."""

    kept: list[dict[str, Any]]
    doomed: list[dict[str, Any]]
    before: Metadata


def plan(cluster: Cluster, release: Release, keep: Iterable[tuple[str, str]], chart: str | None = None) -> Plan:
    """The proof before: helm, going by the stored manifest, will keep each (kind, name) and can delete the rest.

    Raises ClassicError: ``verify_failed`` (not kept, not there), ``refused`` (another chart, status, API versions that
    the server does not serve any more: helm would then delete nothing, helm/helm 8413).
    """
    if chart is not None and release.chart_name != chart:
        raise ClassicError(
            f"Release {release.name} is one of chart {release.chart_name}, not of {chart}.",
            code="refused",
            where=f"{release.place}, {cluster.where}",
            why="The name, the namespace or the context leads to another release than the one that is meant.",
            untouched="Every object of the release.",
            next_step="Correct name, namespace or context, then run again.",
        )
    keep = list(keep)
    stored = objects(release.manifest, release.namespace)
    _refuse_unkept(cluster, release, keep, stored)
    _refuse_status(cluster, release)
    _refuse_unserved(cluster, release, stored)
    before = live(cluster, stored)
    there = [obj for obj in stored if identity(obj) in before]
    staying = {label(of) for of, metadata in before.items() if not metadata.get("deletionTimestamp")}
    absent = sorted({f"{kind}/{name}" for kind, name in keep} - staying)
    if absent:
        raise ClassicError(
            f"{', '.join(absent)} must stay, but does not exist or is being deleted.",
            code="verify_failed",
            where=f"{release.place}, {cluster.where}",
            why="Somebody deleted it. Who relies on it may have lost it already, and after an uninstall there is no way back.",
            untouched="Every object of the release.",
            next_step=f"Bring it back first (helm rollback {release.name} {release.revision} -n {release.namespace}), "
            "then run again.",
        )
    doomed = [obj for obj in there if obj["goes"]]
    going = set(map(identity, doomed))
    return Plan([obj for obj in there if identity(obj) not in going], doomed, before)


def live(cluster: Cluster, stored: Iterable[dict[str, Any]]) -> Metadata:
    """Metadata of each object of the manifest that is there."""
    wanted = list(stored)
    found = zip(wanted, release_report.live_objects(cluster, wanted), strict=True)
    return {identity(obj): there["metadata"] for obj, there in found if there is not None}


def names(stored: list[dict[str, Any]]) -> str:
    return ", ".join(dict.fromkeys(label(identity(obj)) for obj in stored)) or "nothing"


def _refuse_unkept(
    cluster: Cluster, release: Release, keep: list[tuple[str, str]], stored: list[dict[str, Any]]
) -> None:
    # By kind and name only, so in whatever namespace it is, and however often it stands there: all must be kept.
    kept = {(obj["kind"], obj["name"]) for obj in stored} - {(o["kind"], o["name"]) for o in stored if not o["keep"]}
    missing = [f"{kind}/{name}" for kind, name in keep if (kind, name) not in kept]
    if missing:
        raise ClassicError(
            f"The stored manifest would not keep {', '.join(missing)}.",
            code="verify_failed",
            where=f"{release.place}, {cluster.where}",
            why="On uninstall helm goes by the manifest stored in the release, not by live annotations.",
            untouched="Every object of the release.",
            next_step="Seal them with coder.classic.helm_release_keep, then run again.",
        )


def _refuse_status(cluster: Cluster, release: Release) -> None:
    if release.status in CAN_GO:
        return
    pending = release.status.startswith("pending-")
    raise ClassicError(
        f"The release is {release.status}.",
        code="refused",
        where=f"{release.place}, {cluster.where}",
        why="Another helm command runs, or was ended in the middle."
        if pending
        else f"What is live may not be what its newest revision says: {release_report.description(release)}",
        untouched="Every object of the release.",
        next_step=f"See helm history {release.name} -n {release.namespace}; wait while a command runs, otherwise bring it "
        f"to deployed with helm rollback {release.name} REVISION -n {release.namespace}, seal it and run again.",
    )


def _refuse_unserved(cluster: Cluster, release: Release, stored: list[dict[str, Any]]) -> None:
    removed = release_report.removed_apis(cluster, stored)
    unserved = sorted({f"{entry['kind']} {entry['api_version']}" for entry in removed})
    if unserved:
        raise ClassicError(
            f"The release has objects that the cluster does not serve any more: {', '.join(unserved)}.",
            code="refused",
            where=f"{release.place}, {cluster.where}",
            why="helm would drop the release's record and delete nothing.",
            untouched="Every object of the release.",
            next_step="Map the stored manifest to the served API versions first (coder.classic.helm_release_repair), then run again.",
        )
