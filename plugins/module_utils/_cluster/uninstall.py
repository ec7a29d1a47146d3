# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ending a release without ending what must stay: the proof before, the wait and the proof after.

Private to this collection.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._cluster.client import Cluster
from ansible_collections.coder.classic.plugins.module_utils._cluster.helm_record import Release
from ansible_collections.coder.classic.plugins.module_utils._cluster.manifest import Identity, identity, label, objects
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

#: After an interrupted uninstall helm leaves the record in this state, and takes the same command again.
CAN_GO = ("deployed", "failed", "uninstalling")


def arguments(name: str, namespace: str, seconds: int) -> list[str]:
    """Without --wait: what is slow is waited for by name (``wait_until_gone``), helm would only say that it timed out."""
    return ["uninstall", name, "--namespace", namespace, "--timeout", f"{seconds}s"]


def prove(cluster: Cluster, release: Release, keep: Iterable[tuple[str, str]]) -> None:
    """Raises ClassicError unless helm, going by the stored manifest, will keep each (kind, name) and can delete the rest.

    Codes: ``verify_failed`` (not kept), ``refused`` (status, API versions that the server does not serve any more: helm
    would then drop the record and delete nothing, helm/helm 8413).
    """
    where = f"release {release.name} revision {release.revision} in namespace {release.namespace}, {cluster.where}"
    stored = objects(release.manifest, release.namespace)
    kept = {(obj["kind"], obj["name"]) for obj in stored if obj["keep"]}
    missing = [f"{kind}/{name}" for kind, name in keep if (kind, name) not in kept]
    if missing:
        raise ClassicError(
            f"The stored manifest would not keep {', '.join(missing)}.",
            code="verify_failed",
            where=where,
            why="On uninstall helm goes by the manifest stored in the release, not by live annotations.",
            untouched="Every object of the release.",
            next_step="Seal them with coder.classic.helm_release_keep, then run again.",
        )
    if release.status not in CAN_GO:
        raise ClassicError(
            f"The release is {release.status}.",
            code="refused",
            where=where,
            why="Another helm command runs, or ended in the middle.",
            untouched="Every object of the release.",
            next_step=f"Look at helm history {release.name} -n {release.namespace}; wait, or roll it back.",
        )
    unserved = sorted({f"{o['kind']} {o['api_version']}" for o in stored if not cluster.serves(o["api_version"], o["kind"])})
    if unserved:
        raise ClassicError(
            f"The release has objects that the cluster does not serve any more: {', '.join(unserved)}.",
            code="refused",
            where=where,
            why="helm would drop the release's record and delete nothing.",
            untouched="Every object of the release.",
            next_step="Map the stored manifest to the served API versions first.",
        )


def live(cluster: Cluster, stored: Iterable[dict[str, Any]]) -> dict[Identity, dict[str, Any]]:
    """Metadata of each object of the manifest that is there."""
    found = {}
    for obj in stored:
        there = cluster.get(obj["api_version"], obj["kind"], obj["name"], obj["namespace"])
        if there is not None:
            found[identity(obj)] = there["metadata"]
    return found


def wait_until_gone(
    cluster: Cluster,
    doomed: list[dict[str, Any]],
    uids: dict[Identity, str],
    seconds: float,
    *,
    pause: float = 1.0,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Waits until the very objects are gone; one of the same name that somebody else made since does not count.

    Raises ClassicError ``timeout`` with what is left and its finalizers, which are never removed here.
    """
    deadline = clock() + seconds
    while True:
        left = {of: m for of, m in live(cluster, doomed).items() if m["uid"] == uids.get(of)}
        if not left:
            return
        if clock() >= deadline:
            names = [f"{label(of)} (finalizers: {', '.join(m.get('finalizers') or ['none'])})" for of, m in left.items()]
            raise ClassicError(
                f"Still there after {seconds:g} seconds: {'; '.join(names)}.",
                code="timeout",
                where=cluster.where,
                why="Something has not released them yet, for example a load balancer; they are marked for deletion.",
                untouched="What must stay.",
                next_step="Wait until they are gone; do not install the same release before.",
            )
        sleep(pause)


def changed_identities(before: dict[Identity, str], after: dict[Identity, dict[str, Any]]) -> list[str]:
    """Names of the kept objects that are gone or are not the same any more."""
    return [label(of) for of, uid in before.items() if after.get(of, {}).get("uid") != uid]
