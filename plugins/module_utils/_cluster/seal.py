# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sealing: the keep policy into a release's stored manifest, through helm, and the proof that nothing else changed.

``helm uninstall`` goes by the manifest that the release record holds, not by live annotations. Private to this
collection.
"""

from __future__ import annotations

import json
import os
import shlex
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._cluster import (
    chart_archive,
    drift,
    helm_command,
    helm_record,
    keep,
    release_report,
)
from ansible_collections.coder.classic.plugins.module_utils._cluster.client import Cluster
from ansible_collections.coder.classic.plugins.module_utils._cluster.helm_record import Release
from ansible_collections.coder.classic.plugins.module_utils._cluster.manifest import (
    POLICY_PATH,
    Identity,
    differences,
    identity,
    label,
    objects,
)
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

DESCRIPTION = "Keep policy sealed into the stored manifest; nothing else changed"


def sealable(cluster: Cluster, namespace: str, name: str) -> Release:
    """The newest revision of a release that may be sealed.

    Raises ClassicError: ``release_not_found`` with the releases of the namespace, ``refused`` for any status other
    than deployed and for objects that the server does not serve any more.
    """
    release = helm_record.current(cluster, namespace, name)
    where = f"namespace {namespace}, {cluster.where}"
    if release is None:
        known = [entry["name"] for entry in release_report.candidates(cluster, namespace, None)]
        raise ClassicError(
            f"There is no Helm release {name}.",
            code="release_not_found",
            where=where,
            why=f"Releases here: {', '.join(known) or 'none'}.",
            untouched="Nothing was changed.",
            details={"candidates": known},
        )
    if release.status != "deployed":
        raise ClassicError(
            f"Release {name} is {release.status}, not deployed.",
            code="refused",
            where=where,
            why=f"Revision {release.revision}: {release.description}",
            untouched="Nothing was changed.",
            next_step=f"Bring it to deployed first: helm history {name} -n {namespace}, then helm rollback.",
        )
    removed = release_report.removed_apis(cluster, objects(release.manifest, namespace))
    if removed:
        raise ClassicError(
            f"Release {name} has objects in API versions that the cluster does not serve any more.",
            code="refused",
            where=where,
            why=", ".join(f"{entry['kind']}/{entry['name']} in {entry['api_version']}" for entry in removed),
            untouched="Nothing was changed. helm upgrade would fail, and helm uninstall would delete nothing.",
            next_step="Map the record to the served API versions first (helm-mapkubeapis).",
        )
    return release


def chosen(
    cluster: Cluster, release: Release, stored: list[dict[str, Any]], wanted: list[dict[str, str]] | None
) -> set[Identity]:
    """Identities of the objects ``{kind, name}`` that are wanted, or, for None, of all that must stay.

    Raises ClassicError: ``not_found`` for what is not in the stored manifest, naming what is; ``invalid`` for an empty
    list, since sealing nothing would look like success.
    """
    if wanted == []:
        raise ClassicError(
            "The list of objects to keep is empty.",
            code="invalid",
            untouched="Nothing was changed.",
            next_step="Name the objects, or leave the option out for all that must stay.",
        )
    if wanted is None:
        found = {entry["identity"] for entry in release_report.must_stay(cluster, release)}
        missing = [] if found else [of for of, _reason in keep.roots(release.name, release.namespace)]
    else:
        pairs = {(entry["kind"], entry["name"]) for entry in wanted}
        found = {of for of in map(identity, stored) if (of[0], of[2]) in pairs}
        missing = [(kind, None, name) for kind, name in sorted(pairs - {(of[0], of[2]) for of in found})]
    if missing:
        labels = [label(identity(obj)) for obj in stored]
        raise ClassicError(
            f"Not in the stored manifest: {', '.join(map(label, missing))}.",
            code="not_found",
            where=f"release {release.name} in namespace {release.namespace}, {cluster.where}",
            untouched="Nothing was changed.",
            next_step=f"Choose from: {', '.join(labels)}.",
            details={"candidates": labels},
        )
    return found


def acceptable_resets(cluster: Cluster, release: Release, sealed_manifest: str, allowed: bool) -> list[dict[str, Any]]:
    """drift.resets of the sealing. Raises ClassicError ``refused`` when there are any and they are not allowed."""
    found = drift.resets(cluster, release, objects(sealed_manifest, release.namespace))
    if found and not allowed:
        texts = []
        for entry in found:
            fields = [f"{f['path']} from {f['live']} to {f['manifest']}" for f in entry["fields"]]
            texts.append(
                f"{entry['kind']}/{entry['name']} {entry['change']} ({', '.join(fields)})"
                if fields
                else f"{entry['kind']}/{entry['name']} {entry['change']}"
            )
        raise ClassicError(
            "Sealing would change live objects that are not as the stored manifest says.",
            code="refused",
            where=f"release {release.name} in namespace {release.namespace}, {cluster.where}",
            why="helm upgrade would put back: " + "; ".join(texts),
            untouched="Nothing was changed.",
            next_step="Bring the objects to what the manifest says and seal then, or accept this with allow_resets.",
            details=found,
        )
    return found


def command(helm: helm_command.Helm, release: Release, sealed_manifest: str) -> list[str]:
    """Writes chart, values, manifest and post-renderer into helm's folder; arguments of the upgrade that uses them."""

    def written(name: str, content: bytes, mode: int = 0o600) -> str:
        return helm_command.write_secret(os.path.join(helm.folder, name), content, mode)

    manifest_file = written("manifest.yaml", sealed_manifest.encode())
    # What helm rendered is read to its end and dropped; the answer is the stored manifest.
    script = f"#!/bin/sh\ncat >/dev/null\nexec cat {shlex.quote(manifest_file)}\n"
    return helm_command.upgrade_arguments(
        helm,
        release.name,
        release.namespace,
        written("chart.tgz", chart_archive.chart_archive(release.chart)),
        values_file=written("values.yaml", chart_archive.yaml_text(release.config).encode()),
        post_renderer=written("post-renderer", script.encode(), 0o700),
        description=DESCRIPTION,
    )


