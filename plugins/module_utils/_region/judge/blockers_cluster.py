# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in the way at the clusters: reaching them, their identity, and rights. Pure. Private to this collection.

Each takes the observation (observe.look), the view (report.describe) and the phase, and answers findings, mostly none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._region.judge.phase import View
from ansible_collections.coder.classic.plugins.module_utils._region.observe.namespaces import being_deleted
from ansible_collections.coder.classic.plugins.module_utils._region.tell.findings import (
    GOALS,
    MIGRATE,
    RETIRE,
    ROLLBACK,
    Finding,
    finding,
    of_cluster_failure,
)

Seen = dict[str, Any]

# Which goals each step of _region.rights.rights.STEPS is a part of, as far as it cannot wait.
STEP_GOALS = {
    "observe": GOALS,
    # An update of the chart writes nothing down.
    "record": (MIGRATE, RETIRE, ROLLBACK),
    "lock": GOALS,
    "envproxy_off": (RETIRE,),
    # Retiring tries the region without envproxy, and undoes that where it fails.
    "envproxy_on": (RETIRE, ROLLBACK),
    "seal": (RETIRE,),
    "retire": (RETIRE,),
    # Going back ends with removing the satellite: what is missing for that is a warning.
    "satellite": (MIGRATE,),
    "satellite_ingress": (MIGRATE,),
}


def unreadable(seen: Seen, _view: View, _phase: str) -> list[Finding]:
    where = provider_place(seen)
    problems = [*seen["cluster"]["problems"], *((seen["primary"] or {}).get("problems") or [])]
    return [of_cluster_failure(failure, where=where) for failure in problems]


def other_cluster(seen: Seen, _view: View, _phase: str) -> list[Finding]:
    wanted = seen["wanted"]
    found = mismatch(seen["cluster"], wanted["cluster_uid"], "the provider's cluster", "coder_provider")
    primary = wanted["primary"] or {}
    return found + mismatch(
        seen["primary"], primary.get("cluster_uid"), "the main deployment's cluster", "coder_primary"
    )


def mismatch(
    seen: Seen | None, expected: str | None, whose: str, prefix: str, goals: Iterable[str] = GOALS
) -> list[Finding]:
    """cluster_mismatch when a cluster is not the one that the inventory pins."""
    if not seen or not expected or seen["uid"] in (None, expected):
        return []
    return [
        finding(
            "cluster_mismatch",
            f"This is not {whose}",
            where=seen["where"],
            why=f"its identity (UID of namespace kube-system) is {seen['uid']}, expected is {expected}",
            next_step=f"correct {prefix}_kubeconfig or {prefix}_context, or {prefix}_cluster_uid if this cluster is meant",
            goals=goals,
        )
    ]


def primary_namespace(seen: Seen, _view: View, _phase: str) -> list[Finding]:
    """The provider where the main deployment is: its objects must not be touched."""
    wanted, primary = seen["wanted"], seen["primary"]
    if not primary or not primary["uid"] or primary["uid"] != seen["cluster"]["uid"]:
        return []
    if wanted["namespace"] != wanted["primary"]["namespace"]:
        return []
    return [
        finding(
            "cluster_mismatch",
            f"Namespace {wanted['namespace']} is the main deployment's",
            where=provider_place(seen),
            why="the provider's kubeconfig, context or namespace leads there",
            next_step="correct the provider's kubeconfig, context and namespace",
        )
    ]


def terminating(seen: Seen, _view: View, _phase: str) -> list[Finding]:
    name = seen["wanted"]["namespace"]
    return being_deleted(seen["cluster"]["namespace_terminating"], "The provider's", name, provider_place(seen), GOALS)


def rights(seen: Seen, _view: View, _phase: str) -> list[Finding]:
    cluster, primary = seen["cluster"], seen["primary"]
    found = missing_rights(cluster["rights"], provider_place(seen), cluster["user"])
    if primary:
        where = f"namespace {seen['wanted']['primary']['namespace']}, {primary['where']}"
        found += missing_rights(primary["rights"], where, primary["user"])
    return found


def missing_rights(
    by_step: dict[str, list[str]],
    where: str,
    user: str | None,
    goals_of: Mapping[str, Iterable[str]] | None = None,
) -> list[Finding]:
    """One finding for each step with missing rights; goals_of has the goals by step, STEP_GOALS without it."""
    who = f"user {user} is not allowed" if user else "not allowed"
    return [
        finding(
            "forbidden",
            f"Rights are missing for step {step}",
            where=where,
            why=f"{who}: {'; '.join(missing)}",
            next_step="ask for these rights, or use a context that has them, then run again",
            goals=(goals_of or STEP_GOALS)[step],
        )
        for step, missing in by_step.items()
        if missing
    ]


def provider_place(seen: Seen) -> str:
    return f"namespace {seen['wanted']['namespace']}, {seen['cluster']['where']}"


ALL = (unreadable, other_cluster, primary_namespace, terminating, rights)
