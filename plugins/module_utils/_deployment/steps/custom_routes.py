# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The routes of a site with an ingress of its own, moved in the step that takes their Services away. Private to this collection.

They are tried and kept before Helm begins, patched as soon as the new Service is there (Helm makes it first, and takes the old ones
away last), and patched back where the upgrade fails.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator

from ansible_collections.coder.classic.plugins.module_utils._deployment.routes import (
    find,
    judge,
    precheck,
    rewrite,
    writing,
)
from ansible_collections.coder.classic.plugins.module_utils._deployment.routes.judge import Route, Target
from ansible_collections.coder.classic.plugins.module_utils._deployment.routes.rewrite import Edit
from ansible_collections.coder.classic.plugins.module_utils._deployment.steps.here import Here
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import backup
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster

#: What the layout serviceNext serves.
SERVICE, HTTP_PORT, HTTPS_PORT = "coderd", 80, 443
PAUSE_SECONDS = 0.3


def demand(here: Here) -> list[Edit]:
    """What is to be patched with this step; none where nothing leads to what goes, and for any other step.

    Whatever layout is seen: a run that was killed between Helm's writes leaves one that is neither the old nor the new.

    Raises ClassicError ``custom_routes`` with the exact list, where nobody asked for it, and those of routes.precheck.
    """
    if not here.wanted["service_next"]:
        return []
    target = Target(here.wanted["namespace"], here.wanted["release"], SERVICE, HTTP_PORT, HTTPS_PORT)
    found = find.look(here.cluster.at_one_time(here.run_folder), target.namespace, target.release)
    precheck.demand_seen(here.cluster, found)
    routes = judge.routes(found, target)
    moving = [route for route in routes if route.moves]
    if moving and not here.wanted["rewrite_routes"]:
        raise _not_asked_for(here, moving)
    here.said += [f"{route.name}: {line}" for route in routes for line in route.by_hand]
    return precheck.edits(here.cluster, moving, target)


@contextlib.contextmanager
def moved(here: Here, edits: list[Edit]) -> Iterator[None]:
    """The block, which upgrades, with the routes following it. Raises ClassicError of the patches only where the block ends well."""
    if not edits or here.check_mode:
        yield
        return
    _keep(here, edits)
    follower = Follower(here, edits)
    thread = threading.Thread(target=follower.run, name="moves routes", daemon=True)
    thread.start()
    try:
        yield
    except BaseException:
        follower.end(thread)
        _move_back(here, edits[: follower.done])
        raise
    follower.end(thread)
    if follower.failure:
        raise follower.failure
    # Where Helm was quicker than a look.
    writing.patch_all(here.cluster, edits[follower.done :], here.demand_lock)
    here.said.append(f"Routes lead to Service {SERVICE} now: {', '.join(one.route.name for one in edits)}.")


class Follower:
    """done: how many of the edits are patched."""

    def __init__(self, here: Here, edits: list[Edit]) -> None:
        self._here, self._edits, self._ended = here, edits, threading.Event()
        self.done, self.failure = 0, None

    def run(self) -> None:
        while not self._ended.wait(PAUSE_SECONDS):
            try:
                if not serves(self._here.cluster, self._here.wanted["namespace"]):
                    continue
                for one in self._edits:
                    writing.patch_all(self._here.cluster, [one], self._here.demand_lock)
                    self.done += 1
                return
            except ClassicError as error:
                if error.code not in ("cluster_unreachable", "server_error"):
                    self.failure = error
                    return

    def end(self, thread: threading.Thread) -> None:
        self._ended.set()
        thread.join()


def serves(cluster: Cluster, namespace: str) -> bool:
    """Whether the Service is there with the ports of the new layout."""
    live = cluster.get("v1", "Service", SERVICE, namespace) or {}
    return HTTP_PORT in [row.get("port") for row in (live.get("spec") or {}).get("ports") or []]


def _keep(here: Here, edits: list[Edit]) -> None:
    folder = os.path.join(here.wanted["backup_dir"] or "", "routes")
    precheck.demand_folder({"rewrite": True, "backup_dir": here.wanted["backup_dir"]})
    files = [writing.kept(one.route, folder) for one in edits]
    backup.demand_writable(files[0][0].parent)
    writing.keep(files)
    here.said += [f"Backup of {one.route.name}: {path}" for one, (path, _text) in zip(edits, files, strict=True)]


def _move_back(here: Here, edits: list[Edit]) -> None:
    """As they were, where nobody has changed them since; what cannot be moved back is said, and does not hide the error."""
    for one in edits:
        try:
            writing.patch(here.cluster, rewrite.reversed_edit(one))
        except ClassicError as error:
            here.said.append(
                f"{one.route.name} still leads to Service {SERVICE}: {error.what} Its backup has the old backends."
            )


def _not_asked_for(here: Here, moving: list[Route]) -> ClassicError:
    lines = [
        f"{route.name}: {move.backend.host or '*'}{move.backend.path or ''} to {move.backend.service}:{move.backend.port}, must be "
        f"{SERVICE}:{move.to_port or '?'}"
        for route in moving
        for move in route.moves
    ]
    return ClassicError(
        f"Routes of the site lead to what goes with serviceNext: {', '.join(route.name for route in moving)}.",
        code="custom_routes",
        where=here.cluster.where,
        why="; ".join(lines),
        untouched="Everything: nothing was begun.",
        next_step="Have them rewritten in the same step, with a backup: -e coder_rewrite_routes=true. A route that is managed "
        "elsewhere has to be changed there.",
    )
