# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an upgrade does to each object: decided from the stored manifest, the rendered one and what is live. Pure.

Private to this collection.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._helm.drift import MANAGED_BY, OWNER_NAME, OWNER_NAMESPACE
from ansible_collections.coder.classic.plugins.module_utils._helm.manifest import POLICY, Identity, identity

#: What happens to an object. LOST: helm would delete it right after it has changed it, so it is protected meanwhile.
CREATED, CHANGED, REMOVED, LEFT, LOST = "created", "changed", "removed", "left", "lost"
KEEP = "keep"
#: Set beside the keep policy on what is protected while an upgrade runs; whoever finds it takes both off.
MARK = "coder.classic/protected-during-upgrade"

Live = Mapping[Identity, "dict[str, Any] | None"]


@dataclass(frozen=True)
class Row:
    """stored and rendered: entries of manifest.objects or None; live: the object as it is, or None."""

    of: Identity
    change: str
    stored: dict[str, Any] | None = field(repr=False)
    rendered: dict[str, Any] | None = field(repr=False)
    live: dict[str, Any] | None = field(repr=False)

    @property
    def target(self) -> dict[str, Any]:
        """The entry by which the object is found live."""
        return self.rendered or self.stored  # type: ignore[return-value]


def rows(stored: list[dict[str, Any]], rendered: list[dict[str, Any]], live: Live) -> list[Row]:
    """One for each object that the upgrade may touch: the rendered ones in their order, then what is no longer rendered.

    What is neither rendered nor live is left out. Whether a CHANGED one really differs only the cluster can tell.
    """
    before = {identity(obj): obj for obj in stored}
    after = {identity(obj): obj for obj in rendered}
    found = [
        Row(of, _change(before.get(of), obj, live.get(of)), before.get(of), obj, live.get(of))
        for of, obj in after.items()
    ]
    for of, obj in before.items():
        if of not in after and live.get(of) is not None:
            found.append(Row(of, LEFT if _stays(obj, live[of]) else REMOVED, obj, None, live[of]))
    return found


def _change(stored: dict[str, Any] | None, rendered: dict[str, Any], live: dict[str, Any] | None) -> str:
    if live is None:
        return CREATED
    if stored and group(stored["api_version"]) != group(rendered["api_version"]):
        return LOST
    return CHANGED


def group(api_version: str) -> str:
    """``networking.k8s.io`` of ``networking.k8s.io/v1``; empty for the core group."""
    return api_version.rpartition("/")[0]


def _stays(stored: dict[str, Any], live: dict[str, Any] | None) -> bool:
    """On upgrade helm goes by the live object's policy too (on uninstall it does not)."""
    return stored["keep"] or (is_kept(live) and not is_marked(live))


def is_kept(live: dict[str, Any] | None) -> bool:
    return str(_annotations(live).get(POLICY, "")).strip().lower() == KEEP


def is_marked(live: dict[str, Any] | None) -> bool:
    """Whether it was protected for an upgrade that somebody ended in the middle, or that still runs."""
    return MARK in _annotations(live)


def owner(live: dict[str, Any] | None) -> tuple[str, str] | None:
    """(namespace, release) that a live object names as its own; None where no release does."""
    labels = ((live or {}).get("metadata") or {}).get("labels") or {}
    annotations = _annotations(live)
    if labels.get(MANAGED_BY) != "Helm" or not annotations.get(OWNER_NAME):
        return None
    return str(annotations.get(OWNER_NAMESPACE) or ""), str(annotations[OWNER_NAME])


def foreign(found: list[Row], namespace: str, name: str) -> list[Row]:
    """Rows of objects that exist and are not the release's: helm refuses to take them over, in the middle of its run."""
    return [
        row
        for row in found
        if row.rendered and row.live is not None and row.stored is None and owner(row.live) != (namespace, name)
    ]


def _annotations(live: dict[str, Any] | None) -> dict[str, Any]:
    return ((live or {}).get("metadata") or {}).get("annotations") or {}
