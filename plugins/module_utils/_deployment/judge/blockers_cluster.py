# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in the way at the main deployment's cluster, and where Coder, Helm and Kubernetes tell different things. Pure.

Each takes the observation (observe.look), the view (report.describe) and the target, and answers findings, mostly none.
Private to this collection.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import version_path
from ansible_collections.coder.classic.plugins.module_utils._deployment.judge.blockers_release import place
from ansible_collections.coder.classic.plugins.module_utils._deployment.judge.phase import View
from ansible_collections.coder.classic.plugins.module_utils._deployment.observe.observation import CHART, MAIN
from ansible_collections.coder.classic.plugins.module_utils._deployment.tell.findings import (
    GOALS,
    UPDATE,
    Finding,
    finding,
    of_cluster_failure,
)
from ansible_collections.coder.classic.plugins.module_utils._region.judge.blockers_cluster import mismatch

Seen = dict[str, Any]

SAID_BY = {"api": "Coder itself says", "release": "the Helm release has", "images": "the running pods' image has"}


def unreadable(seen: Seen, view: View, _target: str | None) -> list[Finding]:
    return [of_cluster_failure(failure, where=place(view)) for failure in seen["cluster"]["problems"]]


def other_cluster(seen: Seen, _view: View, _target: str | None) -> list[Finding]:
    pinned = seen["wanted"]["cluster_uid"]
    return mismatch(seen["cluster"], pinned, "the main deployment's cluster", "coder_primary", GOALS)


def no_main(seen: Seen, view: View, _target: str | None) -> list[Finding]:
    """A release of the chart, and no main Deployment live."""
    if seen["cluster"]["deployments"] is None or view["main"] or not _is_main_release(view):
        return []
    return [
        finding(
            "main_not_found",
            f"There is no Deployment {' or '.join(MAIN)}",
            where=place(view),
            why="the release is recorded, and its main Deployment does not exist live",
            next_step=f"look at helm get manifest {view['release']['name']} -n {view['release']['namespace']}, and at who "
            "deleted it; then run again",
        )
    ]


def versions_disagree(_seen: Seen, view: View, _target: str | None) -> list[Finding]:
    """An image that is pinned makes an upgrade do nothing (E23); so do two deployments that are taken for one (E1)."""
    told = {of: version for of, version in view["versions"].items() if version}
    # A release that is another one has a blocker of its own.
    if len(set(told.values())) < 2 or not _is_main_release(view):
        return []
    return [
        finding(
            "versions_disagree",
            "; ".join(f"{SAID_BY[of]} {version}" for of, version in told.items()),
            where=f"{view['url']} and {place(view)}",
            why=_why_they_differ(view),
            next_step="correct that first, so that all three say the same; an update would do nothing, or do it to another "
            "deployment",
        )
    ]


def _why_they_differ(view: View) -> str:
    main, pinned = view["main"], view["release"]["pinned_images"]
    if main and (main["updated"] < main["replicas"] or main["ready"] < main["replicas"]):
        return f"a rollout of Deployment {main['name']} is not through: {main['ready']} of {main['replicas']} pods are ready"
    if pinned:
        images = ", ".join(f"{path}: {image}" for path, image in sorted(pinned.items()))
        return f"values pin images, which an upgrade leaves as they are: {images}"
    told = view["versions"]
    if told["api"] and told["api"] not in (told["release"], told["images"]) and told["release"] == told["images"]:
        return "the URL and the context may lead to two different deployments"
    return "somebody changed the image of the Deployment by hand, or an upgrade ended half-way"


def kubernetes_too_old(_seen: Seen, view: View, target: str | None) -> list[Finding]:
    server = view["kubernetes"]["version"]
    if not target or not version_path.exact(target) or version_path.fits(server, target) != "too_old":
        return []
    of = version_path.KUBERNETES[version_path.minor(target)]
    return [
        finding(
            "kubernetes_too_old",
            f"Kubernetes {server} is too old for Coder {target}",
            where=view["kubernetes"]["where"],
            why=f"Coder {version_path.minor(target)} runs on Kubernetes {version_path.range_text(of)}",
            next_step="upgrade the cluster first, one minor version at a time",
            goals=(UPDATE,),
        )
    ]


def _is_main_release(view: View) -> bool:
    release = view["release"]
    return bool(release["exists"]) and view["chart"]["name"] == CHART and not release["is_satellite"]


ALL = (unreadable, other_cluster, no_main, versions_disagree, kubernetes_too_old)
