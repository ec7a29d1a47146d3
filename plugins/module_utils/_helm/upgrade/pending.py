# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A revision that is pending: somebody's helm is at work, or was killed. Private to this collection.

A helm that is asked to end marks its revision as failed, and the next upgrade goes on from there. A killed one leaves it
pending, with which helm refuses everything. Here such a revision gets the mark that helm could not give it any more: no
pod is touched, and nothing of the record is lost.
"""

from __future__ import annotations

import os
import platform
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import helm_record, release_report
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_record import Release
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import yaml_documents
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster

#: Labels of a revision's Secret: the host whose helm makes it, and its number, since helm hands labels on to later ones.
HOST, REVISION = "coder.classic/host", "coder.classic/revision"
#: Label of the revision before one that ``helm rollback`` makes, which takes no labels: number and host of that one.
ROLLBACK = "coder.classic/rollback"
#: helm's commands after which a revision is pending.
MAKING = frozenset({"install", "upgrade", "rollback"})
PAUSE_SECONDS = 2.0
#: How long a helm on another machine is waited for, where nobody can see whether it is still there.
SECONDS_TO_END = 20.0
DESCRIPTION = "Ended in the middle: the helm that made this revision is gone (marked by coder.classic)"
PROC = Path("/proc")


def host_label() -> str:
    """This host, as a label's value may be."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", platform.node()).strip("-._")[:63] or "unknown"


def own_labels(revision: int) -> str:
    """For helm's --labels."""
    return f"{HOST}={host_label()},{REVISION}={revision}"


def is_of_here(labels: dict[str, str], revision: int) -> bool:
    """Whether this host's helm made the revision, by the labels of its Secret. Pure."""
    return labels.get(HOST) == host_label() and labels.get(REVISION) == str(revision)


def announced(revision: int) -> dict[str, str]:
    """Labels for the newest revision before this host's helm makes that one by a rollback."""
    return {ROLLBACK: f"{revision}.{host_label()}"[:63].rstrip("-._")}


def is_made_here(cluster: Cluster, release: Release) -> bool:
    """Whether this host's helm made the revision, by an upgrade or a rollback."""
    if is_of_here(labels(cluster, release), release.revision):
        return True
    if release.status != "pending-rollback":
        return False
    before = labels(cluster, replace(release, revision=release.revision - 1))
    return announced(release.revision).items() <= before.items()


def is_at_work(name: str, namespace: str, server: str, *, writing: frozenset[str] = MAKING) -> bool:
    """Whether a helm is at one of these on this release, on this machine, as far as this user may see its processes. server: the
    API server's URL, by which another cluster's release of the same name is told apart.
    """
    found = (arguments for arguments in _processes() if _is_helm_of(arguments, name, namespace, writing))
    return any(not _is_elsewhere(arguments, server) for arguments in found)


