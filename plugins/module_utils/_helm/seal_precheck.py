# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must be so before a release is sealed; nothing is written. Private to this collection."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import drift, keep, release_report
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_record import Release
from ansible_collections.coder.classic.plugins.module_utils._helm.manifest import Identity, identity, label, objects
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.masks import HIDDEN


def sealable(cluster: Cluster, namespace: str, name: str) -> Release:
    """The newest revision of a release that may be sealed, or is sealed and being uninstalled.

    Raises ClassicError: ``release_not_found`` with the releases of the namespace, ``refused`` for any other status
    than deployed and uninstalling and for objects that the server does not serve any more.
    """
    release = release_report.demanded(cluster, namespace, name)
    refuse_status(cluster, release, ("deployed", "uninstalling"))
    removed = release_report.removed_apis(cluster, objects(release.manifest, namespace))
    if removed:
        raise ClassicError(
            f"Release {name} has objects in API versions that the cluster does not serve any more.",
            code="refused",
            where=f"namespace {namespace}, {cluster.where}",
            why=", ".join(f"{entry['kind']}/{entry['name']} in {entry['api_version']}" for entry in removed),
            untouched="Nothing was changed. helm upgrade would fail, and helm uninstall would delete nothing.",
            next_step="Map the record to the served API versions first (coder.classic.helm_release_repair).",
        )
    return release


def refuse_status(cluster: Cluster, release: Release, accepted: Iterable[str] = ("deployed",)) -> None:
    """Raises ClassicError ``refused`` for a revision in any other status."""
    if release.status in accepted:
        return
    name, namespace = release.name, release.namespace
    raise ClassicError(
        f"Release {name} is {release.status}, not deployed.",
        code="refused",
        where=f"namespace {namespace}, {cluster.where}",
        why=f"Revision {release.revision}: {release_report.description(release)}",
        untouched="Nothing was changed.",
        next_step=f"Wait while another helm command runs. Otherwise bring it to deployed: helm history {name} "
        f"-n {namespace}, then helm rollback {name} REVISION -n {namespace}.",
    )


def chosen(cluster: Cluster, release: Release, stored: list[dict[str, Any]], params: dict[str, Any]) -> set[Identity]:
    """Identities of the ``objects`` of the options, or, for None, of all that must stay with the ``roots``.

    Raises ClassicError: ``not_found`` for what is not in the stored manifest, naming what is; ``invalid`` for an empty
    list, since sealing nothing would look like success.
    """
    if params["objects"] == []:
        raise ClassicError(
            "The list of objects to keep is empty.",
            code="invalid",
            untouched="Nothing was changed.",
            next_step="Name the objects, or leave the option out for all that must stay.",
        )
    if params["objects"] is not None:
        wanted = {(entry["kind"], entry["name"]) for entry in params["objects"]}
        found = {of for of in map(identity, stored) if (of[0], of[2]) in wanted}
        if absent := sorted(wanted - {(of[0], of[2]) for of in found}):
            names = ", ".join(f"{kind}/{name}" for kind, name in absent)
            raise _not_found(cluster, release, stored, f"Not in the stored manifest: {names}.")
        return found
    roots = keep.named(params["roots"], release.namespace)
    found = {entry["identity"] for entry in release_report.must_stay(cluster, release, roots)}
    if not found:
        names = ", ".join(label(of) for of, _reason in roots)
        text = (
            f"Nothing of the release belongs to {names}."
            if names
            else "No pod but the release's own needs anything of it."
        )
        raise _not_found(cluster, release, stored, text)
    return found


def _not_found(cluster: Cluster, release: Release, stored: list[dict[str, Any]], text: str) -> ClassicError:
    labels = [label(identity(obj)) for obj in stored]
    return ClassicError(
        text,
        code="not_found",
        where=f"{release.place}, {cluster.where}",
        untouched="Nothing was changed.",
        next_step=f"Choose from: {', '.join(labels)}.",
        details={"candidates": labels},
    )


def acceptable_resets(
    cluster: Cluster, release: Release, sealed_manifest: str, params: dict[str, Any]
) -> list[dict[str, Any]]:
    """drift.resets of the sealing. Raises ClassicError ``refused`` when there are any and they are not allowed."""
    found = drift.resets(cluster, release, objects(sealed_manifest, release.namespace))
    if found and not params["allow_resets"]:
        consent = params.get("consent", "allow_resets")
        raise ClassicError(
            "Sealing would change live objects that are not as the stored manifest says.",
            code="refused",
            where=f"{release.place}, {cluster.where}",
            why="helm upgrade would put back: " + "; ".join(map(_reset_text, found)),
            untouched="Nothing was changed.",
            next_step=f"Bring the objects to what the manifest says and seal then, or accept this with {consent}.",
            details=found,
        )
    return found


def _reset_text(reset: dict[str, Any]) -> str:
    """``Deployment/envproxy changed (spec.replicas from 0 to 1)``"""
    fields = [
        f"{field['path']} differs (hidden)"
        if field["live"] == HIDDEN
        else f"{field['path']} from {field['live']} to {field['manifest']}"
        for field in reset["fields"]
    ]
    reasons = ", ".join(fields) or reset.get("why")
    return f"{reset['kind']}/{reset['name']} {reset['change']}" + (f" ({reasons})" if reasons else "")
