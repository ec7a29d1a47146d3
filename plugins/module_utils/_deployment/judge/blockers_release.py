# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in the way at the release of the main deployment. Pure. Private to this collection.

Each takes the observation (observe.look), the view (report.describe) and the target, and answers findings, mostly none.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._deployment.judge.phase import View
from ansible_collections.coder.classic.plugins.module_utils._deployment.observe.observation import CHART
from ansible_collections.coder.classic.plugins.module_utils._deployment.tell.findings import Finding, finding

Seen = dict[str, Any]

PLACE = "give release and namespace of the main deployment, or correct the context"


def place(view: View) -> str:
    """For the where of a finding."""
    of = f"release {view['release']['name']} in namespace {view['release']['namespace']}"
    # Unusable access data lead nowhere.
    return f"{of}, {view['kubernetes']['where']}" if view["kubernetes"]["where"] else of


def no_release(_seen: Seen, view: View, _target: str | None) -> list[Finding]:
    release = view["release"]
    if release["exists"] is not False:
        return []
    others = f"releases of the chart {CHART}: {', '.join(release['candidates']) or 'none in this cluster'}"
    rendered = sorted({tool for tools in release["managed_by"].values() for tool in tools})
    by_tool = (
        f"; its objects are there, put by {', '.join(rendered)}, which may render the chart without Helm"
        if rendered
        else ""
    )
    return [
        finding(
            "release_not_found",
            f"There is no Helm release {release['name']}",
            where=place(view),
            why=others + by_tool,
            next_step=PLACE,
        )
    ]


def wrong_chart(_seen: Seen, view: View, _target: str | None) -> list[Finding]:
    """Another product, a provider's chart, or a satellite: that one has the main deployment's own chart (E2)."""
    release, chart = view["release"], view["chart"]["name"]
    if not release["exists"] or (chart == CHART and not release["is_satellite"]):
        return []
    what = (
        f"a satellite (its values have coderd.satellite.enable), of the chart {chart}"
        if chart == CHART
        else f"the chart {chart}"
    )
    return [
        finding(
            "wrong_chart",
            f"Release {release['name']} is of {what}, and not the main deployment",
            where=place(view),
            why=f"releases of the chart {CHART}: {', '.join(release['candidates']) or 'no other in this cluster'}",
            next_step=PLACE,
        )
    ]


def pending(_seen: Seen, view: View, _target: str | None) -> list[Finding]:
    """A helm that runs, or one that was killed (E16); with an upgrade the database may be ahead of the code (E26)."""
    release = view["release"]
    status = release["status"]
    if not release["exists"] or not str(status).startswith("pending-"):
        return []
    seconds = release["pending_seconds"]
    age = "" if seconds is None else f" for {seconds // 60} minutes"
    return [
        finding(
            "release_pending",
            f"Release {release['name']} is {status}{age}",
            where=place(view),
            why=f"{_revision(release)}; a helm command runs, or "
            "was killed, and as long as that stands helm refuses every upgrade",
            next_step=_history(release),
        )
    ]


def not_deployed(_seen: Seen, view: View, _target: str | None) -> list[Finding]:
    release = view["release"]
    status = str(release["status"])
    if not release["exists"] or status == "deployed" or status.startswith("pending-"):
        return []
    return [
        finding(
            "release_not_deployed",
            f"Release {release['name']} is {status}, not deployed",
            where=place(view),
            why=_revision(release),
            next_step=_history(release),
        )
    ]


def _revision(release: View) -> str:
    since = f" of {release['updated']}" if release["updated"] else ""
    return f"revision {release['revision']}{since}: {release['description'] or 'helm says nothing of it'}"


def _history(release: View) -> str:
    of = f"{release['name']} -n {release['namespace']}"
    return (
        f"look at helm history {of}, and at the log of the main pods' init container migrations; then go forward by the same "
        "update_coder.yml again, or run repair_upgrade.yml, which takes the mildest step that helps. If a migration began, the way "
        "back is restore_database.yml: older code must not run on a newer schema"
    )


def gitops(_seen: Seen, view: View, _target: str | None) -> list[Finding]:
    """A tool would put back what is changed here (E41)."""
    release = view["release"]
    if not release["exists"] or not release["managed_by"]:
        return []
    tools = sorted({tool for tools in release["managed_by"].values() for tool in tools})
    return [
        finding(
            "managed_by_gitops",
            f"{', '.join(release['managed_by'])} of release {release['name']} are managed by {', '.join(tools)}",
            where=place(view),
            why="it puts back what is changed here; some of these tools also render the chart without looking into the "
            "cluster, and then choose another layout",
            next_step="change version and values in its repository, or take the release out of it; then run again",
        )
    ]


def removed_apis(_seen: Seen, view: View, _target: str | None) -> list[Finding]:
    """The stored manifest has API versions that the cluster does not serve any more (helm/helm 8413)."""
    release = view["release"]
    if not release["removed_apis"]:
        return []
    removed = sorted({f"{row['kind']} {row['api_version']}" for row in release["removed_apis"]})
    return [
        finding(
            "removed_apis",
            f"The cluster does not serve {', '.join(removed)} any more, which release {release['name']} holds",
            where=place(view),
            why="helm upgrade fails (no matches for kind), and helm uninstall would drop the record and delete nothing",
            next_step="repair_upgrade.yml: it maps the stored manifest to the API versions that are served",
        )
    ]


ALL = (no_release, wrong_chart, pending, not_deployed, gitops, removed_apis)
