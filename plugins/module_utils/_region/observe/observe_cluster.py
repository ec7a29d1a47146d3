# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One look at a provider's cluster; nothing is written. Private to this collection."""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import provider_roots
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import helm_record, keep, manifest, release_report
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster, unless_forbidden
from ansible_collections.coder.classic.plugins.module_utils._region import record
from ansible_collections.coder.classic.plugins.module_utils._region.observe import (
    access_objects,
    candidate,
    envproxy,
    namespaces,
    observation,
    observe_release,
)
from ansible_collections.coder.classic.plugins.module_utils._region.observe.together import together
from ansible_collections.coder.classic.plugins.module_utils._region.rights import missing_rights

# Steps of rights.STEPS whose rights are asked for always, and those with which something can be done to a release.
ALWAYS_STEPS = ("observe", "record")
# The lock is in the main deployment's cluster where that is known.
WITHOUT_PRIMARY = ("lock",)
RELEASE_STEPS = ("envproxy_off", "envproxy_on", "seal", "retire")


def identify(cluster: Cluster, seen: dict[str, Any], expected_uid: str | None) -> bool:
    """Puts the UID into seen. Whether to look on: neither at one that does not answer nor at one that is not meant."""
    try:
        seen["uid"] = cluster.uid()
    except ClassicError as error:
        seen["problems"].append(error.failure)
        # Who may not read the namespace kube-system may read all the rest, unless the identity matters.
        return error.code == "forbidden" and not expected_uid
    return not expected_uid or seen["uid"] == expected_uid


def look(cluster: Cluster, params: dict[str, Any]) -> dict[str, Any]:
    """observation.cluster, as far as the cluster lets us see; what it does not becomes a problem in it."""
    seen = {**observation.cluster(cluster.where), "source": cluster.source, "url": cluster.url}
    if not identify(cluster, seen, params["cluster_uid"]):
        return seen
    namespace, name = params["namespace"], params["release"]
    first = together(
        {
            "version": cluster.server_version,
            "release": lambda: helm_record.current(cluster, namespace, name, among_all=True),
            "record": lambda: record.read(cluster, namespace),
            "token_secret": lambda: access_objects.has_token_secret(cluster, namespace),
            "access": lambda: access_objects.roots(cluster, name, namespace),
            "namespace_terminating": lambda: namespaces.terminating(
                unless_forbidden(lambda: cluster.get("v1", "Namespace", namespace))
            ),
        },
        seen["problems"],
    )
    release_seen, release = "release" in first, first.pop("release", None)
    seen["record_seen"] = "record" in first
    seen.update(first)
    if not release_seen:
        return seen
    # With --keep-history helm leaves the record of a release that is gone.
    if release is not None and release.status == "uninstalled":
        release = None
    second = _about(cluster, params, release, seen)
    seen["release_seen"] = release is None or "release" in second
    seen["rights"] = {step: second.pop(f"rights {step}", []) for step in (*_always(params), *RELEASE_STEPS)}
    seen["user"] = whose(cluster, seen["rights"])
    seen.update(second)
    return seen


def whose(cluster: Cluster, rights: dict[str, list[str]]) -> str | None:
    """The user's name where a right is missing, so that it can be asked for."""
    if not any(rights.values()):
        return None
    try:
        return cluster.user()
    except ClassicError:
        # The rights alone say enough.
        return None


def _about(
    cluster: Cluster, params: dict[str, Any], release: helm_record.Release | None, seen: dict[str, Any]
) -> dict[str, Any]:
    """The reads that depend on what the release is."""
    namespace = params["namespace"]
    stored = manifest.objects(release.manifest, release.namespace) if release else []
    # What workspaces name besides is not known here yet: at worst a right is asked for that is not needed.
    staying = [
        entry["identity"]
        for entry in keep.must_stay(stored, namespace, provider_roots.roots(params["release"], namespace), [])
    ]
    reads: dict[str, Any] = {
        "envproxy": lambda: envproxy.look(cluster, namespace, release, stored),
        "recorded": lambda: access_objects.recorded(cluster, namespace, seen["record"]["kept_uids"]),
    }
    if release is None or release.chart_name != observation.CHART:
        # Releases under another name or in another namespace may be meant.
        reads["candidates"] = lambda: release_report.candidates(cluster, namespace, observation.CHART)
    if release is not None:
        reads["release"] = lambda: observe_release.look(cluster, release, stored)
        if params["candidate_chart"]:
            roots = {of for of, _reason in provider_roots.access_roots(release.name, release.namespace)}
            reads["candidate"] = lambda: candidate.look(cluster, params, release, roots)
    for step in (*_always(params), *(RELEASE_STEPS if release else ())):
        reads[f"rights {step}"] = lambda step=step: missing_rights.missing(
            cluster, step, namespace, params["release"], stored, staying
        )
    return together(reads, seen["problems"])


def _always(params: dict[str, Any]) -> tuple[str, ...]:
    return ALWAYS_STEPS if params["primary"] else (*ALWAYS_STEPS, *WITHOUT_PRIMARY)
