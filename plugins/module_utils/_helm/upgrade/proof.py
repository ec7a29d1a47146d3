# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""After an upgrade: every object of the stored manifest exists, or is put back as that release's. Private to this collection.

helm can say that an upgrade succeeded and have deleted what it has just changed (helm/helm 30631).
"""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import creation, drift, going, release_report
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_record import Release
from ansible_collections.coder.classic.plugins.module_utils._helm.manifest import HOOK, identity, label, objects
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster


def missing(cluster: Cluster, release: Release) -> list[dict[str, Any]]:
    """Entries of manifest.objects of the stored manifest that are not live, or are about to go."""
    stored = [obj for obj in objects(release.manifest, release.namespace) if not _is_hook(obj)]
    found = zip(stored, release_report.live_objects(cluster, stored), strict=True)
    return [obj for obj, live in found if is_missing(live)]


def is_missing(live: dict[str, Any] | None) -> bool:
    """Also one that is about to go: an upgrade writes to it as if it stayed. Pure."""
    return live is None or going.is_going(live)


def put_back(cluster: Cluster, release: Release, lost: list[dict[str, Any]]) -> list[str]:
    """Creates each as helm would have, in the manifest's order; labels of those. Raises ClassicError ``verify_failed``
    for what cannot be made anew, with what was.
    """
    made: list[str] = []
    for obj in lost:
        document = drift.as_helm_sends_it(obj["document"], release)
        place = {"namespace": obj["namespace"]} if obj["namespace"] else {}
        try:
            made_of = {**document, "metadata": {**document["metadata"], **place}}
            creation.create(cluster, made_of, release.apply_method)
        except ClassicError as error:
            if error.status == 409:
                # Somebody made it meanwhile, or it is still going: the look after this tells.
                continue
            raise _cannot_put_back(cluster, release, obj, made, error) from error
        made.append(label(identity(obj)))
    return made


def complete(cluster: Cluster, release: Release) -> list[str]:
    """Puts back what is missing; labels of it. Raises as put_back, and ``verify_failed`` for what is missing then, or about to go."""
    lost = missing(cluster, release)
    made = put_back(cluster, release, lost)
    still = [label(identity(obj)) for obj in missing(cluster, release)] if lost else []
    if still:
        raise ClassicError(
            f"Objects of the release are missing, or about to go: {', '.join(still)}.",
            code="verify_failed",
            where=f"{release.place}, {cluster.where}",
            why="They are still being deleted, or were put back and are gone again: something else deletes them.",
            untouched="All other objects of the release.",
            next_step="Find out who deletes them (a GitOps tool, a controller, a finalizer that waits), then run again: what is gone by "
            "then is put back.",
        )
    return made


def _is_hook(obj: dict[str, Any]) -> bool:
    return HOOK in ((obj["document"].get("metadata") or {}).get("annotations") or {})


def _cannot_put_back(
    cluster: Cluster, release: Release, obj: dict[str, Any], made: list[str], error: ClassicError
) -> ClassicError:
    name = label(identity(obj))
    return ClassicError(
        f"{name} is missing although the stored manifest has it, and cannot be put back: {error.what}",
        code="verify_failed",
        where=f"{release.place}, {cluster.where}",
        why=error.why if obj["kind"] != "Secret" else None,
        untouched=f"The other objects of the release{'; put back: ' + ', '.join(made) if made else ''}.",
        next_step=f"Remove the cause, then run again, or: helm get manifest {release.name} -n {release.namespace} and "
        "create it from there.",
        status=error.status,
    )
