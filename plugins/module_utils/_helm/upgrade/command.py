# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""helm's command lines for an upgrade that waits and can go back. Pure; private to this collection."""

from __future__ import annotations

from ansible_collections.coder.classic.plugins.module_utils._helm.creation import BY_SERVER
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_command import FOUR, Helm
from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade import pending

#: The first helm whose dry run asks the cluster what templates look up.
WITH_SERVER_DRY_RUN = (3, 13)


def arguments(
    helm: Helm,
    name: str,
    namespace: str,
    chart: str,
    *,
    values_files: list[str],
    install: bool,
    wait: bool,
    atomic: bool,
    server_side: bool,
    revision: int,
    seconds: int,
    history_max: int,
    description: str,
) -> list[str]:
    """One full set of values, never the former ones; never --force. revision: the one that it makes."""
    found = ["upgrade", name, chart, "--namespace", namespace, "--reset-values", *_values(values_files)]
    found += ["--install"] if install else []
    is_four = helm.version >= FOUR
    # legacy: as Helm 3 waits. The new way watches every kind of the release, which takes rights of its own.
    found += ["--wait=legacy" if is_four else "--wait", "--wait-for-jobs"] if wait else []
    # As each object was tried (trial.py), whatever helm would choose by itself.
    found += [f"--server-side={str(server_side).lower()}"] if is_four else []
    found += ["--timeout", f"{seconds}s", "--history-max", str(history_max)]
    if atomic:
        found.append("--rollback-on-failure" if is_four else "--atomic")
    found += ["--labels", pending.own_labels(revision), "--description", description]
    return [*found, "--output", "json"]


def is_server_side(helm: Helm, method: str | None, *, install: bool) -> bool:
    """Whether the API server applies the objects: as the release was written before (method: Release.apply_method), and a new one
    as Helm 4 does by default.
    """
    return helm.version >= FOUR and (install or method == BY_SERVER)


def dry_run(
    name: str, namespace: str, chart: str, *, values_files: list[str], install: bool, validate: bool
) -> list[str]:
    """The record that the upgrade would write, rendered with what the cluster has. validate: also by the server's schema, which takes
    helm some round trips and seconds.
    """
    found = ["upgrade", name, chart, "--namespace", namespace, "--reset-values", *_values(values_files)]
    found += ["--install"] if install else []
    found += [] if validate else ["--disable-openapi-validation"]
    return [*found, "--dry-run=server", "--output", "json"]


def template(name: str, namespace: str, chart: str, *, values_files: list[str]) -> list[str]:
    """The manifest alone, rendered with what the cluster has; also where a pending revision stops every upgrade."""
    found = ["template", name, chart, "--namespace", namespace, *_values(values_files), "--is-upgrade", "--no-hooks"]
    return [*found, "--dry-run=server"]


def _values(files: list[str]) -> list[str]:
    return [part for file in files for part in ("--values", file)]
