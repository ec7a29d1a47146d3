# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in the way at the release of the provider's chart. Pure. Private to this collection.

Each takes the observation (observe.look), the view (report.describe) and the phase, and answers findings, mostly none.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._helm import record_size
from ansible_collections.coder.classic.plugins.module_utils._region.judge.blockers_cluster import provider_place
from ansible_collections.coder.classic.plugins.module_utils._region.judge.phase import MOVED, View
from ansible_collections.coder.classic.plugins.module_utils._region.observe import observation
from ansible_collections.coder.classic.plugins.module_utils._region.tell.findings import (
    MIGRATE,
    RETIRE,
    UPDATE,
    Finding,
    finding,
    named,
)

Seen = dict[str, Any]


def no_release(seen: Seen, view: View, phase: str) -> list[Finding]:
    cluster, name = seen["cluster"], seen["wanted"]["release"]
    # Where an uninstall was recorded, its being gone is not what is wrong: blockers_phase.not_retired.
    uninstalled = phase == "retired" or cluster["record"]["kept_uids"]
    if not cluster["release_seen"] or cluster["release"] is not None or uninstalled:
        return []
    return [
        finding(
            "release_not_found",
            f"There is no Helm release {name}",
            where=provider_place(seen),
            why=_known(view),
            next_step="correct coder_provider_release, coder_provider_namespace or the context",
        )
    ]


def wrong_chart(seen: Seen, view: View, _phase: str) -> list[Finding]:
    """What would be sealed and uninstalled is something else, for example the main deployment (E2)."""
    release = seen["cluster"]["release"]
    if release is None or release["chart"] == observation.CHART:
        return []
    return [
        finding(
            "wrong_chart",
            f"Release {release['name']} is of the chart {release['chart']}, not of {observation.CHART}",
            where=provider_place(seen),
            why=f"only a provider's own release may be sealed and uninstalled; {_known(view)}",
            next_step="correct coder_provider_release, coder_provider_namespace or the context",
        )
    ]


def release_status(seen: Seen, _view: View, phase: str) -> list[Finding]:
    release = seen["cluster"]["release"]
    if release is None or release["status"] == "deployed" or release["interrupted_sealing"]:
        return []
    # An uninstall of what was proved before goes on when it is run again.
    goes_on = release["status"] == "uninstalling" and phase == "idle"
    of = f"{release['name']} -n {release['namespace']}"
    return [
        finding(
            "release_not_deployed",
            f"Release {release['name']} is {release['status']}, not deployed",
            where=provider_place(seen),
            why=f"revision {release['revision']} of {release['updated']}: {release['description']}; a helm command "
            "failed, was killed or still runs",
            next_step=f"look at helm history {of}; when no helm command runs any more: helm rollback {of} to the last "
            "revision that was deployed",
            # Going back needs Coder and envproxy, not Helm.
            goals=(MIGRATE,) if goes_on else (MIGRATE, RETIRE),
        )
    ]


def gitops(seen: Seen, _view: View, _phase: str) -> list[Finding]:
    # Flux would install the chart anew, without what was sealed, and take Coder's access along when it is removed later.
    return [] if seen["wanted"]["gitops_is_suspended"] else managed_by_gitops(seen, (RETIRE, UPDATE))


def managed_by_gitops(seen: Seen, goals: Iterable[str]) -> list[Finding]:
    """Objects of the release, or envproxy, that a tool brings back to the state of a repository (E41)."""
    cluster = seen["cluster"]
    if cluster["release"] is None:
        return []
    objects = [*cluster["release"]["must_stay"]]
    if cluster["envproxy"]:
        objects.append({"kind": "Deployment", "name": "envproxy", "tools": cluster["envproxy"]["tools"]})
    managed = [row for row in objects if row["tools"]]
    if not managed:
        return []
    names, tools = map(named, managed), sorted({tool for row in managed for tool in row["tools"]})
    return [
        finding(
            "managed_by_gitops",
            f"{', '.join(names)} of release {cluster['release']['name']} are managed by {', '.join(tools)}",
            where=provider_place(seen),
            why="it puts back what is changed or removed here",
            next_step="take the release out of it, or suspend it, and say so: coder_gitops_suspended names the region",
            goals=goals,
        )
    ]


