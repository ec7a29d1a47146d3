# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The manifest text of a release: its objects, the keep policy in it, and what two manifests differ in.

Pure; private to this collection. Documents are parsed once in a process, also where two manifests share them: nobody may
change one. An identity is ``(kind, namespace, name)``, namespace None for cluster-wide kinds.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import yaml_documents

POLICY = "helm.sh/resource-policy"
HOOK = "helm.sh/hook"
POLICY_PATH = ("metadata", "annotations", POLICY)

Identity = tuple[str, "str | None", str]

# Kinds of Kubernetes itself that live in no namespace, as far as charts contain them.
CLUSTER_WIDE = {
    "APIService",
    "CSIDriver",
    "ClusterRole",
    "ClusterRoleBinding",
    "CustomResourceDefinition",
    "IngressClass",
    "MutatingWebhookConfiguration",
    "Namespace",
    "PersistentVolume",
    "PodSecurityPolicy",
    "PriorityClass",
    "RuntimeClass",
    "StorageClass",
    "ValidatingWebhookConfiguration",
    "VolumeAttachment",
}


def objects(manifest_text: str, default_namespace: str) -> list[dict[str, Any]]:
    """The manifest's objects in its order: ``{api_version, kind, name, namespace, keep, goes, document}``.

    keep: helm keeps it on uninstall; goes: helm deletes it then. Neither is true of a hook, and of one with another
    policy than keep (action.filterManifestsToKeep): helm leaves those alone without a word. Documents without kind or
    name (comments, empty ones) are left out, as helm does. Raises ClassicError ``invalid`` for text that is not YAML.
    """
    documents = (part for part, is_document in _parts(manifest_text) if is_document)
    return [obj for document in documents for obj in _objects(document, default_namespace)]


def identity(obj: dict[str, Any]) -> Identity:
    return (obj["kind"], obj["namespace"], obj["name"])


def label(of: Identity) -> str:
    """``Role/web`` or ``ClusterRole/x``: how people name an object."""
    return f"{of[0]}/{of[2]}"


def kept(found: Iterable[dict[str, Any]]) -> set[Identity]:
    """Identities that helm keeps on uninstall: an object that stands twice is kept only if each of the two says so."""
    found = list(found)
    return {identity(obj) for obj in found} - {identity(obj) for obj in found if not obj["keep"]}


def with_keep(manifest_text: str, identities: Iterable[Identity], default_namespace: str) -> str:
    """The manifest with the keep policy on the chosen objects; all other documents stay byte for byte.

    Raises ClassicError: ``not_found`` for an identity that is not in it, ``invalid`` where the annotation cannot be
    added without changing anything else (an annotations block shared through a YAML alias, an item of a List).
    """
    wanted = set(identities)
    missing, parts = set(wanted), []
    for part, is_document in _parts(manifest_text):
        chosen = [obj for obj in _objects(part, default_namespace) if identity(obj) in wanted] if is_document else []
        missing.difference_update(map(identity, chosen))
        open_ones = [obj for obj in chosen if not obj["keep"]]
        parts.append(_with_policy(part, open_ones) if open_ones else part)
    if missing:
        labels = [label(identity(obj)) for obj in objects(manifest_text, default_namespace)]
        raise ClassicError(
            f"Not in the stored manifest: {', '.join(sorted(map(label, missing)))}.",
            code="not_found",
            untouched="Nothing was changed.",
            next_step=f"Choose from: {', '.join(labels)}.",
        )
    return "".join(parts)


def differences(old_text: str, new_text: str, default_namespace: str = "") -> list[dict[str, Any]]:
    """What differs in meaning: ``{identity, path (tuple), before, after}``, a missing value being None.

    path is empty when a whole object is only on one side. An absent mapping counts as an empty one.
    """
    old, new = (_documents(text, default_namespace) for text in (old_text, new_text))
    found = []
    for key in [*old, *(key for key in new if key not in old)]:
        if key not in old or key not in new:
            found.append({"identity": key[0], "path": (), "before": old.get(key), "after": new.get(key)})
        else:
            found += [{"identity": key[0], **leaf} for leaf in leaves_that_differ(old[key], new[key])]
    return found


def _documents(manifest_text: str, default_namespace: str) -> dict[tuple[Identity, str, int], dict[str, Any]]:
    """Documents by identity, API version and how many of these came before: nothing is hidden by a double."""
    found: dict[tuple[Identity, str, int], dict[str, Any]] = {}
    for obj in objects(manifest_text, default_namespace):
        of = (identity(obj), obj["api_version"])
        found[(*of, sum(key[:2] == of for key in found))] = obj["document"]
    return found


