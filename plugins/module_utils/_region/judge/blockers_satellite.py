# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in the way at a region's satellite, in its cluster. Pure. Private to this collection.

Each takes the observation (observe.look), the view (report.describe) and the phase, and answers findings, mostly none.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import versions
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._region.judge.blockers_cluster import (
    mismatch,
    missing_rights,
)
from ansible_collections.coder.classic.plugins.module_utils._region.judge.phase import View
from ansible_collections.coder.classic.plugins.module_utils._region.observe.namespaces import being_deleted
from ansible_collections.coder.classic.plugins.module_utils._region.tell.findings import (
    MIGRATE,
    RETIRE,
    Finding,
    finding,
    of_cluster_failure,
)

Seen = dict[str, Any]

FORWARD = (MIGRATE, RETIRE)


def beyond_reach(seen: Seen, _view: View, _phase: str) -> list[Finding]:
    # Going back is for the day on which the satellite is not to be reached; its removal can wait.
    return out_of_reach(seen, FORWARD)


def out_of_reach(seen: Seen, goals: Iterable[str]) -> list[Finding]:
    """Its cluster does not answer, is another one, or does not allow what has to be done there."""
    satellite, expected, place = seen["satellite"], seen["wanted"]["satellite"]["cluster_uid"], satellite_place(seen)
    # Retiring does nothing to a satellite.
    writing = [goal for goal in goals if goal != RETIRE]
    return [
        *(of_cluster_failure(failure, goals, where=place) for failure in satellite["problems"]),
        *mismatch(satellite, expected, "the satellite's cluster", "coder_satellite", goals),
        *missing_rights(satellite["rights"], place, satellite["user"], dict.fromkeys(satellite["rights"], writing)),
    ]


def namespace(seen: Seen, _view: View, _phase: str) -> list[Finding]:
    """A namespace of its own is required in truth: the chart decides what it renders by what is there."""
    wanted, satellite = seen["wanted"], seen["satellite"]
    own = wanted["satellite"]["namespace"]
    primary = wanted["primary"] or {}
    taken = [
        whose
        for whose, uid, name in (
            ("the provider's", seen["cluster"]["uid"], wanted["namespace"]),
            ("the main deployment's", (seen["primary"] or {}).get("uid"), primary.get("namespace")),
        )
        if uid and uid == satellite["uid"] and name == own
    ]
    if taken:
        return [
            blocks(
                seen,
                "satellite_namespace",
                f"The satellite's namespace {own} is {taken[0]}",
                "there the chart would render the old entry again and take over objects of that release",
                "give the satellite a namespace of its own: coder_satellite_namespace",
            )
        ]
    if satellite["foreign"]:
        return [
            blocks(
                seen,
                "satellite_namespace",
                f"The satellite's namespace {own} still holds {', '.join(satellite['foreign'])}",
                "the chart renders the nginx entry again where it finds these, or takes their names",
                "give the satellite a namespace of its own: coder_satellite_namespace",
            )
        ]
    return []


def terminating(seen: Seen, _view: View, _phase: str) -> list[Finding]:
    # Going back removes the satellite anyhow.
    name = seen["wanted"]["satellite"]["namespace"]
    return being_deleted(
        seen["satellite"]["namespace_terminating"], "The satellite's", name, satellite_place(seen), FORWARD
    )


def release_status(seen: Seen, _view: View, _phase: str) -> list[Finding]:
    """What a helm has left that failed or was killed is gone on with; an uninstall is not."""
    release, wanted = seen["satellite"]["release"], seen["wanted"]["satellite"]
    if release is None or release["status"] in ("deployed", "failed") or release["status"].startswith("pending-"):
        return []
    of = f"{wanted['release']} -n {wanted['namespace']}"
    return [
        blocks(
            seen,
            "release_not_deployed",
            f"The satellite's release {wanted['release']} is {release['status']}, not deployed",
            f"revision {release['revision']}: a helm command was killed or still runs",
            f"look at helm history {of}; when no helm command runs any more: helm uninstall {of}",
            goals=(MIGRATE,),
        )
    ]


def gitops(seen: Seen, view: View, _phase: str) -> list[Finding]:
    """A tool that renders the chart without the cluster makes a new key each time (E10), and undoes ours."""
    satellite, wanted = seen["satellite"], seen["wanted"]
    if not satellite["tools"] or not view["satellite"]["to_be_deployed"] or wanted["gitops_is_suspended"]:
        return []
    return [
        blocks(
            seen,
            "managed_by_gitops",
            f"The satellite's Deployment is managed by {', '.join(satellite['tools'])}",
            "its chart would be deployed here, and that tool would put its own back",
            "give the satellite to one of the two: take it out of that tool, or suspend it, and say so: "
            "coder_gitops_suspended names the region",
            goals=(MIGRATE,),
        )
    ]


def wanted_version(seen: Seen, _view: View, _phase: str) -> list[Finding]:
    """The chart that would be deployed is not of the main deployment's version."""
    wanted, primary = seen["wanted"]["satellite"]["chart_version"], seen["coder"]["version"]
    # Before 1.21 there is no satellite of that version: the update comes first (blockers_coder).
    if not _differ(wanted, primary) or not versions.satellites_supported(primary):
        return []
    return [
        blocks(
            seen,
            "version_mismatch",
            f"The satellite's chart is to be {wanted}, the main deployment is {primary}",
            "a satellite has to be of the very version of the main deployment",
            f"set coder_satellite_chart_version to {primary}",
            goals=(MIGRATE,),
        )
    ]


def running_version(seen: Seen, view: View, _phase: str) -> list[Finding]:
    satellite, primary = seen["satellite"], seen["coder"]["version"]
    if not _differ(satellite["version"], primary):
        return []
    to_be_upgraded = view["satellite"]["deployed"] and view["satellite"]["to_be_deployed"]
    return [
        blocks(
            seen,
            "version_mismatch",
            f"The satellite runs {satellite['version']}, the main deployment {primary}",
            "its upgrade was forgotten, or its values pin an image",
            f"deploy it with chart version {primary} and without coderd.image in coder_satellite_values",
            # The migration itself deploys the wanted version.
            goals=(RETIRE,) if to_be_upgraded else FORWARD,
        )
    ]


def blocks(
    seen: Seen,
    code: str,
    message: str,
    why: str,
    next_step: str,
    *,
    goals: tuple[str, ...] = FORWARD,
    where: str | None = None,
) -> Finding:
    return finding(code, message, where=where or satellite_place(seen), why=why, next_step=next_step, goals=goals)


def satellite_place(seen: Seen) -> str:
    return f"namespace {seen['wanted']['satellite']['namespace']}, {seen['satellite']['where']}"


def _differ(one: str | None, other: str | None) -> bool:
    """Whether two known versions differ in major, minor or patch."""
    try:
        return versions.parse(one) != versions.parse(other)
    except ClassicError:
        return False


ALL = (beyond_reach, namespace, terminating, release_status, gitops, wanted_version, running_version)
