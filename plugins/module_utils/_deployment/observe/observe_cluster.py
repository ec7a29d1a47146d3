# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One look at the main deployment's cluster; nothing is written. Private to this collection."""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._deployment.observe import live, observation, values
from ansible_collections.coder.classic.plugins.module_utils._helm import helm_record, manifest, release_report
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import side_by_side
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster
from ansible_collections.coder.classic.plugins.module_utils._region.observe.observe_cluster import identify
from ansible_collections.coder.classic.plugins.module_utils._region.observe.together import together


def look(cluster: Cluster, params: dict[str, Any]) -> dict[str, Any]:
    """observation.cluster, as far as the cluster lets us see; what it does not becomes a problem in it.

    params: ``namespace``, ``release`` and ``cluster_uid``. Four round trips: identity; lists; the newest record of the
    release; what the server serves of its API versions.
    """
    seen = {**observation.cluster(cluster.where), "source": cluster.source}
    if not identify(cluster, seen, params["cluster_uid"]):
        return seen
    namespace = params["namespace"]
    answers = together(
        {
            "version": cluster.server_version,
            "release": lambda: _release(cluster, namespace, params["release"]),
            "deployments": lambda: _rows(cluster, "apps/v1", "Deployment", namespace, live.deployment),
            "services": lambda: _rows(cluster, "v1", "Service", namespace, live.service),
            # The same list as that in which the release is looked for.
            "secrets": lambda: [
                found["metadata"]["name"] for found in cluster.list("v1", "Secret", namespace, metadata_only=True)
            ],
        },
        seen["problems"],
    )
    seen["release_seen"] = "release" in answers
    seen.update(answers)
    if seen["release_seen"] and (seen["release"] or {}).get("chart") != observation.CHART:
        seen.update(together({"candidates": lambda: _candidates(cluster, namespace)}, seen["problems"]))
    return seen


def _rows(cluster: Cluster, api_version: str, kind: str, namespace: str, row: Any) -> list[dict[str, Any]]:
    return [row(found) for found in cluster.list(api_version, kind, namespace)]


def _release(cluster: Cluster, namespace: str, name: str) -> dict[str, Any] | None:
    release = helm_record.current(cluster, namespace, name, among_all=True)
    # With --keep-history helm leaves the record of a release that is gone.
    if release is None or release.status == "uninstalled":
        return None
    objects = manifest.objects(release.manifest, release.namespace)
    return {
        **release_report.summary(release),
        "description": release_report.description(release),
        "values": values.picked(release),
        "stored": live.stored(objects, release.namespace),
        "removed_apis": _removed_apis(cluster, objects),
    }


def _removed_apis(cluster: Cluster, objects: list[dict[str, Any]]) -> list[dict[str, str]]:
    # Asked for at the same time, one object of each API version: the rest is then known.
    one_of_each = {obj["api_version"]: obj for obj in objects}.values()
    side_by_side.each(lambda obj: cluster.serves(obj["api_version"], obj["kind"]), one_of_each)
    return release_report.removed_apis(cluster, objects)


def _candidates(cluster: Cluster, namespace: str) -> list[dict[str, Any]]:
    return release_report.candidates(cluster, namespace, observation.CHART)
