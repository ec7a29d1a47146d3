# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Helm's own release records (Secrets sh.helm.release.v1.NAME.vN), read without helm.

Private to this collection.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster, unless_forbidden

OWNED_BY_HELM = "owner=helm"
PREFIX = "sh.helm.release.v1."
GZIP_MAGIC = b"\x1f\x8b\x08"


@dataclass(frozen=True)
class Release:
    """One revision of a release.

    config (the operator's values), chart, manifest and hooks may hold secrets and are kept out of ``repr``.
    """

    name: str
    namespace: str
    revision: int
    status: str
    chart_name: str
    chart_version: str
    app_version: str | None
    updated: str | None
    description: str | None
    config: dict[str, Any] = field(repr=False)
    chart: dict[str, Any] = field(repr=False)
    manifest: str = field(repr=False)
    hooks: list[dict[str, Any]] = field(repr=False)
    # How its objects were written, since Helm 4: ssa (by the server) or csa (by helm); None is helm too.
    apply_method: str | None = field(default=None, compare=False)
    # When its uninstall began; None where none did.
    deleted: str | None = field(default=None, compare=False)
    # What its Secret holds; None for one that was not read from there.
    record_bytes: int | None = field(default=None, compare=False)

    @property
    def place(self) -> str:
        """For the where of an error, before that of the cluster."""
        return f"release {self.name} revision {self.revision} in namespace {self.namespace}"


def decode(secret: dict[str, Any]) -> Release:
    """Release of a record's Secret: key ``release`` is base64 of base64 of (usually gzipped) JSON."""
    try:
        record = base64.b64decode(secret["data"]["release"])
        packed = base64.b64decode(record)
        text = gzip.decompress(packed) if packed.startswith(GZIP_MAGIC) else packed
        return replace(from_json(json.loads(text)), record_bytes=len(record))
    except (KeyError, TypeError, ValueError, OSError, EOFError, binascii.Error, zlib.error) as error:
        metadata = secret.get("metadata", {})
        raise ClassicError(
            "A Helm release record cannot be read.",
            code="invalid",
            where=f"Secret {metadata.get('name')} in namespace {metadata.get('namespace')}",
            # Only the kind of the error: its text may quote the record.
            why=f"{type(error).__name__} while decoding the key 'release'",
            untouched="Nothing was changed.",
            next_step="helm cannot read it either: see helm history of that release; restore the Secret from a backup.",
        ) from None


def rewritten(data: str, change: Callable[[dict[str, Any]], None]) -> str:
    """What a record's Secret holds after a change of its JSON, packed as it was. Pure but for change."""
    packed = base64.b64decode(base64.b64decode(data))
    is_packed = packed.startswith(GZIP_MAGIC)
    record = json.loads(gzip.decompress(packed) if is_packed else packed)
    change(record)
    text = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.b64encode(base64.b64encode(gzip.compress(text, 9, mtime=0) if is_packed else text)).decode()


def from_json(record: dict[str, Any]) -> Release:
    """Release of the JSON that the record holds and that ``helm upgrade --output json`` prints."""
    metadata = record["chart"]["metadata"]
    info = record.get("info") or {}
    return Release(
        name=record["name"],
        namespace=record.get("namespace") or "",
        revision=record["version"],
        status=info.get("status", "unknown"),
        chart_name=metadata["name"],
        chart_version=metadata["version"],
        app_version=metadata.get("appVersion"),
        updated=info.get("last_deployed"),
        description=info.get("description"),
        config=record.get("config") or {},
        chart=_timeless(record["chart"]),
        manifest=record.get("manifest") or "",
        hooks=record.get("hooks") or [],
        apply_method=record.get("apply_method"),
        deleted=info.get("deleted") or None,
    )


def _timeless(chart: dict[str, Any]) -> dict[str, Any]:
    """Without when each file was written, which Helm 4 notes: a chart that is packed anew is the same chart."""
    files = {
        part: [{key: value for key, value in file.items() if key != "modtime"} for file in chart[part]]
        for part in ("templates", "files")
        if chart.get(part)
    }
    return {**{key: value for key, value in chart.items() if key not in ("modtime", "schemamodtime")}, **files}


def secrets(cluster: Cluster, namespace: str, name: str) -> list[dict[str, Any]]:
    """The Secrets of all recorded revisions; none when there is no such release. Raises as current does."""
    found = cluster.list("v1", "Secret", namespace, _selector(name))
    if not found:
        _refuse_other_storage(cluster, namespace, name)
    return found


def history(cluster: Cluster, namespace: str, name: str) -> list[Release]:
    """All recorded revisions, oldest first; empty when there is no such release. Raises as current does."""
    return sorted(
        (decode(secret) for secret in secrets(cluster, namespace, name)), key=lambda release: release.revision
    )


def current(cluster: Cluster, namespace: str, name: str, *, among_all: bool = False) -> Release | None:
    """The newest revision, whatever its status. among_all: looked for in a list of all Secrets of the namespace, for whoever
    needs that one anyhow and asks at_one_time.

    Raises ClassicError: ``invalid`` for a record that cannot be read, ``refused`` when helm keeps it in ConfigMaps.
    """
    found = _newest_of(cluster, namespace, name, among_all=among_all)
    if not found:
        _refuse_other_storage(cluster, namespace, name)
    return found[0] if found else None


def releases(cluster: Cluster, namespace: str | None) -> list[Release]:
    """The newest revision of every release of a namespace, or of all namespaces; by namespace and name."""
    return _newest_of(cluster, namespace, None)


def _selector(name: str) -> str:
    return f"{OWNED_BY_HELM},name={name}"


def _refuse_other_storage(cluster: Cluster, namespace: str, name: str) -> None:
    """A release that is only kept elsewhere must not be taken for one that is gone."""
    if unless_forbidden(lambda: cluster.list("v1", "ConfigMap", namespace, _selector(name), metadata_only=True)):
        raise ClassicError(
            f"Helm keeps release {name} in ConfigMaps, which is not supported.",
            code="refused",
            where=f"namespace {namespace}, {cluster.where}",
            why="It was installed with HELM_DRIVER=configmap; only records in Secrets, helm's default, are read.",
            untouched="Nothing was changed.",
            next_step=f"Copy the ConfigMaps sh.helm.release.v1.{name}.v* to Secrets of type helm.sh/release.v1 with the "
            "same names, labels and key release, then run again.",
        )


def _newest_of(cluster: Cluster, namespace: str | None, name: str | None, *, among_all: bool = False) -> list[Release]:
    """name None: of every release."""
    selector = None if among_all else OWNED_BY_HELM if name is None else _selector(name)
    # Records weigh up to a megabyte each: look at the labels first, then fetch only what is needed.
    newest: dict[tuple[str, str], dict[str, Any]] = {}
    for secret in cluster.list("v1", "Secret", namespace, selector, metadata_only=True):
        metadata = secret["metadata"]
        labels = metadata.get("labels") or {}
        is_meant = labels.get("owner") == "helm" and name in (None, labels.get("name"))
        if not is_meant or not labels.get("version", "").isdigit():
            continue
        key = (metadata["namespace"], labels.get("name", ""))
        if key not in newest or int(newest[key]["labels"]["version"]) < int(labels["version"]):
            newest[key] = metadata
    secrets = [cluster.get("v1", "Secret", m["name"], m["namespace"]) for _unused, m in sorted(newest.items())]
    return [decode(secret) for secret in secrets if secret is not None]
