# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The keep policy in the stored manifest of a release, from the options to the result. Private to this collection."""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._helm import (
    helm_command,
    helm_record,
    manifest,
    release_report,
    seal,
    seal_precheck,
    seal_proof,
    seal_resume,
)
from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade import chart_source
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster


def run(cluster: Cluster, params: dict[str, Any], check_mode: bool, folder: str) -> dict[str, Any]:
    """The module's result; folder (0700) takes the files for helm. consent, besides the module's options: what the refusal
    of resets names in place of allow_resets.
    """
    start = seal_resume.unfinished(cluster, helm_record.current(cluster, params["namespace"], params["name"]))
    helm = None
    if start and not check_mode:
        helm = helm_command.helm_for(cluster.access, params["helm_binary"], folder)
        seal_precheck.acceptable_resets(cluster, start, start.manifest, params)
        seal_resume.undo(cluster, helm, start, params["timeout"])
    # A check run looks at what an interrupted sealing started from: there the real one will begin.
    release = start if start and check_mode else seal_precheck.sealable(cluster, params["namespace"], params["name"])
    stored = manifest.objects(release.manifest, release.namespace)
    chosen = seal_precheck.chosen(cluster, release, stored, params)
    uids = seal.live_uids(cluster, release, chosen)
    already = manifest.kept(stored)
    before, sealed = labels(already), labels(chosen - already)
    result: dict[str, Any] = {
        "changed": bool(sealed or start),
        "release": release_report.summary(release),
        "kept": kept(uids),
        "sealed": sealed,
        "diff": {"before": {"kept": before}, "after": {"kept": sorted([*before, *sealed])}},
    }
    if not sealed:
        # Also of a release that is being uninstalled: what has begun with the seal on it may go on.
        return result
    if release is not start:
        seal_precheck.refuse_status(cluster, release)
    new_manifest = manifest.with_keep(release.manifest, chosen, release.namespace)
    result["resets"] = seal_precheck.acceptable_resets(cluster, release, new_manifest, params)
    if start and check_mode:
        # helm refuses even a rehearsal as long as the interrupted sealing is pending.
        return result
    helm = helm or helm_command.helm_for(cluster.access, params["helm_binary"], folder)
    upgrade = seal.command(helm, release, new_manifest, _own_chart(helm, release, params))
    new = seal.rehearse(cluster, helm, upgrade, release, chosen, params["timeout"])
    if not check_mode:
        seal.upgrade(cluster, helm, upgrade, release, params["timeout"])
        new = seal.verified(cluster, release, chosen, uids)
        result["release"] = release_report.summary(new)
        result["kept"] = kept(seal.live_uids(cluster, release, chosen))
    return {**result, "changed_hooks": seal_proof.changed_hooks(release, new)}


def _own_chart(helm: helm_command.Helm, release: helm_record.Release, params: dict[str, Any]) -> str | None:
    """The path of the chart that is given, proved to be the release's by its name and version; the rehearsal proves the rest."""
    if not params.get("chart"):
        return None
    wanted = {
        "chart_ref": params["chart"],
        "chart_name": release.chart_name,
        "chart_version": release.chart_version,
    }
    return chart_source.fetch(helm, wanted, params["timeout"]).path


def labels(identities: set[manifest.Identity]) -> list[str]:
    return sorted(map(manifest.label, identities))


def kept(uids: dict[manifest.Identity, str | None]) -> list[dict[str, Any]]:
    return [{"kind": of[0], "name": of[2], "uid": uid} for of, uid in uids.items()]
