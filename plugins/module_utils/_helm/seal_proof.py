# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The proof on two release records that one is the other plus the keep policy. Pure; private to this collection."""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_record import Release
from ansible_collections.coder.classic.plugins.module_utils._helm.manifest import (
    POLICY_PATH,
    Identity,
    differences,
    kept,
    label,
    objects,
)
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import yaml_documents


def problems(old: Release, new: Release, chosen: set[Identity]) -> list[str]:
    """What of the new record is not the old one plus the keep policy on the chosen objects; texts without values."""
    found = []
    if new.revision != old.revision + 1:
        found.append(f"revision {new.revision} follows on {old.revision}: somebody else changed the release")
    for of, path in [(leaf["identity"], leaf["path"]) for leaf in _other_differences(old, new, chosen)]:
        found.append(f"{label(of)} differs at {'.'.join(map(str, path)) or 'the whole object'}")
    unkept = chosen - kept(objects(new.manifest, new.namespace))
    found += [f"{label(of)} does not carry the keep policy" for of in sorted(unkept, key=label)]
    if new.config != old.config:
        found.append("the values of the release differ")
    found += [f"the chart's {part} differ" for part in _chart_differences(old.chart, new.chart)]
    return found


def changed_hooks(old: Release, new: Release) -> list[str]:
    """Names of hooks that differ: Helm 3 renders them anew, a post-renderer never sees them."""
    before, after = ({hook["name"]: _content(hook) for hook in release.hooks} for release in (old, new))
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def _content(hook: dict[str, Any]) -> Any:
    """What its text means: Helm 4 writes it in its own way."""
    text = hook.get("manifest") or ""
    try:
        return yaml_documents.load(text)
    except ClassicError:
        return text


def _other_differences(old: Release, new: Release, chosen: set[Identity]) -> list[dict[str, Any]]:
    return [
        leaf
        for leaf in differences(old.manifest, new.manifest, old.namespace)
        if not (leaf["identity"] in chosen and leaf["path"] == POLICY_PATH and leaf["after"] == "keep")
    ]


def _chart_differences(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    def comparable(chart: dict[str, Any], part: str) -> Any:
        value = chart.get(part) or None
        return sorted(value, key=lambda file: file["name"]) if part in ("templates", "files") and value else value

    parts = ("metadata", "lock", "templates", "values", "schema", "files")
    return [part for part in parts if comparable(old, part) != comparable(new, part)]
