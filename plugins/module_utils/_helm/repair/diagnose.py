# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with a release, decided from what was observed. Pure; private to this collection."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ansible_collections.coder.classic.plugins.module_utils._helm.helm_record import Release
from ansible_collections.coder.classic.plugins.module_utils._helm.manifest import Identity, label
from ansible_collections.coder.classic.plugins.module_utils._helm.repair import at_work, revisions
from ansible_collections.coder.classic.plugins.module_utils._helm.repair.owners import Foreign
from ansible_collections.coder.classic.plugins.module_utils._helm.repair.step_names import (
    ADOPT,
    MAP_APIS,
    REINSTALL,
    RESTORE_LOST,
    ROLLBACK,
    UPGRADE,
)


class Unserved(NamedTuple):
    """An object of a stored manifest whose API version is gone. successor: the one served today, None without one."""

    of: Identity
    api_version: str
    successor: str | None
    revision: int

    @property
    def label(self) -> str:
        return label(self.of)


@dataclass(frozen=True)
class Observation:
    """history: oldest first, only the newest one where that is deployed. missing: entries of manifest.objects that are stored and
    not live. going: labels of stored objects that are being deleted, with what holds them. tools: GitOps tools whose marks the
    stored objects carry. foreign, refused, unfit: of the chart that is given (candidate.Judged). is_its_chart: whether that is the very
    one of the newest revision. unfinished: what a reinstall that was killed left to do; None without one.
    """

    name: str
    namespace: str
    history: list[Release] = field(default_factory=list, repr=False)
    busy: str | None = None
    unserved: list[Unserved] = field(default_factory=list)
    missing: list[dict[str, Any]] = field(default_factory=list, repr=False)
    going: list[str] = field(default_factory=list)
    has_chart: bool = False
    is_its_chart: bool = False
    foreign: list[Foreign] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    unfit: list[str] = field(default_factory=list)
    tools: list[str] = field(default_factory=list)
    unfinished: str | None = None

    @property
    def newest(self) -> Release | None:
        return self.history[-1] if self.history else None

    @property
    def last_good(self) -> Release | None:
        return revisions.last_good(self.history)


class Finding(NamedTuple):
    """remedies: steps of the ladder that mend it, mildest first."""

    problem: str
    why: str
    objects: list[str]
    remedies: tuple[str, ...]


def diagnose(seen: Observation) -> list[Finding]:
    """In the ladder's order; none for a release that is well."""
    if seen.unfinished:
        return [Finding("unfinished_reinstall", seen.unfinished, [], (REINSTALL,))]
    return [*_foreign(seen), *_unserved(seen), *_missing(seen), *_status(seen), *_refused(seen)]


def _foreign(seen: Observation) -> list[Finding]:
    if not seen.foreign:
        return []
    why = "; ".join(f"{one.label} {one.owner}" for one in seen.foreign)
    return [Finding("foreign_objects", why, [one.label for one in seen.foreign], (ADOPT,))]


def _unserved(seen: Observation) -> list[Finding]:
    if not seen.unserved:
        return []
    names = list(dict.fromkeys(one.label for one in seen.unserved))
    gone = ", ".join(dict.fromkeys(f"{one.of[0]} {one.api_version}" for one in seen.unserved))
    why = f"the stored manifest has what the cluster does not serve any more: {gone}"
    return [Finding("unserved_apis", why, names, (MAP_APIS,))]


def _missing(seen: Observation) -> list[Finding]:
    # What a release that did not end well lacks, the step that ends it brings.
    if not seen.missing or seen.newest is None or seen.newest.status != "deployed":
        return []
    names = [label((one["kind"], one["namespace"], one["name"])) for one in seen.missing]
    return [Finding("lost_objects", "the stored manifest has them, and the cluster has not", names, (RESTORE_LOST,))]


def _status(seen: Observation) -> list[Finding]:
    newest, target = seen.newest, seen.last_good
    if newest is None or newest.status not in ("failed", at_work.UNINSTALLING) and not at_work.is_unfinished(newest):
        return []
    back = (ROLLBACK,) if target else ()
    again = () if seen.refused or seen.unfit else (UPGRADE,)
    if revisions.is_of_force(newest):
        why = f"revision {newest.revision} failed since helm was to replace objects (--force), not to change them"
        return [Finding("replaced_by_force", why, [], (*again, *back, REINSTALL))]
    stuck = at_work.is_unfinished(newest)
    why = f"revision {newest.revision} is {newest.status}" + (" and no helm is at work" if stuck else "")
    if newest.status == at_work.UNINSTALLING:
        forward = ()
    elif seen.is_its_chart and not revisions.is_rollback(newest):
        # Whoever gives it wants that upgrade: also one who was stopped in the middle of this very repair.
        forward = again
    else:
        # Where nothing ever stood there is only the way forward.
        forward = () if target else (UPGRADE,)
    return [Finding("stuck" if stuck else "failed", why, [], (*forward, *back, REINSTALL))]


def _refused(seen: Observation) -> list[Finding]:
    """Only of a release that is well otherwise: what stands in the way of one that failed is told by its own step."""
    if seen.newest is None or seen.newest.status != "deployed":
        return []
    if seen.unfit:
        # Nor would an install of it end well.
        why = "the API server refuses the chart that is given, and would when it is new: " + "; ".join(seen.unfit)
        return [Finding("chart_does_not_fit", why, [], ())]
    why = "the API server refuses the chart that is given: " + "; ".join(seen.refused)
    return [Finding("refused_by_server", why, [], (REINSTALL,))] if seen.refused else []
