# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one shape of blockers and warnings. Pure. Private to this collection."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._helm.manifest import label

MIGRATE, RETIRE, ROLLBACK, UPDATE = "migrate", "retire", "rollback", "update"
GOALS = (MIGRATE, RETIRE, ROLLBACK, UPDATE)
#: What an operator runs for each.
PLAYBOOKS = {
    MIGRATE: "migrate_region",
    RETIRE: "retire_region",
    ROLLBACK: "rollback_region",
    UPDATE: "update_provider",
}
LOOKED = "everything: this only looked"

Finding = dict[str, Any]


def finding(
    code: str,
    message: str,
    *,
    where: str | None,
    why: str | None,
    next_step: str | None,
    goals: Iterable[str] = GOALS,
) -> Finding:
    """``{code, message, where, why, untouched, next, for}``; for are the goals that it stands in the way of."""
    return {
        "code": code,
        "message": message,
        "where": where,
        "why": why,
        "untouched": LOOKED,
        "next": next_step,
        "for": list(goals),
    }


def joined(found: Iterable[Finding], key: str) -> str:
    """What several findings say under a key, each text once: for an error that stands for all of them."""
    return "; ".join(dict.fromkeys(str(entry[key]) for entry in found if entry[key]))


def of_failure(failure: dict[str, Any], goals: Iterable[str] = GOALS, *, where: str | None = None) -> Finding:
    """A ClassicError.failure as a finding; where stands in for one that the layer below did not know."""
    return finding(
        failure["code"],
        failure["message"],
        where=failure["where"] or where,
        why=failure["why"],
        next_step=failure["next"] or "correct this, then run again",
        goals=goals,
    )


def of_cluster_failure(failure: dict[str, Any], goals: Iterable[str] = GOALS, *, where: str | None = None) -> Finding:
    """of_failure for a cluster's: a credential that it refuses is not Coder's session token."""
    found = of_failure(failure, goals, where=where)
    if found["code"] != "unauthorized":
        return found
    return {
        **found,
        "message": "The Kubernetes API server does not take the credential of this context",
        "why": f"{failure['why'] or 'unauthorized'} (status 401): it expired or was revoked; this is not Coder's session token",
        "next": "renew the credential of this context (log in to the cluster again, or take a new kubeconfig), then run again",
    }


def placed(entry: Finding, clusters: Iterable[dict[str, Any]]) -> Finding:
    """The finding, with which of the region's clusters it is about, and where the access to that comes from.

    clusters are the view's (report.describe): ``{of, where, source}``.
    """
    where = entry["where"] or ""
    meant = [cluster for cluster in clusters if cluster["where"] and cluster["where"] in where]
    if not meant:
        return entry
    place, source = meant[0]["where"], meant[0]["source"]
    # A satellite often stands beside a provider.
    whose = " and the ".join(cluster["of"] for cluster in meant if cluster["where"] == place)
    told = f"cluster of the {whose}, {place}" + (f", by {source}" if source else "")
    return {**entry, "where": where.replace(place, told, 1)}


def named(row: dict[str, Any]) -> str:
    """``Kind/name`` of a row with these keys."""
    return label((row["kind"], None, row["name"]))


def unique(findings: Iterable[Finding]) -> list[Finding]:
    """The same once, for the most goals: several reads may fail for one reason."""
    found: list[Finding] = []
    for entry in findings:
        # Not by the message: it may name the request, and several requests fail for one reason.
        key, goals = (entry["code"], entry["where"], entry["why"] or entry["message"]), set(entry["for"])
        same = [one for one in found if (one["code"], one["where"], one["why"] or one["message"]) == key]
        if not any(set(one["for"]) >= goals for one in same):
            found = [one for one in found if one not in same or not set(one["for"]) < goals]
            found.append(entry)
    return found


def command(playbook: str, region: str) -> str:
    """How an operator runs a playbook for one region."""
    return f"{playbook}.yml -l {region}"
