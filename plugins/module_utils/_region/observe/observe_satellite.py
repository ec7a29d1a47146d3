# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One look at a region's satellite: its cluster and its URL; nothing is written. Private to this collection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import versions
from ansible_collections.coder.classic.plugins.module_utils._coder.satellite_key import fetch_key, same_public_key
from ansible_collections.coder.classic.plugins.module_utils._coder.satellite_secret import satellite_public_key
from ansible_collections.coder.classic.plugins.module_utils._coder.transport import Transport
from ansible_collections.coder.classic.plugins.module_utils._coder.urls import origin_of
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import helm_record
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster, unless_forbidden
from ansible_collections.coder.classic.plugins.module_utils._region.observe import (
    namespaces,
    observation,
    satellite_pods,
)
from ansible_collections.coder.classic.plugins.module_utils._region.observe.observe_cluster import (
    identify,
    whose,
)
from ansible_collections.coder.classic.plugins.module_utils._region.observe.together import together
from ansible_collections.coder.classic.plugins.module_utils._region.rights import missing_rights
from ansible_collections.coder.classic.plugins.module_utils._region.rights.rights import MARK
from ansible_collections.coder.classic.plugins.module_utils._site import helm_values


def look_at_cluster(cluster: Cluster, satellite: dict[str, Any]) -> dict[str, Any]:
    """The part of observation.satellite that its cluster tells; satellite is the module's option."""
    seen = {**observation.satellite(cluster.where), "source": cluster.source}
    if not identify(cluster, seen, satellite["cluster_uid"]):
        return seen
    namespace = satellite["namespace"]
    answers = together(
        {
            "release": lambda: _release(cluster, namespace, satellite["release"]),
            "pods": lambda: satellite_pods.look(cluster, namespace),
            "foreign": lambda: satellite_pods.foreign(cluster, namespace),
            "public_key": lambda: satellite_public_key(cluster, namespace),
            "mark": lambda: unless_forbidden(lambda: _mark(cluster, namespace)),
            "rights": lambda: _rights(cluster, satellite),
        },
        seen["problems"],
    )
    seen["release_seen"] = "release" in answers
    seen.update(answers.pop("rights", {}))
    seen.update(answers.pop("pods", {}))
    seen.update(answers)
    return seen


def look_at_url(
    satellite: dict[str, Any], timeout: float, *, fetch: Callable[..., dict[str, str]] = fetch_key
) -> dict[str, Any]:
    """``served``, ``served_problem`` and ``version`` of observation.satellite."""
    try:
        served = fetch(
            satellite["url"],
            ca_path=satellite["ca_path"],
            timeout=timeout,
            authorization=satellite["authorization"],
        )
    except ClassicError as error:
        return {"served": None, "served_problem": error.failure, "version": None}
    return {"served": served, "served_problem": None, "version": served.get("version") or _version(satellite, timeout)}


def compare_keys(seen: dict[str, Any]) -> None:
    """Puts into same_key whether the key served is the public half of the one in the Secret; None: not both seen."""
    if seen["served"] and seen["public_key"]:
        try:
            seen["same_key"] = same_public_key(seen["public_key"], seen["served"]["key"])
        except ClassicError:
            # What is served is no public key at all.
            seen["same_key"] = False


def _version(satellite: dict[str, Any], timeout: float) -> str | None:
    # No session token: this is only a header that everybody may read.
    host = Transport(
        origin_of(satellite["url"]),
        ca_path=satellite["ca_path"],
        timeout=timeout,
        proxy_authorization=satellite["authorization"],
        pauses=(),
    )
    try:
        return host.get_header("/api", "coder-version")
    except ClassicError:
        # Whether it serves is told by its key; this says nothing but that the version is not known.
        return None


def _rights(cluster: Cluster, satellite: dict[str, Any]) -> dict[str, Any]:
    """namespace_exists, namespace_terminating, rights and user of observation.satellite."""
    namespace = satellite["namespace"]
    # Whoever may not know has one right less than step satellite takes, which tells it.
    found = unless_forbidden(lambda: [cluster.get("v1", "Namespace", namespace)])
    live = found[0] if found else None
    there = None if found is None else live is not None
    # Where it exists nobody needs the right to make namespaces, which is one in the whole cluster.
    steps = [*_steps(satellite), *(["satellite_namespace"] if there is False else [])]
    rights = {step: missing_rights.missing(cluster, step, namespace, satellite["release"]) for step in steps}
    return {
        "namespace_exists": there,
        "namespace_terminating": namespaces.terminating(live),
        "rights": rights,
        "user": whose(cluster, rights),
    }


def _steps(satellite: dict[str, Any]) -> list[str]:
    """The steps of rights.STEPS that deploying it takes; from 1.22 on the chart renders an Ingress."""
    try:
        renders_ingress = versions.net_v2_mode(satellite["chart_version"]) == "always"
    except ClassicError:
        renders_ingress = False
    return ["satellite", "satellite_ingress"] if renders_ingress else ["satellite"]


def _release(cluster: Cluster, namespace: str, name: str) -> dict[str, Any] | None:
    release = helm_record.current(cluster, namespace, name)
    if release is None or release.status == "uninstalled":
        return None
    return {
        "revision": release.revision,
        "status": release.status,
        "chart_version": release.chart_version,
        "values_sha256": helm_values.sha256(release.config),
    }


def _mark(cluster: Cluster, namespace: str) -> str | None:
    """The release that was installed from here, as the ConfigMap beside it says."""
    found = cluster.get("v1", "ConfigMap", MARK, namespace)
    return ((found or {}).get("data") or {}).get("release")
