# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The stored manifest of a release with the API versions that the cluster serves today, in helm's own record.

With the old ones helm upgrade fails, and helm uninstall drops the record and deletes nothing (helm/helm 8413). Private to
this collection.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import backup, helm_record
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_record import Release
from ansible_collections.coder.classic.plugins.module_utils._helm.manifest import identity, objects
from ansible_collections.coder.classic.plugins.module_utils._helm.repair import candidate, mapped_manifest, saved
from ansible_collections.coder.classic.plugins.module_utils._helm.repair.work import Work
from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade import pending


def step(work: Work, write: bool) -> list[str]:
    """Raises ClassicError: ``not_mappable``, those of a write, ``verify_failed``."""
    newest_last = [
        one for one in work.seen.history if any(gone.revision == one.revision for gone in work.seen.unserved)
    ]
    manifests = {one.revision: new_manifest(work, one) for one in newest_last}
    for release in newest_last:
        _refuse_what_does_not_fit(work, release, manifests[release.revision])
    saved.demand_writable(work.params["backup_dir"])
    if write:
        secrets = {one.revision: _saved(work, one) for one in newest_last}
        for release in newest_last:
            _write(work, release, secrets[release.revision], manifests[release.revision])
    return [
        f"revision {one.revision}: {one.label} {one.api_version} → {one.successor or 'taken out, its kind is not served'}"
        for one in work.seen.unserved
    ]


def new_manifest(work: Work, release: Release) -> str:
    """Pure."""
    gone = [one for one in work.seen.unserved if one.revision == release.revision]
    successors = {(one.of, one.api_version): one.successor for one in gone}
    return mapped_manifest.mapped(release.manifest, release.namespace, successors)


def _refuse_what_does_not_fit(work: Work, release: Release, manifest: str) -> None:
    """The API server itself says whether it takes the object in its new version: fields may have changed with it."""
    changed = {one.of for one in work.seen.unserved if one.revision == release.revision}
    tried = [one for one in objects(manifest, release.namespace) if identity(one) in changed]
    refusals = candidate.new_refusals(work.cluster, tried, release.name, release.namespace)
    if refusals:
        raise ClassicError(
            "The stored manifest cannot be mapped to what the cluster serves.",
            code="not_mappable",
            where=f"{release.place}, {work.cluster.where}",
            why="; ".join(refusals),
            untouched="Nothing was changed.",
            next_step="The fields of these kinds have changed too. Edit the record's Secret by hand, or "
            "upgrade with a chart for this version of Kubernetes after helm-mapkubeapis; then run again.",
        )


def _saved(work: Work, release: Release) -> dict[str, Any]:
    """The record's Secret, once it is in a file that was read back."""
    secret = work.cluster.get("v1", "Secret", pending.record_name(release), release.namespace)
    if secret is None or helm_record.decode(secret) != release:
        raise ClassicError(
            "The release changed while it was being looked at.",
            code="refused",
            where=f"{release.place}, {work.cluster.where}",
            untouched="Nothing was changed.",
            next_step="Run again when nobody else works on it.",
        )
    version = secret["metadata"].get("resourceVersion")
    path = Path(work.params["backup_dir"]) / f"{release.name}.v{release.revision}.record.{version}.json"
    saved.items(path, [backup.restorable({"apiVersion": "v1", "kind": "Secret", **secret})])
    work.files.append(str(path))
    work.said.append(f"The record as it was is in {path}; to go back to it: kubectl replace -f {path}")
    return secret


def _write(work: Work, release: Release, secret: dict[str, Any], manifest: str) -> None:
    def change(record: dict[str, Any]) -> None:
        record["manifest"] = manifest

    name = pending.record_name(release)
    body = {
        # Refused where somebody wrote it since it was read.
        "metadata": {"uid": secret["metadata"]["uid"], "resourceVersion": secret["metadata"].get("resourceVersion")},
        "data": {"release": helm_record.rewritten(secret["data"]["release"], change)},
    }
    work.demand()
    work.cluster.patch("v1", "Secret", name, release.namespace, body)
    now = helm_record.decode(work.cluster.get("v1", "Secret", name, release.namespace) or {})
    left = [
        f"{one['kind']} {one['api_version']}"
        for one in objects(now.manifest, now.namespace)
        if not work.cluster.serves(one["api_version"], one["kind"])
    ]
    if now.manifest != manifest or left or now.config != release.config or now.chart != release.chart:
        raise ClassicError(
            "The record was written, and is not what was written.",
            code="verify_failed",
            where=f"{release.place}, {work.cluster.where}",
            why="It still has " + ", ".join(left) if left else "It reads differently.",
            untouched="Every object of the release.",
            next_step=f"Put the old record back (kubectl replace -f {work.files[-1]}), then run again.",
            changed=True,
        )
