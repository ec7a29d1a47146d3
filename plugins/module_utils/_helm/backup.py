# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything that a release has in the cluster, as a List that ``kubectl apply -f`` takes. Private to this collection."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any, NamedTuple

from ansible_collections.coder.classic.plugins.module_utils._helm import helm_record, release_report
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_command import private_folder, write_secret
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_record import Release
from ansible_collections.coder.classic.plugins.module_utils._helm.manifest import identity, label, objects
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster, unless_forbidden

# What only the server sets. With a UID or a resourceVersion in it, kubectl apply fails on whatever changed since.
SET_BY_SERVER = {
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
}
MODE = 0o600
#: Annotation of the List: the cluster that it is of.
CLUSTER = "coder.classic/cluster-uid"


class Backup(NamedTuple):
    """The newest revision, the items of the List (secret!), and labels of the release's objects: saved, and not there. cluster_uid: of
    the cluster that has them, None where that may not be read.
    """

    release: Release
    items: list[dict[str, Any]]
    saved: list[str]
    absent: list[str]
    cluster_uid: str | None = None

    @property
    def text(self) -> str:
        whole: dict[str, Any] = {"apiVersion": "v1", "kind": "List", "items": self.items}
        if self.cluster_uid:
            # kubectl reads over it; whoever brings it back by us does not.
            whole["metadata"] = {"annotations": {CLUSTER: self.cluster_uid}}
        return json.dumps(whole, indent=2, sort_keys=True) + "\n"


def collect(cluster: Cluster, namespace: str, name: str) -> Backup:
    """Each object of the stored manifest that is there, and the Secrets in which helm keeps the release.

    Raises ClassicError ``release_not_found`` and what the cluster answers.
    """
    secrets = helm_record.secrets(cluster, namespace, name)
    if not secrets:
        raise release_report.not_found(cluster, namespace, name)
    release = max(map(helm_record.decode, secrets), key=lambda one: one.revision)
    stored = {identity(obj): obj for obj in objects(release.manifest, release.namespace)}
    found = dict(zip(stored, release_report.live_objects(cluster, stored.values()), strict=True))
    items = [restorable(obj) for obj in found.values() if obj]
    items += [restorable({"apiVersion": "v1", "kind": "Secret", **secret}) for secret in secrets]
    return Backup(
        release,
        items,
        saved=[label(of) for of, obj in found.items() if obj],
        absent=[label(of) for of, obj in found.items() if not obj],
        cluster_uid=unless_forbidden(cluster.uid),
    )


def restorable(obj: dict[str, Any]) -> dict[str, Any]:
    metadata = {key: value for key, value in obj["metadata"].items() if key not in SET_BY_SERVER}
    return {**{key: value for key, value in obj.items() if key != "status"}, "metadata": metadata}


def holds_more(path: Path, items: list[dict[str, Any]]) -> bool:
    """Whether an older backup has an object that is not there any more: the release is half gone, the file must stay."""
    try:
        old = json.loads(path.read_text(encoding="utf-8"))
        return not {_key(item) for item in old["items"]} <= {_key(item) for item in items}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def is_written(path: Path, text: str) -> bool:
    """Whether the file has this content and nobody else can read it."""
    try:
        return stat.S_IMODE(path.stat().st_mode) == MODE and path.read_bytes() == text.encode()
    except FileNotFoundError:
        return False


def demand_writable(folder: Path) -> Path:
    """The nearest folder that exists. Raises OSError where write() would: it must be a folder, and writable."""
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not there.is_dir():
        raise NotADirectoryError(f"{there} is not a folder")
    if not os.access(there, os.W_OK | os.X_OK):
        raise PermissionError(f"{there} cannot be written")
    return there


def write(path: Path, text: str) -> None:
    """In one piece, and readable for nobody else at any moment; what an interrupted run leaves has another name."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with private_folder(str(path.parent)) as folder:
        partial = write_secret(os.path.join(folder, path.name), text.encode(), MODE)
        os.replace(partial, path)


def _key(item: dict[str, Any]) -> tuple[str, str, str]:
    return (item["kind"], item["metadata"].get("namespace") or "", item["metadata"]["name"])