def removed_apis(seen: Seen, _view: View, _phase: str) -> list[Finding]:
    return unserved(seen, (RETIRE, UPDATE))


def unserved(seen: Seen, goals: Iterable[str]) -> list[Finding]:
    """The stored manifest has API versions that the cluster does not serve any more (helm/helm 8413)."""
    release = seen["cluster"]["release"]
    if release is None or not release["removed_apis"]:
        return []
    removed = sorted({f"{row['kind']} {row['api_version']}" for row in release["removed_apis"]})
    return [
        finding(
            "removed_apis",
            f"The cluster does not serve {', '.join(removed)} any more, which release {release['name']} holds",
            where=provider_place(seen),
            why="helm could not upgrade it, and at the uninstall it would drop the release's record and delete nothing",
            next_step="first map the stored manifest to the served API versions (helm mapkubeapis; its maps "
            "lack some kinds)",
            goals=goals,
        )
    ]


def record_too_large(seen: Seen, view: View, _phase: str) -> list[Finding]:
    """Sealing writes one more record, a little larger; the rehearsal tells exactly."""
    release = seen["cluster"]["release"]
    size = (release or {}).get("record_bytes") or 0
    if view["release"]["sealed"] or size + record_size.ROOM <= record_size.LIMIT:
        return []
    return [
        finding(
            "too_large",
            f"The sealed record of release {release['name']} would be too large for Kubernetes",
            where=provider_place(seen),
            why=f"helm keeps each revision in one Secret, which takes {record_size.LIMIT} bytes; the present one has {size}",
            next_step=record_size.NEXT_STEP,
            goals=(RETIRE,),
        )
    ]


def candidate_chart(seen: Seen, _view: View, phase: str) -> list[Finding]:
    """An upgrade that takes envproxy or Coder's access away before the region has moved."""
    candidate = seen["cluster"]["candidate"]
    if candidate is None:
        return []
    drops = {(row["kind"], row["name"]) for row in candidate["drops"]}
    lost = [named(row) for row in candidate["unkept"] if (row["kind"], row["name"]) in drops]
    chart = f"Chart {candidate['chart']} {candidate['version']}"
    too_early = ("Deployment", "envproxy") in drops and phase not in MOVED
    return dropped(
        chart,
        seen["wanted"]["candidate_chart"],
        envproxy=too_early,
        access=lost,
        instead="do not upgrade to it before the region is in phase moved; take it out of coder_provider_candidate_chart to migrate "
        "without that upgrade",
    )


def dropped(chart: str, where: str, *, envproxy: bool, access: list[str], instead: str) -> list[Finding]:
    """What an upgrade to a chart takes away that is needed: envproxy of a region that has not moved, Coder's access.

    instead: what to do where envproxy would go.
    """
    found = []
    if envproxy:
        found.append(
            finding(
                "drops_envproxy",
                f"{chart} has no Deployment/envproxy, and the region has not moved yet",
                where=where,
                why="until Networking v2 is on and every workspace was rebuilt, envproxy is the only way to them",
                next_step=instead,
            )
        )
    if access:
        found.append(
            finding(
                "drops_access",
                f"{chart} has no {', '.join(access)}",
                where=where,
                why="an upgrade to it would delete what Coder and its workspaces need",
                next_step="do not upgrade to this chart",
            )
        )
    return found


def _known(view: View) -> str:
    known = ", ".join(view["release"]["candidates"])
    return f"releases of the chart {observation.CHART}: {known or 'none in this cluster'}"


ALL = (no_release, wrong_chart, release_status, gitops, removed_apis, record_too_large, candidate_chart)
