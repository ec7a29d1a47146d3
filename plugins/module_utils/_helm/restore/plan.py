# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a restore does with each saved object: decided from the backup and from what is there. Pure; private to this collection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._helm import drift, going, helm_record
from ansible_collections.coder.classic.plugins.module_utils._helm.manifest import Identity, label
from ansible_collections.coder.classic.plugins.module_utils._helm.restore.as_new import as_new

MAKE, THERE, DIFFERS, LEFT, GOING = "make", "there", "differs", "left", "going"
RECORD_TYPE = "helm.sh/release.v1"
CLAIM = "PersistentVolumeClaim"
#: What others need before what needs it. Webhooks last of all objects: they judge whatever is made after them.
BEFORE = (
    "Namespace",
    "CustomResourceDefinition",
    "PriorityClass",
    "RuntimeClass",
    "StorageClass",
    "PodSecurityPolicy",
    "ServiceAccount",
    "Secret",
    "ConfigMap",
    "PersistentVolume",
    CLAIM,
    "ClusterRole",
    "Role",
    "ClusterRoleBinding",
    "RoleBinding",
    "NetworkPolicy",
    "Service",
)
AFTER = ("Ingress", "APIService", "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")


@dataclass(frozen=True)
class Row:
    """api_version: the one served today, None without one. document: what would be made (secret!). why: of LEFT and GOING."""

    of: Identity
    what: str
    api_version: str | None
    document: dict[str, Any] = field(repr=False)
    lost: list[str] = field(default_factory=list)
    fields: list[dict[str, Any]] = field(default_factory=list)
    why: str | None = None

    @property
    def label(self) -> str:
        return label(self.of)


def identity(item: dict[str, Any]) -> Identity:
    return (item["kind"], item["metadata"].get("namespace"), item["metadata"]["name"])


def is_record(item: dict[str, Any]) -> bool:
    return item["kind"] == "Secret" and item["metadata"]["name"].startswith(helm_record.PREFIX)


def release_of(items: Iterable[dict[str, Any]]) -> tuple[str, str] | None:
    """(namespace, release) whose records the backup holds."""
    record = next((one for one in items if is_record(one)), None)
    metadata = record["metadata"] if record else {}
    return (metadata["namespace"], (metadata.get("labels") or {}).get("name", "")) if record else None


def method_of(items: Iterable[dict[str, Any]]) -> str | None:
    """How helm writes the objects of the release whose records the backup holds (Release.apply_method)."""
    records = [helm_record.decode(one) for one in items if is_record(one)]
    newest = max(records, key=lambda record: record.revision, default=None)
    return newest.apply_method if newest else None


def chosen(items: list[dict[str, Any]], wanted: list[str]) -> tuple[list[dict[str, Any]], list[str]]:
    """The items that are meant (Kind/name; all where none is named), in the order in which they are made; and what of wanted is
    none of them.
    """
    names = {label(identity(item)) for item in items}
    found = [item for item in items if not wanted or label(identity(item)) in wanted]
    return sorted(found, key=rank), [one for one in wanted if one not in names]


def rank(item: dict[str, Any]) -> int:
    kind = item["kind"]
    if is_record(item):
        return 1000
    if kind in BEFORE:
        return BEFORE.index(kind)
    return 500 + AFTER.index(kind) if kind in AFTER else 100


def row(
    item: dict[str, Any],
    live: dict[str, Any] | None,
    api_version: str | None,
    *,
    saved: set[Identity],
    empty_claims: Iterable[str],
    has_release: bool,
) -> Row:
    """live: as it is; has_release: whether the release of the backup's records has a record now."""
    of, new = identity(item), as_new(item, saved)
    if live is not None:
        return _there(of, live, api_version, new.document, saved)
    document = {**new.document, "apiVersion": api_version or item.get("apiVersion") or "v1"}

    def left(why: str) -> Row:
        return Row(of, LEFT, api_version, document, new.lost, why=why)

    if api_version is None:
        return left(f"the cluster does not serve {item['kind']} in {item.get('apiVersion')}")
    if is_record(item) and has_release:
        return left("the release has records of its own now, and an older one would come before or after them")
    if item["kind"] == CLAIM and not {"all", label(of)} & set(empty_claims):
        return left("it would be empty: bring its volume back, or name it in empty_claims")
    return Row(of, MAKE, api_version, document, new.lost)


def _there(
    of: Identity, live: dict[str, Any], api_version: str | None, document: dict[str, Any], saved: set[Identity]
) -> Row:
    if going.is_going(live):
        return Row(of, GOING, api_version, document, why=f"it is being deleted ({going.held(live['metadata'])})")
    now = as_new(live, saved).document
    same_version = {**document, "apiVersion": now.get("apiVersion")}
    fields = drift.fields_that_differ(of[0], now, same_version)
    return Row(of, DIFFERS if fields else THERE, api_version, document, fields=fields)


def lines(rows: Iterable[Row]) -> list[str]:
    """What a person should know of it, object by object."""
    said = []
    for one in rows:
        if one.what == MAKE and one.lost:
            said.append(f"{one.label} comes without {'; '.join(one.lost)}.")
        elif one.what == LEFT:
            said.append(f"{one.label} is not made: {one.why}.")
        elif one.what == DIFFERS:
            said.append(f"{one.label} is there and not as it was saved; it is left alone.")
    return said


def needs(rows: Iterable[Row]) -> Mapping[str, set[str]]:
    """What is made by this very run and others of it need: names of namespaces, and kinds."""
    made = [one for one in rows if one.what == MAKE]
    kinds = {
        ((one.document.get("spec") or {}).get("names") or {}).get("kind", "")
        for one in made
        if one.of[0] == "CustomResourceDefinition"
    }
    return {"namespaces": {one.of[2] for one in made if one.of[0] == "Namespace"}, "kinds": kinds}
