# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kubeconfig files, one or several, read by kubectl's rule: the first entry of a name wins, missing files are skipped.

Private to this collection.
"""

from __future__ import annotations

import os
from typing import Any, NamedTuple

from ansible_collections.coder.classic.plugins.module_utils._kubernetes.access_choice import Files
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.kubeconfig_document import document
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.kubeconfig_entry import (
    Entry,
    text,
    unusable,
)


class Chosen(NamedTuple):
    """The context and the entries it names; user is None for one without (anonymous)."""

    context: str
    cluster: Entry
    user: Entry | None


def load(files: Files) -> Chosen:
    """Raises ClassicError ``invalid``: a file that cannot be used, or a context, cluster or user that is not there."""
    found = [(path, content) for path in files.paths if (content := document(path, len(files.paths) == 1))]
    place = f"kubeconfig {os.pathsep.join(files.paths)} {files.said}"
    if not found:
        raise unusable(
            f"None of the files of {place} exists.", where=place, why="There is nothing else to choose from."
        )
    context = files.context or next(filter(None, (_current(path, content) for path, content in found)), None)
    there = ", ".join(sorted(_names(found, "contexts"))) or "none"
    if context is None:
        raise unusable(
            "No context is given, and the kubeconfig has no current one.",
            where=place,
            why=f"Contexts in it: {there}.",
            next_step="Say which one with the option context.",
        )
    chosen = _entry(found, "contexts", context)
    if chosen is None:
        raise unusable(
            f"The kubeconfig has no context {context}.",
            where=place,
            why=f"Contexts in it: {there}.",
            next_step="Correct the context, or name the kubeconfig that has it.",
        )
    cluster, user = text(chosen, "cluster"), text(chosen, "user")
    return Chosen(context, _named(found, "clusters", cluster, chosen), _named(found, "users", user, chosen))


def _named(found: list[tuple[str, dict[str, Any]]], part: str, name: str | None, context: Entry) -> Entry | None:
    kind = part.removesuffix("s")
    if name is None:
        if kind == "user":
            return None
        raise unusable(f"Context {context.name} names no cluster.", where=context.place, why="Its field is empty.")
    entry = _entry(found, part, name)
    if entry is None:
        raise unusable(
            f"Context {context.name} names the {kind} {name}, which is not there.",
            where=context.place,
            why=f"Names in {part}: {', '.join(sorted(_names(found, part))) or 'none'}.",
        )
    return entry


def _entry(found: list[tuple[str, dict[str, Any]]], part: str, name: str) -> Entry | None:
    kind = part.removesuffix("s")
    for path, content in found:
        same = [item for item in _items(path, content, part) if item.get("name") == name]
        if len(same) > 1:
            raise unusable(
                f"There are {len(same)} entries for {kind} {name}.",
                where=f"kubeconfig {path}",
                why="Which one is meant is not clear; kubectl refuses it too.",
            )
        if same:
            fields = same[0].get(kind)
            if not isinstance(fields, dict | None):
                raise unusable(
                    f"The {kind} {name} cannot be used.", where=f"kubeconfig {path}", why="It is no mapping."
                )
            return Entry(kind, name, fields or {}, f"kubeconfig {path}", os.path.dirname(path))
    return None


def _names(found: list[tuple[str, dict[str, Any]]], part: str) -> set[str]:
    return {
        item["name"]
        for path, content in found
        for item in _items(path, content, part)
        if isinstance(item.get("name"), str)
    }


def _items(path: str, content: dict[str, Any], part: str) -> list[dict[str, Any]]:
    items = content.get(part) or []
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise unusable(
            f"The {part} of the kubeconfig cannot be used.",
            where=f"kubeconfig {path}",
            why="They are no list of mappings.",
        )
    return items


def _current(path: str, content: dict[str, Any]) -> str | None:
    return text(Entry("file", path, content, f"kubeconfig {path}", ""), "current-context")
