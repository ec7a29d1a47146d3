# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who brings a cluster to the state of a repository, and would undo what is done here. Pure.

Private to this collection.
"""

from __future__ import annotations

from typing import Any

# What these tools leave on every object that they own.
MARKS = {
    "argocd.argoproj.io/instance": "Argo CD",
    "argocd.argoproj.io/tracking-id": "Argo CD",
    "helm.toolkit.fluxcd.io/name": "Flux",
    "kustomize.toolkit.fluxcd.io/name": "Flux",
}


def tools(live: dict[str, Any] | None) -> list[str]:
    """The names of the tools whose marks a live object carries."""
    metadata = (live or {}).get("metadata") or {}
    marks = {*(metadata.get("annotations") or {}), *(metadata.get("labels") or {})}
    return sorted({tool for mark, tool in MARKS.items() if mark in marks})
