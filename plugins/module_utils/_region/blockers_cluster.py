# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in the way at the provider's cluster. Pure. Private to this collection.

Each takes the observation (observe.look) and the phase, and answers findings, mostly none.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._region.findings import (
    GOALS,
    MIGRATE,
    RETIRE,
    ROLLBACK,
    Finding,
    finding,
    of_failure,
)
from ansible_collections.coder.classic.plugins.module_utils._region.phase import MOVED
from ansible_collections.coder.classic.plugins.module_utils._region.report import other_release

Seen = dict[str, Any]

# Which goals each step of _cluster.access.STEPS is a part of.
STEP_GOALS = {
    "observe": GOALS,
    "record": GOALS,
    "idle": (RETIRE, ROLLBACK),
    "seal": (RETIRE,),
    "retire": (RETIRE,),
    "satellite": (MIGRATE, ROLLBACK),
    "satellite_ingress": (MIGRATE, ROLLBACK),
}


def unreadable(seen: Seen, _phase: str) -> list[Finding]:
    where = _place(seen)
    problems = [*seen["cluster"]["problems"], *((seen["primary"] or {}).get("problems") or [])]
    return [of_failure(failure, where=where) for failure in problems]


def other_cluster(seen: Seen, _phase: str) -> list[Finding]:
    wanted = seen["wanted"]
    found = mismatch(seen["cluster"], wanted["cluster_uid"], "the provider's cluster", "coder_provider")
    primary = wanted["primary"] or {}
    return found + mismatch(
        seen["primary"], primary.get("cluster_uid"), "the main deployment's cluster", "coder_primary"
    )


def mismatch(seen: Seen | None, expected: str | None, whose: str, prefix: str) -> list[Finding]:
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
        )
    ]


def primary_namespace(seen: Seen, _phase: str) -> list[Finding]:
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
            where=_place(seen),
            why="the provider's kubeconfig, context or namespace leads there",
            next_step="correct the provider's kubeconfig, context and namespace",
        )
    ]


def rights(seen: Seen, _phase: str) -> list[Finding]:
    return missing_rights(seen["cluster"]["rights"], _place(seen))


def missing_rights(by_step: dict[str, list[str]], where: str) -> list[Finding]:
    """One finding for each step with missing rights."""
    return [
        finding(
            "forbidden",
            f"Rights are missing for step {step}",
            where=where,
            why="not allowed: " + "; ".join(missing),
            next_step="ask for these rights, or use a context that has them, then run again",
            goals=STEP_GOALS[step],
        )
        for step, missing in by_step.items()
        if missing
    ]


def no_release(seen: Seen, phase: str) -> list[Finding]:
    cluster, name = seen["cluster"], seen["wanted"]["release"]
    if not cluster["release_seen"] or cluster["release"] is not None or phase == "retired":
        return []
    charts = [row for row in cluster["candidates"] if row["chart"] == "workspace-provider"]
    known = ", ".join(f"{row['name']} in namespace {row['namespace']}" for row in charts)
    return [
        finding(
            "release_not_found",
            f"There is no Helm release {name}",
            where=_place(seen),
            why=f"releases of the chart workspace-provider: {known or 'none in this cluster'}",
            next_step="correct coder_provider_release, coder_provider_namespace or the context",
        )
    ]


def release_status(seen: Seen, phase: str) -> list[Finding]:
    release = seen["cluster"]["release"]
    if release is None or release["status"] == "deployed":
        return []
    # An uninstall of what was proved before goes on when it is run again.
    goes_on = release["status"] == "uninstalling" and phase == "idle"
    of = f"{release['name']} -n {release['namespace']}"
    return [
        finding(
            "release_not_deployed",
            f"Release {release['name']} is {release['status']}, not deployed",
            where=_place(seen),
            why=f"revision {release['revision']} of {release['updated']}: {release['description']}; a helm command "
            "failed, was killed or still runs",
            next_step=f"look at helm history {of}; when no helm command runs any more: helm rollback {of} to the last "
            "revision that was deployed",
            # Going back needs Coder and envproxy, not Helm.
            goals=(MIGRATE,) if goes_on else (MIGRATE, RETIRE),
        )
    ]


def foreign_owner(seen: Seen, _phase: str) -> list[Finding]:
    """The access objects belong to another release, for example that of the main deployment."""
    cluster, name = seen["cluster"], seen["wanted"]["release"]
    foreign = [row for row in cluster["access"] or [] if other_release(row["owner"], name, cluster)]
    if not foreign:
        return []
    owners = ", ".join(sorted({row["owner"] for row in foreign}))
    return [
        finding(
            "owned_by_other_release",
            f"{', '.join(_label(row) for row in foreign)} belong to release {owners}, not to {name}",
            where=_place(seen),
            why="as their annotation meta.helm.sh/release-name says; sealing or removing them would concern that release",
            next_step="correct coder_provider_namespace or coder_provider_release; no two releases may share a namespace's "
            "ServiceAccount coder",
        )
    ]


