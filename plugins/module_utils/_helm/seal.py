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

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import (
    chart_archive,
    helm_command,
    helm_record,
    record_size,
    release_report,
    seal_proof,
)
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_record import Release
from ansible_collections.coder.classic.plugins.module_utils._helm.manifest import Identity, identity, label, objects
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import masks
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster

#: The plugin of Helm 4, in whose own folders of this run nobody else's are.
PLUGIN = "sealed"
DESCRIPTION = "Keep policy sealed into the stored manifest; nothing else changed"


def command(helm: helm_command.Helm, release: Release, sealed_manifest: str, chart: str | None = None) -> list[str]:
    """Writes chart, values, manifest and post-renderer into helm's folder; arguments of the upgrade that uses them.

    chart: an archive of the release's own chart, for one with subcharts, which a record does not hold.
    """

    def written(name: str, content: bytes, mode: int = 0o600) -> str:
        return helm_command.write_secret(os.path.join(helm.folder, name), content, mode)

    # Helm 4 lets hooks pass through the post-renderer too, and takes those away that do not come back.
    stored_hooks = [hook.get("manifest") or "" for hook in release.hooks] if helm.version >= helm_command.FOUR else []
    manifest_file = written("manifest.yaml", "\n---\n".join([sealed_manifest, *stored_hooks]).encode())
    # What helm rendered is read to its end and dropped; the answer is the stored manifest.
    script = f"#!/bin/sh\ncat >/dev/null\nexec cat {shlex.quote(manifest_file)}\n"
    program = written("post-renderer", script.encode(), 0o700)
    return helm_command.upgrade_arguments(
        helm,
        release.name,
        release.namespace,
        chart or written("chart.tgz", chart_archive.chart_archive(release.chart)),
        values_file=written("values.yaml", chart_archive.yaml_text(release.config).encode()),
        post_renderer=_plugin(helm, program) if helm.version >= helm_command.FOUR else program,
        description=DESCRIPTION,
    )


def _plugin(helm: helm_command.Helm, program: str) -> str:
    """The name of a plugin of Helm 4 that is this program."""
    folder = os.path.join(helm.environment["HELM_DATA_HOME"], "plugins", PLUGIN)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    about = {
        "apiVersion": "v1",
        "name": PLUGIN,
        "version": "1.0.0",
        "type": "postrenderer/v1",
        "runtime": "subprocess",
        "runtimeConfig": {"platformCommand": [{"command": program}]},
    }
    helm_command.write_secret(os.path.join(folder, "plugin.yaml"), json.dumps(about).encode())
    return PLUGIN


def rehearse(
    cluster: Cluster,
    helm: helm_command.Helm,
    arguments: list[str],
    release: Release,
    chosen: set[Identity],
    seconds: float,
) -> Release:
    """helm's dry run of the same command, and the proof on the record that it would write.

    Raises ClassicError ``helm_failed``, ``timeout``, ``verify_failed``, ``too_large``.
    """
    try:
        output = helm_command.run(helm, helm_command.dry_run(helm, arguments), seconds, release.config)
        rehearsed = helm_record.from_json(json.loads(output))
    except (ValueError, KeyError, TypeError) as error:
        # Only the kind of the error: its text may quote the record.
        raise ClassicError(
            "helm answered the rehearsal with something else than a release record.",
            code="helm_failed",
            where=helm.binary,
            why=f"{type(error).__name__} in its output",
            untouched="Nothing was changed: this was the rehearsal.",
            next_step="Try another Helm with helm_binary.",
        ) from None
    except ClassicError as error:
        error.where, error.why = release.place, masks.server_words(error.why, *release_report.secrets(release))
        error.untouched = "Nothing was changed: this was the rehearsal."
        error.next_step = (
            "The chart has subcharts, which a release record does not hold: give the archive of that very chart (option "
            "chart), or seal with an upgrade instead."
            if release.chart["metadata"].get("dependencies")
            else "Seal with an upgrade to a chart that carries the keep policy instead, or remove the cause and run again."
        )
        raise
    found = seal_proof.problems(release, rehearsed, chosen)
    if found:
        raise ClassicError(
            "The rehearsal of the sealing would change more than the keep policy.",
            code="verify_failed",
            where=release.place,
            why="; ".join(found),
            untouched="Nothing was changed.",
            next_step="Run again when nobody else changes the release; otherwise seal with an upgrade to a chart that "
            "carries the keep policy.",
        )
    record_size.refuse_too_large(cluster, release, output)
    return rehearsed


def upgrade(cluster: Cluster, helm: helm_command.Helm, arguments: list[str], release: Release, seconds: float) -> None:
    """The real run. Raises ClassicError ``helm_failed``, ``timeout``, ``cluster_mismatch``."""
    cluster.prove_identity()
    try:
        helm_command.run(helm, arguments, seconds, release.config)
    except ClassicError as error:
        of = f"{release.name} -n {release.namespace}"
        error.where = f"{release.place}, {cluster.where}"
        error.why = masks.server_words(error.why, *release_report.secrets(release))
        error.untouched = f"Nothing was uninstalled; revision {release.revision} is still in the history."
        error.next_step = (
            f"See helm history {of}. A newest revision that is pending or failed needs: helm rollback {release.name} "
            f"{release.revision} -n {release.namespace}. Then run again."
        )
        raise


def verified(cluster: Cluster, release: Release, chosen: set[Identity], uids: dict[Identity, str | None]) -> Release:
    """The new newest revision, proved: deployed, sealed, nothing else different, the same live objects."""
    try:
        new = helm_record.current(cluster, release.namespace, release.name)
        now = live_uids(cluster, release, chosen)
    except ClassicError as error:
        raise _not_as_it_must_be(
            cluster, release, [f"it cannot be read back: {error.what} {error.why or ''}"]
        ) from error
    if new is None:
        raise _not_as_it_must_be(cluster, release, ["the release has no record any more"])
    found = seal_proof.problems(release, new, chosen)
    if new.status != "deployed":
        found.append(f"its status is {new.status}, not deployed")
    # What did not exist, helm made anew: acceptable_resets had it allowed.
    found += [
        f"{label(of)} was replaced: UID {uid} before, {now[of]} now"
        for of, uid in uids.items()
        if uid not in (None, now[of])
    ]
    if found:
        raise _not_as_it_must_be(cluster, release, found)
    return new


def _not_as_it_must_be(cluster: Cluster, release: Release, found: list[str]) -> ClassicError:
    return ClassicError(
        "The release was sealed, but the result is not proved to be as it must be.",
        code="verify_failed",
        where=f"{release.place}, {cluster.where}",
        why="; ".join(found),
        untouched=f"Revision {release.revision} is still in the history. Nothing was uninstalled.",
        next_step=f"Do not uninstall. Compare with: helm get manifest {release.name} -n {release.namespace} "
        f"--revision {release.revision}",
    )


def live_uids(cluster: Cluster, release: Release, chosen: set[Identity]) -> dict[Identity, str | None]:
    """UID of each chosen object; None for one that does not exist."""
    wanted = [obj for obj in objects(release.manifest, release.namespace) if identity(obj) in chosen]
    found = zip(wanted, release_report.live_objects(cluster, wanted), strict=True)
    return {identity(obj): live["metadata"]["uid"] if live else None for obj, live in found}
