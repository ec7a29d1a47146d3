# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an operator should know of versions although it stops nothing. Pure. Private to this collection.

Each takes the observation (observe.look), the view (report.describe) and the target, and answers findings, mostly none.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import version_path, version_target
from ansible_collections.coder.classic.plugins.module_utils._deployment.judge.blockers_coder import NETWORKING_GATE
from ansible_collections.coder.classic.plugins.module_utils._deployment.judge.blockers_release import place
from ansible_collections.coder.classic.plugins.module_utils._deployment.judge.phase import View, leads_to
from ansible_collections.coder.classic.plugins.module_utils._deployment.tell import layout, report
from ansible_collections.coder.classic.plugins.module_utils._deployment.tell.findings import Finding, warning

Seen = dict[str, Any]


def version(_seen: Seen, view: View, target: str | None) -> list[Finding]:
    """Of the path: already there, not the stop of its minor, a version to leave."""
    return version_target.judge_target(view["version"], target, view["url"]).warnings if target else []


def kubernetes(_seen: Seen, view: View, target: str | None) -> list[Finding]:
    """Outside of the range in which a version was supported; each version once."""
    server, running = view["kubernetes"]["version"], report.running(view)
    to_come = target if target and version_path.exact(target) else None
    found = []
    for minor in dict.fromkeys(version_path.minor(one) for one in (running, to_come) if one):
        wrong = version_path.fits(server, minor)
        # Too old for what is to come is a blocker.
        if wrong in (None, "in") or (wrong == "too_old" and to_come and version_path.minor(to_come) == minor):
            continue
        of = version_path.KUBERNETES[minor]
        found += warning(
            f"kubernetes_{wrong}",
            f"Kubernetes {server} is outside of what Coder {minor} was supported on: {version_path.range_text(of)}",
            where=view["kubernetes"]["where"],
            why=of.caveat,
            next_step="do not upgrade this cluster further before Coder is updated"
            if wrong == "too_new"
            else "upgrade the cluster",
        )
    return found


def nginx(_seen: Seen, view: View, _target: str | None) -> list[Finding]:
    server = version_path.kubernetes(view["kubernetes"]["version"])
    if view["layout"] != layout.OLD or server is None or server < version_path.NGINX_ENDS_AT:
        return []
    return warning(
        "nginx_too_old",
        f"The chart's nginx is too old for Kubernetes {view['kubernetes']['version']}",
        where=place(view),
        why=version_path.KUBERNETES["1.21"].caveat,
        next_step="look whether users still come in; serviceNext (update_coder.yml -e coder_service_next=true) does without it",
    )


def version_not_told(_seen: Seen, view: View, _target: str | None) -> list[Finding]:
    """One of the three that are compared cannot be, so that a pinned image would not be noticed."""
    found = []
    if view["main"] and view["versions"]["images"] is None:
        found.append(f"image {view['main']['image']} has no version in its tag")
    if view["release"]["exists"] and view["versions"]["release"] is None:
        found.append(f"chart {view['chart']['version']} does not tell one (a chart from git has 1.19.0 in every tag)")
    if not found:
        return []
    return warning(
        "version_not_told",
        "Which version runs is only told in part",
        where=place(view),
        why="; ".join(found),
        next_step="after an update, look whether Coder itself tells the new version",
    )


def pinned_images(_seen: Seen, view: View, target: str | None) -> list[Finding]:
    """They are needed for an own registry, and each update has to move them (E23)."""
    pinned = view["release"]["pinned_images"]
    if not pinned or not target:
        return []
    return warning(
        "pinned_images",
        f"The values pin the image{'s' if len(pinned) > 1 else ''} {', '.join(sorted(pinned))}",
        where=place(view),
        why="helm leaves these as they are, whatever version is installed: "
        + ", ".join(f"{path}: {image}" for path, image in sorted(pinned.items())),
        next_step="update_coder.yml takes the product's own away and gives those of another registry the new tag "
        f"(coder_pinned_images): the images of {target} must be there",
    )


def rebuilds_unproved(seen: Seen, view: View, target: str | None) -> list[Finding]:
    """A gate that Coder's answers alone cannot open: no answer tells when Networking v2 went on."""
    if not leads_to(view, target, NETWORKING_GATE.before):
        return []
    on = [
        row
        for row in view["providers"] or []
        if row["net_v2"] and (row["built_in"] or seen["wanted"]["regions"] is None)
    ]
    if not on:
        return []
    return warning(
        "rebuilds_unproved",
        f"Whether all workspaces of {', '.join(str(row['name']) for row in on)} were rebuilt since the switch is not seen here",
        where=view["url"],
        why=NETWORKING_GATE.why,
        next_step="status.yml tells it of each region, switch_builtin_provider.yml of the built-in provider",
    )


def satellites_behind(_seen: Seen, view: View, _target: str | None) -> list[Finding]:
    """E9: a satellite has the version of the main deployment."""
    behind = [row for row in view["satellites"] or [] if row["lags"]]
    if not behind:
        return []
    return warning(
        "satellites_behind",
        "Satellites are older than the main deployment: "
        + ", ".join(f"{row['name']} ({row['version']})" for row in behind),
        where=view["url"],
        why=f"the main deployment is {report.running(view)}; both are to have the same version",
        next_step="update these satellites: migrate_region.yml -l <their region>, where coder_satellite_chart_version is not given "
        "or is that version",
    )


ALL = (version, kubernetes, nginx, version_not_told, pinned_images, rebuilds_unproved, satellites_behind)
