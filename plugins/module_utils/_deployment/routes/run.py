# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The site's routes to the main deployment, from the options to the result. Private to this collection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._deployment.routes import (
    find,
    judge,
    precheck,
    rewrite,
    rows,
    writing,
)
from ansible_collections.coder.classic.plugins.module_utils._deployment.routes.by_hand import LAST_APPLIED
from ansible_collections.coder.classic.plugins.module_utils._deployment.routes.find import Found
from ansible_collections.coder.classic.plugins.module_utils._deployment.routes.judge import Route, Target
from ansible_collections.coder.classic.plugins.module_utils._helm import backup
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster


def run(
    cluster: Cluster, params: dict[str, Any], check_mode: bool, *, demand: Callable[[], None] = lambda: None
) -> dict[str, Any]:
    """The module's result, and ``said``: lines for a person. demand is called before each write, and may raise.

    Raises ClassicError: those of precheck and writing; OSError for the backup's folder.
    """
    precheck.demand_folder(params)
    target = Target(
        params["namespace"], params["release"], params["to_service"], params["to_http_port"], params["to_https_port"]
    )
    found = find.look(cluster.at_one_time(), target.namespace, target.release)
    routes = judge.routes(found, target)
    result = {
        "changed": False,
        "routes": None if found.routes is None else [row for route in routes for row in rows.of(route, target)],
        "problems": found.problems,
        "rewritten": [],
        "backups": [],
        "said": [problem["message"] for problem in found.problems],
    }
    if not params["rewrite"]:
        return result
    precheck.demand_seen(cluster, found)
    edits = precheck.edits(cluster, [route for route in routes if route.moves], target)
    result["said"] += _said(routes, found, target)
    if not edits:
        return result
    files = [writing.kept(one.route, params["backup_dir"]) for one in edits]
    result |= {
        "changed": True,
        "rewritten": [one.route.name for one in edits],
        "backups": [str(path) for path, _text in files],
        "diff": rewrite.diff(edits),
    }
    backup.demand_writable(files[0][0].parent)
    if not check_mode:
        demand()
        cluster.prove_identity()
        writing.keep(files)
        writing.patch_all(cluster, edits, demand)
        writing.demand_rewritten(cluster, edits, found, target)
    return result


def _said(routes: list[Route], found: Found, target: Target) -> list[str]:
    """What stays to be done by people."""
    lines = [f"{route.name}: {line}" for route in routes for line in route.by_hand]
    applied = [
        route.name
        for route in routes
        if route.moves and LAST_APPLIED in (route.obj["metadata"].get("annotations") or {})
    ]
    if applied:
        lines.append(f"Made with kubectl apply, which puts the old backends back from its files: {', '.join(applied)}.")
    if any(route.moves for route in routes) and found.services is not None and target.service not in found.services:
        lines.append(
            f"There is no Service {target.service} in namespace {target.namespace}: until it is there users get errors."
        )
    return lines