def rehearse(
    helm: helm_command.Helm, arguments: list[str], release: Release, chosen: set[Identity], seconds: float
) -> Release:
    """helm's dry run of the same command, and the proof on the record that it would write."""
    try:
        output = helm_command.run(helm, helm_command.dry_run(helm, arguments), seconds, release.config)
    except ClassicError as error:
        error.untouched = "Nothing was changed: this was the rehearsal."
        if release.chart["metadata"].get("dependencies"):
            error.next_step = (
                "The chart has subcharts, which a release record does not hold: seal with an upgrade instead."
            )
        raise
    rehearsed = helm_record.from_json(json.loads(output))
    found = problems(release, rehearsed, chosen)
    if found:
        raise ClassicError(
            "The rehearsal of the sealing would change more than the keep policy.",
            code="verify_failed",
            where=f"release {release.name} in namespace {release.namespace}",
            why="; ".join(found),
            untouched="Nothing was changed.",
        )
    return rehearsed


def verified(cluster: Cluster, release: Release, chosen: set[Identity], uids: dict[Identity, str | None]) -> Release:
    """The new newest revision, proved: deployed, sealed, nothing else different, the same live objects."""
    new = helm_record.current(cluster, release.namespace, release.name)
    found = ["the release has no record any more"] if new is None else problems(release, new, chosen)
    if new is not None and new.status != "deployed":
        found.append(f"its status is {new.status}, not deployed")
    now = live_uids(cluster, release, chosen)
    found += [f"{label(of)} was replaced: UID {uids[of]} before, {now[of]} now" for of in uids if uids[of] != now[of]]
    if new is None or found:
        raise ClassicError(
            "The release was sealed, but the result is not as it must be.",
            code="verify_failed",
            where=f"release {release.name} in namespace {release.namespace}, {cluster.where}",
            why="; ".join(found),
            untouched=f"Revision {release.revision} is still in the history. Nothing was uninstalled.",
            next_step=f"Do not uninstall. Compare with: helm get manifest {release.name} -n {release.namespace} "
            f"--revision {release.revision}",
        )
    return new


def problems(old: Release, new: Release, chosen: set[Identity]) -> list[str]:
    """What of the new record is not the old one plus the keep policy on the chosen objects; texts without values."""
    found = []
    if new.revision != old.revision + 1:
        found.append(f"revision {new.revision} follows on {old.revision}: somebody else changed the release")
    for of, path in [(leaf["identity"], leaf["path"]) for leaf in _other_differences(old, new, chosen)]:
        found.append(f"{label(of)} differs at {'.'.join(map(str, path)) or 'the whole object'}")
    kept = {identity(obj) for obj in objects(new.manifest, new.namespace) if obj["keep"]}
    found += [f"{label(of)} does not carry the keep policy" for of in sorted(chosen - kept, key=label)]
    if new.config != old.config:
        found.append("the values of the release differ")
    found += [f"the chart's {part} differ" for part in _chart_differences(old.chart, new.chart)]
    return found


def changed_hooks(old: Release, new: Release) -> list[str]:
    """Names of hooks whose text differs: helm renders hooks anew, a post-renderer never sees them."""
    before = {hook["name"]: hook.get("manifest") for hook in old.hooks}
    after = {hook["name"]: hook.get("manifest") for hook in new.hooks}
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def live_uids(cluster: Cluster, release: Release, chosen: set[Identity]) -> dict[Identity, str | None]:
    """UID of each chosen object; None for one that does not exist."""
    found = {}
    for obj in objects(release.manifest, release.namespace):
        if identity(obj) in chosen:
            live = cluster.get(obj["api_version"], obj["kind"], obj["name"], obj["namespace"])
            found[identity(obj)] = live["metadata"]["uid"] if live else None
    return found


def _other_differences(old: Release, new: Release, chosen: set[Identity]) -> list[dict[str, Any]]:
    return [
        leaf
        for leaf in differences(old.manifest, new.manifest, old.namespace)
        if not (leaf["identity"] in chosen and leaf["path"] == POLICY_PATH and leaf["after"] == "keep")
    ]


def _chart_differences(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    def comparable(chart: dict[str, Any], part: str) -> Any:
        value = chart.get(part) or None
        return sorted(value, key=lambda file: file["name"]) if part in ("templates", "files") and value else value

    parts = ("metadata", "lock", "templates", "values", "schema", "files")
    return [part for part in parts if comparable(old, part) != comparable(new, part)]
