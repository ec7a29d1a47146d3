# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in the way at Coder: answers, roles, the version path, the gates of a version. Pure.

Each takes the observation (observe.look), the view (report.describe) and the target, and answers findings, mostly none.
Private to this collection.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import version_path, version_target
from ansible_collections.coder.classic.plugins.module_utils._deployment.judge.phase import View, leads_to
from ansible_collections.coder.classic.plugins.module_utils._deployment.tell import layout, report
from ansible_collections.coder.classic.plugins.module_utils._deployment.tell.findings import (
    SERVICE_NEXT,
    UPDATE,
    Finding,
    finding,
    of_failure,
)
from ansible_collections.coder.classic.plugins.module_utils._region.judge.blockers_coder import SESSION_TOKEN
from ansible_collections.coder.classic.plugins.module_utils._region.judge.phase import MOVED
from ansible_collections.coder.classic.plugins.module_utils._region.observe.observe_coder import ADMINS

Seen = dict[str, Any]

NETWORKING_GATE = version_path.GATES[0]


def unreadable(seen: Seen, view: View, _target: str | None) -> list[Finding]:
    """Unreachable, a login page, a refused certificate, an expired token ..."""
    found = [of_failure(failure, where=view["url"]) for failure in seen["coder"]["problems"]]
    return [{**one, **SESSION_TOKEN} if one["code"] == "unauthorized" else one for one in found]


def no_admin(seen: Seen, view: View, _target: str | None) -> list[Finding]:
    roles = view["user"]["roles"]
    if seen["coder"]["user"] is None or ADMINS & set(roles):
        return []
    return [
        finding(
            "forbidden",
            f"The user {view['user']['username']} is neither site-manager nor site-admin",
            where=f"{view['url']} (Coder {view['version']})",
            why=f"the token's roles are: {', '.join(roles) or 'none'}; providers and satellites need more",
            next_step="give the session token of a user with the role site-manager, of this deployment",
        )
    ]


def version(seen: Seen, view: View, target: str | None) -> list[Finding]:
    """The path: unknown versions, downgrades, skipped minors, versions that are never a stop."""
    if seen["coder"]["user"] is None:
        # Why nothing was seen is said already.
        return []
    if target is None and report.place(view) in range(len(version_path.MINORS)):
        return []
    return version_target.judge_target(view["version"], target, view["url"]).blockers


def networking_v2(_seen: Seen, view: View, target: str | None) -> list[Finding]:
    """The gate of 1.22 (E32)."""
    if not leads_to(view, target, NETWORKING_GATE.before):
        return []
    off = [row for row in view["providers"] or [] if row["net_v2"] is False]
    if not off:
        return []
    names = ", ".join(_named(row) for row in off)
    return [
        finding(
            "networking_v2_off",
            f"Not on Networking v2: {names}",
            where=view["url"],
            why=f"{NETWORKING_GATE.why}; so {NETWORKING_GATE.demand}",
            next_step="for the built-in provider: switch_builtin_provider.yml; for each other one: migrate_region.yml -l "
            "<its region>",
            goals=(UPDATE,),
        )
    ]


def builtin_on_envproxy(_seen: Seen, view: View, _target: str | None) -> list[Finding]:
    """The chart of 1.21 has its envproxy only in the old layout (coder-charts.md, "Which Service, which ingress")."""
    off = [row for row in view["providers"] or [] if row["built_in"] and row["net_v2"] is False]
    if not off or view["layout"] == layout.NEXT or view["net_v2_mode"] != "option":
        return []
    return [
        finding(
            "builtin_on_envproxy",
            f"The built-in provider {_named(off[0])} is not on Networking v2",
            where=view["url"],
            why="envproxy of the main deployment goes with serviceNext, and is the only way to workspaces that were built before "
            "the switch",
            next_step="switch_builtin_provider.yml",
            goals=(SERVICE_NEXT,),
        )
    ]


def regions_moved(seen: Seen, view: View, target: str | None) -> list[Finding]:
    """That workspaces were rebuilt since the switch is only known by a region's own look."""
    if not leads_to(view, target, NETWORKING_GATE.before):
        return []
    left = [row for row in seen["wanted"]["regions"] or [] if row["phase"] not in MOVED]
    if not left:
        return []
    return [
        finding(
            "region_not_moved",
            "Regions that have not moved yet: " + ", ".join(f"{row['region']} ({row['phase']})" for row in left),
            where=view["url"],
            why=f"not every workspace there was rebuilt since the switch; {NETWORKING_GATE.why}",
            next_step=f"migrate_region.yml -l {left[0]['region']}",
            goals=(UPDATE,),
        )
    ]


def _named(row: View) -> str:
    count = row["workspaces"]
    details = ["built-in"] if row["built_in"] else []
    details += [f"{count['total']} workspaces, {count['on']} on"] if count else []
    return f"{row['name']} ({'; '.join(details)})" if details else str(row["name"])


ALL = (unreadable, no_admin, version, networking_v2, builtin_on_envproxy, regions_moved)