def _processes() -> Iterator[list[str]]:
    for folder in PROC.iterdir() if PROC.exists() else []:
        if folder.name.isdigit():
            try:
                yield (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
            except OSError:
                continue


def _is_helm_of(arguments: list[str], name: str, namespace: str, writing: frozenset[str]) -> bool:
    is_helm = bool(arguments) and os.path.basename(arguments[0]).startswith("helm")
    said = {part.removeprefix("--namespace=").removeprefix("-n=") for part in arguments[1:]}
    # Without one it may be any: the context has a default that is not seen here.
    is_there = namespace in said or not any(part.startswith(("-n", "--namespace")) for part in arguments[1:])
    return is_helm and name in said and is_there and bool(writing & said)


def _is_elsewhere(arguments: list[str], server: str) -> bool:
    """Whether the kubeconfig that it was given leads to another API server. What cannot be read may lead to this one."""
    path = _option(arguments, "--kubeconfig")
    try:
        config = yaml_documents.load(Path(path or "").read_text(encoding="utf-8"))
        context = _option(arguments, "--kube-context") or config["current-context"]
        cluster = next(one["context"]["cluster"] for one in config["contexts"] if one["name"] == context)
        found = next(one["cluster"]["server"] for one in config["clusters"] if one["name"] == cluster)
        return found.rstrip("/") != server.rstrip("/")
    except (OSError, ValueError, LookupError, TypeError, AttributeError, StopIteration, ClassicError):
        return False


def _option(arguments: list[str], name: str) -> str | None:
    for place, part in enumerate(arguments):
        if part == name:
            return next(iter(arguments[place + 1 :]), None)
        if part.startswith(f"{name}="):
            return part.partition("=")[2]
    return None


def settled(
    cluster: Cluster,
    release: Release,
    *,
    is_ours: Callable[[Release], bool],
    seconds: float,
    tell: Callable[[str], None] = lambda line: None,
    write: bool = True,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Release:
    """The newest revision when it is no longer pending: waited for, or marked as failed when its helm is gone.

    is_ours: whether a pending revision is that of the very upgrade that is asked for. seconds: how long such a helm may
    run at most; after that it is gone wherever it ran. Without write nothing is marked, and it comes back pending.
    Raises ClassicError ``pending`` for another upgrade's, or one that may still be at work.
    """
    begun = clock()
    while release.status.startswith("pending-"):
        is_here = is_made_here(cluster, release)
        is_seen = is_here and is_at_work(release.name, release.namespace, cluster.url)
        if not is_ours(release):
            raise _of_somebody(cluster, release)
        if not is_seen and (is_here or _is_over(release, seconds)):
            return give_up(cluster, release) if write else release
        if clock() - begun >= (seconds if is_seen else SECONDS_TO_END):
            raise _of_somebody(cluster, release)
        tell(f"waiting for the helm that is at work on release {release.name} ({release.status})")
        sleep(PAUSE_SECONDS)
        release = helm_record.current(cluster, release.namespace, release.name) or release
    return release


def labels(cluster: Cluster, release: Release) -> dict[str, str]:
    secret = cluster.get("v1", "Secret", record_name(release), release.namespace)
    return ((secret or {}).get("metadata") or {}).get("labels") or {}


def record_name(release: Release) -> str:
    return f"{helm_record.PREFIX}{release.name}.v{release.revision}"


def give_up(cluster: Cluster, release: Release) -> Release:
    """Marks a pending revision as failed, as its helm would have done, unless it has changed since.

    Raises ClassicError ``refused`` (it changed), those of a write.
    """
    secret = cluster.get("v1", "Secret", record_name(release), release.namespace) or {}
    if not helm_record.decode(secret).status.startswith("pending-"):
        return helm_record.decode(secret)
    body = {
        # Refused where somebody wrote it since it was read.
        "metadata": {"resourceVersion": secret["metadata"]["resourceVersion"], "labels": {"status": "failed"}},
        "data": {"release": helm_record.rewritten(secret["data"]["release"], _as_failed)},
    }
    return helm_record.decode(cluster.patch("v1", "Secret", record_name(release), release.namespace, body))


def _as_failed(record: dict[str, Any]) -> None:
    record["info"].update(status="failed", description=DESCRIPTION)


def _is_over(release: Release, seconds: float) -> bool:
    """Whether no helm can be at it any more: each has a deadline, and twice that with a rollback."""
    began = moment(release.updated)
    return began is not None and datetime.now(UTC) - began > timedelta(seconds=seconds)


def moment(text: str | None) -> datetime | None:
    """Go's times have nanoseconds, which Python's do not."""
    try:
        found = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text or ""))
        return found if found.tzinfo else None
    except ValueError:
        return None


def _of_somebody(cluster: Cluster, release: Release) -> ClassicError:
    name, namespace = release.name, release.namespace
    details: dict[str, Any] = {"revision": release.revision, "status": release.status, "updated": release.updated}
    return ClassicError(
        f"Release {name} is {release.status}.",
        code="pending",
        where=f"{release.place}, {cluster.where}",
        why=f"Another helm command works on it since {release.updated or 'an unknown time'}, or was killed: "
        f"{release_report.description(release)}.",
        untouched="Nothing was changed.",
        next_step=f"See helm history {name} -n {namespace} and wait while it runs. If it is gone for sure: helm rollback "
        f"{name} REVISION -n {namespace} to the newest deployed one, with regard to a database that it may have changed.",
        details=details,
    )
