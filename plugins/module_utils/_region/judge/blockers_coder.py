# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in the way at the main deployment. Pure. Private to this collection.

Each takes the observation (observe.look), the view (report.describe) and the phase, and answers findings, mostly none.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import version_path, versions
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._region.judge.phase import View
from ansible_collections.coder.classic.plugins.module_utils._region.observe.observe_coder import ADMINS
from ansible_collections.coder.classic.plugins.module_utils._region.tell.findings import (
    MIGRATE,
    RETIRE,
    Finding,
    finding,
    of_failure,
)

Seen = dict[str, Any]

# Not the credential of a cluster, nor the token with which Coder rules one.
SESSION_TOKEN = {
    "message": "Coder does not take the session token of this run",
    "next": "give a valid session token of a site manager (coder_token, or the environment's CODER_TOKEN): it expired or "
    "was revoked; then run again",
}
# The first version about which nothing is known here; what is said of 1.22 need not be true of it.
UNKNOWN_FROM = (1, 23, 0)


def unreadable(seen: Seen, _view: View, _phase: str) -> list[Finding]:
    """Unreachable, a login page, a refused certificate, an expired token ..."""
    url = seen["coder"]["url"]
    return [
        {**found, **SESSION_TOKEN} if found["code"] == "unauthorized" else found
        for found in (of_failure(failure, where=url) for failure in seen["coder"]["problems"])
    ]


def no_admin(seen: Seen, _view: View, _phase: str) -> list[Finding]:
    user = seen["coder"]["user"]
    if user is None or ADMINS & set(user.get("roles") or []):
        return []
    return [
        finding(
            "forbidden",
            f"The user {user.get('username')} is neither site-manager nor site-admin",
            where=f"{seen['coder']['url']} (Coder {seen['coder']['version']})",
            why=f"the token's roles are: {', '.join(user.get('roles') or []) or 'none'}; providers and satellites need more",
            next_step="give the session token of a user with the role site-manager, of this deployment",
        )
    ]


def version(seen: Seen, _view: View, _phase: str) -> list[Finding]:
    """Versions without satellites, that are never a stop, whose satellites have known faults, or that are too new."""
    coder, wanted = seen["coder"], seen["wanted"]
    if coder["user"] is None:
        return []
    try:
        known, fixes = versions.parse(coder["version"]), version_path.satellite_fixes(coder["version"])
    except ClassicError as error:
        return [of_failure(error.failure, where=coder["url"])]

    def unfit(message: str, why: str, next_step: str, *goals: str) -> list[Finding]:
        return [finding("unsupported_version", message, where=coder["url"], why=why, next_step=next_step, goals=goals)]

    if known >= UNKNOWN_FROM:
        return unfit(
            f"Coder {coder['version']} is newer than what is known here",
            "this collection was made for 1.20, 1.21 and 1.22",
            "move and retire the regions before the main deployment goes beyond 1.22, or look for a newer release of "
            "the collection",
            MIGRATE,
            RETIRE,
        )
    if not versions.satellites_supported(coder["version"]):
        return unfit(
            f"Coder {coder['version']} has no satellites",
            "they came with 1.21",
            "update the main deployment to 1.21.7 first",
            MIGRATE,
            RETIRE,
        )
    if fixes == "never":
        return unfit(
            f"Coder {coder['version']} is not a version to stop at",
            "1.21.0 lacks the ServiceAccount of older workspaces and does not rebuild at the switch; 1.22.0 to 1.22.2 "
            "have an Ingress that names a port which the Service may not serve",
            f"update the main deployment to {'1.21.7' if known < (1, 22) else '1.22.3'} first",
            MIGRATE,
            RETIRE,
        )
    if fixes == "old" and not wanted["allow_old_satellite_fixes"]:
        return unfit(
            f"Coder {coder['version']} lacks fixes for satellites",
            "before 1.21.6 agents time out and dev URLs end in errors or 502 on satellites",
            "update the main deployment to 1.21.7 first, or accept that with coder_allow_old_satellite_fixes: true",
            MIGRATE,
        )
    return []


ALL = (unreadable, no_admin, version)
