# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A release ended without what must stay, from the options to the result. Private to this collection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._helm import (
    helm_command,
    helm_record,
    uninstall,
    uninstall_precheck,
)
from ansible_collections.coder.classic.plugins.module_utils._helm.manifest import identity, label
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster


def run(
    cluster: Cluster,
    params: dict[str, Any],
    check_mode: bool,
    folder: str,
    tell: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """The module's result; folder (0700) takes helm's files."""
    release = helm_record.current(cluster, params["namespace"], params["name"])
    # With --keep-history helm leaves the record of a release that is gone.
    if release is None or release.status == "uninstalled":
        return {"changed": False}
    # Before the proof, since that is to be as close to the act as can be.
    helm = helm_command.helm_for(cluster.access, params["helm_binary"], folder)
    wanted = [(entry["kind"], entry["name"]) for entry in params["keep"]]
    planned = uninstall_precheck.plan(cluster, release, wanted, params["chart"])
    if not check_mode:
        uninstall.carry_out(cluster, helm, release, planned, uninstall.Deadline(params["timeout"]), tell)
    return {
        "changed": True,
        "kept": [{**named(obj), "uid": planned.before[identity(obj)]["uid"]} for obj in planned.kept],
        "removed": [named(obj) for obj in planned.doomed],
        "diff": {"before": listing([*planned.kept, *planned.doomed]), "after": listing(planned.kept)},
    }


def named(obj: dict[str, Any]) -> dict[str, Any]:
    return {key: obj[key] for key in ("kind", "namespace", "name")}


def listing(found: list[dict[str, Any]]) -> str:
    return "".join(sorted(f"{label(identity(obj))}\n" for obj in found))
