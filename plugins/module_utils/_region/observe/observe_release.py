# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The release of a provider's chart, and what of it must stay. Private to this collection."""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import provider_roots
from ansible_collections.coder.classic.plugins.module_utils._helm import gitops, release_report, seal_resume
from ansible_collections.coder.classic.plugins.module_utils._helm.drift import OWNER_NAME
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_record import Release
from ansible_collections.coder.classic.plugins.module_utils._helm.manifest import POLICY, identity
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster


def look(cluster: Cluster, release: Release, stored: list[dict[str, Any]]) -> dict[str, Any]:
    """observation.cluster's ``release``; stored are the objects of its manifest."""
    by_identity = {identity(obj): obj for obj in stored}
    roots = provider_roots.roots(release.name, release.namespace)
    entries = release_report.must_stay(cluster, release, roots)
    staying = [by_identity[entry["identity"]] for entry in entries]
    live = release_report.live_objects(cluster, staying)
    return {
        **release_report.summary(release),
        "description": release_report.description(release),
        "record_bytes": release.record_bytes,
        "interrupted_sealing": seal_resume.unfinished(cluster, release) is not None,
        "removed_apis": release_report.removed_apis(cluster, stored),
        "must_stay": list(map(_staying, staying, live, (entry["reason"] for entry in entries))),
    }


def _staying(obj: dict[str, Any], live: dict[str, Any] | None, reason: str) -> dict[str, Any]:
    metadata = live["metadata"] if live else {}
    annotations = metadata.get("annotations") or {}
    return {
        "kind": obj["kind"],
        "name": obj["name"],
        "reason": reason,
        "kept": obj["keep"],
        "live": live is not None,
        "uid": metadata.get("uid"),
        "owner": annotations.get(OWNER_NAME),
        "hand_kept": not obj["keep"] and annotations.get(POLICY) == "keep",
        "tools": gitops.tools(live),
    }
