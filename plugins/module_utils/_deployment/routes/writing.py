# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Routes kept in files, patched, and read back. Private to this collection."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._deployment.routes import judge
from ansible_collections.coder.classic.plugins.module_utils._deployment.routes.find import Found
from ansible_collections.coder.classic.plugins.module_utils._deployment.routes.judge import Route, Target
from ansible_collections.coder.classic.plugins.module_utils._deployment.routes.rewrite import JSON_PATCH, Edit
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import backup
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import discovery, masks
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster
from ansible_collections.coder.classic.plugins.module_utils._values import yaml_out

AGAIN = "Run again: what was rewritten already is left alone, and the rest is done."


def kept(route: Route, folder: str) -> tuple[Path, str]:
    """The file of an object and what it holds, for ``kubectl apply -f``. Pure.

    Its checksum is in the name, so that no later run puts another state in its place.
    """
    text = yaml_out.block(backup.restorable(route.obj))
    metadata = route.obj["metadata"]
    checksum = hashlib.sha256(text.encode()).hexdigest()[:12]
    name = f"{route.obj['kind'].lower()}.{metadata['namespace']}.{metadata['name']}.{checksum}.yaml"
    return Path(folder) / name, text


def keep(files: list[tuple[Path, str]]) -> None:
    """Raises OSError."""
    for path, text in files:
        if not backup.is_written(path, text):
            backup.write(path, text)


def patch(cluster: Cluster, one: Edit, *, dry_run: bool = False) -> dict[str, Any]:
    """Raises ClassicError, with status 409 where the object is not any more what it was when it was read."""
    obj = one.route.obj
    resource = cluster.resource(obj["apiVersion"], obj["kind"])
    metadata = obj["metadata"]
    path = discovery.path(obj["apiVersion"], resource, metadata["namespace"], metadata["name"])
    query = {"dryRun": "All"} if dry_run else None
    return cluster.request("PATCH", path, body=one.patch, query=query, content_type=JSON_PATCH)


def patch_all(cluster: Cluster, edits: list[Edit], demand: Callable[[], None]) -> None:
    """One after the other; demand is called before each. Raises ClassicError that says what was rewritten and what not."""
    for done, one in enumerate(edits):
        try:
            demand()
            patch(cluster, one)
        except ClassicError as error:
            told = changed_meanwhile(cluster, one) if error.status == 409 else error
            raise _stopped(told, edits, done) from None


def demand_rewritten(cluster: Cluster, edits: list[Edit], found: Found, target: Target) -> None:
    """Reads each again. Raises ClassicError ``verify_failed`` where somebody put the old backends back, or took it away."""
    wrong = []
    for one in edits:
        obj, metadata = one.route.obj, one.route.obj["metadata"]
        live = cluster.get(obj["apiVersion"], obj["kind"], metadata["name"], metadata["namespace"])
        if live is None or judge.moves({**live, "kind": obj["kind"]}, found, target):
            wrong.append(one.route.name)
    if wrong:
        raise ClassicError(
            f"Routes do not lead to Service {target.service} although they were rewritten: {', '.join(wrong)}.",
            code="verify_failed",
            where=cluster.where,
            why="Something changed or deleted them right afterwards: a controller, or a tool that has them from a file.",
            untouched="All other objects.",
            next_step="See with kubectl get -o yaml --show-managed-fields who writes them, and change them there. Then run again.",
            changed=True,
        )


def changed_meanwhile(cluster: Cluster, one: Edit) -> ClassicError:
    return ClassicError(
        f"{one.route.name} was changed by somebody else at the same time.",
        code="conflict",
        where=cluster.where,
        why="It is not any more what the change was made for.",
        untouched="This object.",
        next_step="Run again, which looks at it anew.",
        status=409,
    )


def _stopped(error: ClassicError, edits: list[Edit], done: int) -> ClassicError:
    """The error of the route number done, with what stands where."""
    names = [one.route.name for one in edits]
    error.why = masks.server_words(error.why, edits[done].route.obj)
    error.details = {"rewritten": names[:done], "left": names[done:]}
    error.next_step = AGAIN if error.code == "conflict" else f"{error.next_step or 'Remove the cause.'} {AGAIN}"
    if done:
        error.changed = True
        error.untouched = f"{', '.join(names[done:])}. Rewritten: {', '.join(names[:done])}."
    return error
