# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The marks by which helm takes an object for a release's own, put on objects that no living release has.

Private to this collection.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm.drift import MANAGED_BY, OWNER_NAME, OWNER_NAMESPACE
from ansible_collections.coder.classic.plugins.module_utils._helm.repair.owners import Foreign
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import side_by_side
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster


def patch(one: Foreign, name: str, namespace: str) -> dict[str, Any]:
    """Only of the object that was looked at: the API server refuses it for any other, and after any change. Pure."""
    return {
        "metadata": {
            "uid": one.uid,
            "resourceVersion": one.resource_version,
            "labels": {MANAGED_BY: "Helm"},
            "annotations": {OWNER_NAME: name, OWNER_NAMESPACE: namespace},
        }
    }


def refusals(cluster: Cluster, wanted: list[Foreign], name: str, namespace: str) -> list[str]:
    """What the API server says to each as a dry run, where it would not take it."""

    def tried(one: Foreign) -> str | None:
        try:
            cluster.patch(one.api_version, one.of[0], one.of[2], one.of[1], patch(one, name, namespace), dry_run=True)
        except ClassicError as error:
            if error.code not in ("refused", "forbidden"):
                raise
            return f"{one.label}: {(None if one.of[0] == 'Secret' else error.why) or error.what}"
        return None

    return [said for said in side_by_side.each(tried, wanted) if said]


def adopt(cluster: Cluster, wanted: list[Foreign], name: str, namespace: str, demand: Callable[[], None]) -> list[str]:
    """Labels of those that have the marks now. Raises ClassicError of a write, with what was done before it."""
    done: list[str] = []
    for one in wanted:
        demand()
        try:
            cluster.patch(one.api_version, one.of[0], one.of[2], one.of[1], patch(one, name, namespace))
        except ClassicError as error:
            rest = [other.label for other in wanted if other.label not in done]
            raise ClassicError(
                f"{one.label} cannot be given to release {name}: {error.what}",
                code=error.code,
                where=cluster.where,
                why=None if one.of[0] == "Secret" else error.why,
                untouched=f"As they were: {', '.join(rest)}." + (f" Given to it: {', '.join(done)}." if done else ""),
                next_step=error.next_step or "Remove the cause, then run again.",
                status=error.status,
                changed=bool(done),
            ) from error
        done.append(one.label)
    return done


def undo(wanted: list[Foreign]) -> list[str]:
    """How a person gives each the marks back that it had. Pure."""
    return [_undo(one) for one in wanted]


def _undo(one: Foreign) -> str:
    place = f"-n {one.of[1]} " if one.of[1] else ""
    had = dict(one.marks)

    def back(names: tuple[str, ...]) -> str:
        return " ".join(f"{name}={had[name]}" if had.get(name) else f"{name}-" for name in names)

    return (
        f"kubectl {place}annotate --overwrite {one.of[0]} {one.of[2]} {back((OWNER_NAME, OWNER_NAMESPACE))} && "
        f"kubectl {place}label --overwrite {one.of[0]} {one.of[2]} {back((MANAGED_BY,))}"
    )