def leaves_that_differ(before: Any, after: Any, path: tuple[Any, ...] = ()) -> list[dict[str, Any]]:
    """``{path, before, after}`` for each smallest part in which two values differ; lists are compared by position."""
    if before is after:
        return []
    if isinstance(before, dict) or isinstance(after, dict):
        if (before is None or isinstance(before, dict)) and (after is None or isinstance(after, dict)):
            left, right = before or {}, after or {}
            keys = [*left, *(key for key in right if key not in left)]
            return [leaf for key in keys for leaf in leaves_that_differ(left.get(key), right.get(key), (*path, key))]
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = enumerate(zip(before, after, strict=True))
        return [leaf for index, (a, b) in pairs for leaf in leaves_that_differ(a, b, (*path, index))]
    # 1, 1.0 and True are equal in Python, not in YAML.
    if before == after and type(before) is type(after):
        return []
    return [{"path": path, "before": before, "after": after}]


def _parts(manifest_text: str) -> list[tuple[str, bool]]:
    return yaml_documents.split(manifest_text)


# The largest public charts have some hundred documents; each stands in the stored manifest and in the one to come.
@functools.lru_cache(maxsize=2048)
def _objects(document_text: str, default_namespace: str) -> tuple[dict[str, Any], ...]:
    """The document's object, or the items of a List: helm takes the List apart, but goes by the List's own policy."""
    document = yaml_documents.load(document_text)
    if not isinstance(document, dict):
        return ()
    metadata = document.get("metadata") or {}
    annotations = metadata.get("annotations") or {}
    if not _is_list(document):
        found = [document] if document.get("kind") and metadata.get("name") else []
    else:
        of_items = {"apiVersion": document.get("apiVersion"), "kind": str(document.get("kind")).removesuffix("List")}
        found = [{**of_items, **item} for item in document["items"] if (item.get("metadata") or {}).get("name")]
    return tuple(_object(obj, annotations, default_namespace) for obj in found)


def _is_list(document: dict[str, Any]) -> bool:
    items = document.get("items")
    return isinstance(items, list) and all(isinstance(item, dict) for item in items)


def _object(document: dict[str, Any], annotations: dict[str, Any], default_namespace: str) -> dict[str, Any]:
    kind, metadata, policy = document["kind"], document["metadata"], annotations.get(POLICY)
    return {
        "api_version": document.get("apiVersion") or "v1",
        "kind": kind,
        "name": str(metadata["name"]),
        "namespace": None if kind in CLUSTER_WIDE else metadata.get("namespace") or default_namespace,
        # As helm compares it.
        "keep": isinstance(policy, str) and policy.strip().lower() == "keep",
        "goes": POLICY not in annotations and HOOK not in annotations,
        "document": document,
    }


def _with_policy(document_text: str, found: list[dict[str, Any]]) -> str:
    before = yaml_documents.load(document_text)
    if not _is_list(before):
        metadata = yaml_documents.child(yaml_documents.compose(document_text), "metadata")
        result = _insert_policy(document_text, metadata)
        changed = leaves_that_differ(before, yaml_documents.load(result))
        if [leaf["path"] for leaf in changed] == [POLICY_PATH] and changed[0]["after"] == "keep":
            return result
    raise ClassicError(
        f"The keep policy cannot be added to {', '.join(label(identity(obj)) for obj in found)} without changing "
        "something else.",
        code="invalid",
        why="It is an item of a List, which helm keeps or deletes as a whole."
        if _is_list(before)
        else "Its annotations are written in a way that other parts of the manifest share.",
        untouched="Nothing was changed.",
        next_step="Upgrade the release to a chart that carries the annotation on each object by itself, then run again.",
    )


def _insert_policy(text: str, metadata: Any) -> str:
    """The text with the policy added as text, so that quoting, order, comments and number forms stay."""
    annotations = yaml_documents.child(metadata, "annotations")
    if annotations is None:
        return _before_first_key(text, metadata, "annotations", f'{{"{POLICY}": "keep"}}')
    policy = yaml_documents.child(annotations, POLICY)
    if policy is not None:
        return _replaced(text, policy, '"keep"')
    if not yaml_documents.is_mapping(annotations) or not annotations.value:
        return _replaced(text, annotations, f'{{"{POLICY}": "keep"}}')
    return _before_first_key(text, annotations, POLICY, '"keep"')


def _before_first_key(text: str, mapping: Any, key: str, value: str) -> str:
    first = mapping.value[0][0].start_mark
    # In flow style as JSON, since that is what such a document may be.
    entry = f'"{key}": {value}, ' if mapping.flow_style else f"{key}: {value}\n" + " " * first.column
    return text[: first.index] + entry + text[first.index :]


def _replaced(text: str, node: Any, replacement: str) -> str:
    start, end = node.start_mark.index, node.end_mark.index
    return text[:start] + (" " if start == end else "") + replacement + text[end:]