def access_lost(seen: Seen, phase: str) -> list[Finding]:
    """What Coder or the workspaces need does not exist any more."""
    cluster = seen["cluster"]
    release = cluster["release"]
    if release is not None:
        gone = [_label(row) for row in release["must_stay"] if not row["live"]]
    elif cluster["release_seen"] and phase != "retired":
        gone = [_label(row) for row in cluster["access"] or [] if not row["live"]]
    else:
        gone = []
    if not gone:
        return []
    return [
        finding(
            "access_lost",
            f"Coder or its workspaces need {', '.join(gone)}, which does not exist",
            where=_place(seen),
            why="without them Coder cannot rule the cluster; running pods stay, but cannot be managed",
            next_step="recreate them from the backup (kubectl apply -f); a new ServiceAccount has another UID and token: "
            "give Coder the new token in its dashboard",
        )
    ]


def access_replaced(seen: Seen, _phase: str) -> list[Finding]:
    """After the uninstall: what should have stayed is another object now, so Coder's token may be dead."""
    cluster = seen["cluster"]
    if not cluster["release_seen"] or cluster["release"] is not None:
        return []
    kept = cluster["record"]["kept_uids"]
    other = [key for key, uid in cluster["recorded"].items() if uid and uid != kept[key]]
    if not other:
        return []
    of = f"configmap coder-classic-migration -n {seen['wanted']['namespace']}"
    return [
        finding(
            "access_replaced",
            f"{', '.join(other)} is not the same object as before the uninstall",
            where=_place(seen),
            why="its UID differs from the recorded one: somebody deleted and recreated it, and its old tokens are dead",
            next_step="give Coder a new token of ServiceAccount coder in its dashboard; when the provider is ready, accept "
            f'the new identity: kubectl patch {of} --type merge -p \'{{"data":{{"kept_uids":null}}}}\'',
        )
    ]


def removed_apis(seen: Seen, _phase: str) -> list[Finding]:
    release = seen["cluster"]["release"]
    if release is None or not release["removed_apis"]:
        return []
    removed = sorted({f"{row['kind']} {row['api_version']}" for row in release["removed_apis"]})
    return [
        finding(
            "removed_apis",
            f"The cluster does not serve {', '.join(removed)} any more, which release {release['name']} holds",
            where=_place(seen),
            why="helm would drop the release's record and delete nothing",
            next_step="map the stored manifest to the served API versions first (helm mapkubeapis)",
            goals=(RETIRE,),
        )
    ]


def candidate_chart(seen: Seen, phase: str) -> list[Finding]:
    """An upgrade that takes envproxy or Coder's access away before the region has moved."""
    candidate = seen["cluster"]["candidate"]
    if candidate is None:
        return []
    drops = {(row["kind"], row["name"]) for row in candidate["drops"]}
    named = f"Chart {candidate['chart']} {candidate['version']}"
    found = []
    if ("Deployment", "envproxy") in drops and phase not in MOVED:
        found.append(
            finding(
                "drops_envproxy",
                f"{named} has no Deployment/envproxy, and the region has not moved yet",
                where=seen["wanted"]["candidate_chart"],
                why="until Networking v2 is on and every workspace was rebuilt, envproxy is the only way to them",
                next_step="do not upgrade to it before the region is in phase moved; take it out of "
                "coder_provider_candidate_chart to migrate without that upgrade",
            )
        )
    lost = [_label(row) for row in candidate["unkept"] if (row["kind"], row["name"]) in drops]
    if lost:
        found.append(
            finding(
                "drops_access",
                f"{named} has no {', '.join(lost)}",
                where=seen["wanted"]["candidate_chart"],
                why="an upgrade to it would delete what Coder and its workspaces need",
                next_step="do not upgrade to this chart",
            )
        )
    return found


def _label(row: dict[str, Any]) -> str:
    return f"{row['kind']}/{row['name']}"


def _place(seen: Seen) -> str:
    return f"namespace {seen['wanted']['namespace']}, {seen['cluster']['where']}"


ALL = (
    unreadable,
    other_cluster,
    primary_namespace,
    rights,
    no_release,
    release_status,
    foreign_owner,
    access_lost,
    access_replaced,
    removed_apis,
    candidate_chart,
)
