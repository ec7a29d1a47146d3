# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A stored manifest with the API versions that the cluster serves today. Pure; private to this collection.

All else stays byte for byte, but for kinds whose fields have changed with their version, and items of a List.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._helm.manifest import Identity, identity, objects
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import yaml_documents

#: (identity, API version) → its successor, or None for what is taken out.
Successors = Mapping[tuple[Identity, str], "str | None"]


def mapped(manifest_text: str, default_namespace: str, successors: Successors) -> str:
    parts: list[str] = []
    is_dropped = False
    for text, is_document in yaml_documents.split(manifest_text):
        if not is_document:
            # The line that ends a document goes with it.
            parts += [] if is_dropped else [text]
            continue
        new = _document(text, default_namespace, successors)
        is_dropped = new is None
        parts += [] if new is None else [new]
    return "".join(parts)


def _document(text: str, default_namespace: str, successors: Successors) -> str | None:
    found = objects(text, default_namespace)
    keys = [(identity(one), one["api_version"]) for one in found]
    if not any(key in successors for key in keys):
        return text
    document = yaml_documents.load(text)
    if "items" not in document or not isinstance(document["items"], list):
        successor = successors[keys[0]]
        return None if successor is None else _with_version(text, document, successor)
    items = [
        converted(one["document"], successors.get(key, one["api_version"]))
        for one, key in zip(found, keys, strict=True)
        if successors.get(key, "") is not None
    ]
    # A List of one kind cannot hold another version than its own.
    return (
        _comments(text) + json.dumps({**document, "apiVersion": "v1", "kind": "List", "items": items}, indent=1) + "\n"
    )


def _with_version(text: str, document: dict[str, Any], api_version: str) -> str:
    new = converted(document, api_version)
    if new != {**document, "apiVersion": api_version}:
        # JSON is YAML too, and no text in it is taken for a number.
        return _comments(text) + json.dumps(new, indent=1) + "\n"
    node = yaml_documents.child(yaml_documents.compose(text), "apiVersion")
    start, end = node.start_mark.index, node.end_mark.index
    return text[:start] + json.dumps(api_version) + text[end:]


def _comments(text: str) -> str:
    """Helm's line that says which template it is from."""
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if line.startswith("# Source:"))


def converted(document: dict[str, Any], api_version: str) -> dict[str, Any]:
    """The object in another API version, as far as its fields are known to have changed."""
    old = str(document.get("apiVersion") or "")
    new = {**copy.deepcopy(document), "apiVersion": api_version}
    if document["kind"] == "Ingress" and api_version == "networking.k8s.io/v1" and old.endswith("/v1beta1"):
        _ingress(new.get("spec") or {})
    if api_version == "apps/v1" and old != "apps/v1":
        spec = new.get("spec") or {}
        labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels")
        # Before, it was made of these by the server.
        if labels and not spec.get("selector"):
            spec["selector"] = {"matchLabels": dict(labels)}
        spec.pop("rollbackTo", None)
    return new


def _ingress(spec: dict[str, Any]) -> None:
    if "backend" in spec:
        spec["defaultBackend"] = _backend(spec.pop("backend"))
    for rule in spec.get("rules") or []:
        for path in (rule.get("http") or {}).get("paths") or []:
            path["backend"] = _backend(path.get("backend") or {})
            path.setdefault("pathType", "ImplementationSpecific")


def _backend(old: dict[str, Any]) -> dict[str, Any]:
    if "serviceName" not in old:
        return old
    port = old.get("servicePort")
    by = "number" if isinstance(port, int) else "name"
    service = {"name": old["serviceName"], **({"port": {by: port}} if port is not None else {})}
    return {
        **{key: value for key, value in old.items() if key not in ("serviceName", "servicePort")},
        "service": service,
    }
