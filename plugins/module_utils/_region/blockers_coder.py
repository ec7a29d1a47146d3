# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in the way at the main deployment. Pure. Private to this collection.

Each takes the observation (observe.look) and answers findings, mostly none.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import providers, versions
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._region.findings import (
    MIGRATE,
    RETIRE,
    ROLLBACK,
    Finding,
    finding,
    of_failure,
)
from ansible_collections.coder.classic.plugins.module_utils._region.observe_coder import ADMINS

Seen = dict[str, Any]


def unreadable(seen: Seen) -> list[Finding]:
    """Unreachable, a login page, a refused certificate, an expired token ..."""
    return [of_failure(failure, where=seen["coder"]["url"]) for failure in seen["coder"]["problems"]]


def no_admin(seen: Seen) -> list[Finding]:
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


def version(seen: Seen) -> list[Finding]:
    """Versions without satellites, that are never a stop, or whose satellites have known faults."""
    coder, wanted = seen["coder"], seen["wanted"]
    if coder["user"] is None:
        return []
    try:
        supported, fixes = versions.satellites_supported(coder["version"]), versions.satellite_fixes(coder["version"])
    except ClassicError as error:
        return [of_failure(error.failure, where=coder["url"])]

    def unfit(message: str, why: str, next_step: str, *goals: str) -> list[Finding]:
        return [finding("unsupported_version", message, where=coder["url"], why=why, next_step=next_step, goals=goals)]

    if not supported:
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
            "update the main deployment to "
            + ("1.21.7" if coder["version"].startswith("1.21") else "1.22.3")
            + " first",
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


def provider(seen: Seen) -> list[Finding]:
    """An unknown provider, two of one name, or one that does not work."""
    coder, name = seen["coder"], seen["wanted"]["provider"]
    if coder["providers"] is None:
        return []
    try:
        found = providers.pick(coder["providers"], name)
    except ClassicError as error:
        return [of_failure(error.failure, where=coder["url"])]
    where = f"provider {name} at {coder['url']}"
    if found.get("status") == "error":
        return [
            finding(
                "provider_error",
                f"Coder has an error with provider {name}",
                where=where,
                why=found.get("status_message") or "Coder gives no message",
                next_step="repair what Coder names; its access is ServiceAccount, Role and RoleBinding coder",
                # The way back is what an error after the switch may call for.
                goals=(MIGRATE, RETIRE),
            )
        ]
    if found.get("status") != "ready":
        return [
            finding(
                "provider_pending",
                f"Provider {name} is not ready but {found.get('status')}",
                where=where,
                why="Coder has no token of its cluster yet: its chart was not deployed, or envproxy does not reach Coder",
                next_step="finish the provider's own deployment, until Coder shows it as ready",
                goals=(MIGRATE, RETIRE),
            )
        ]
    return []


def leave_list(seen: Seen) -> list[Finding]:
    """A name in the list of workspaces to leave alone that nobody has: what it should protect would be rebuilt."""
    unknown = seen["coder"]["leave_unknown"]
    if not unknown:
        return []
    return [
        finding(
            "not_found",
            f"No workspace to leave alone has the name or id {', '.join(unknown)}",
            where=seen["coder"]["url"],
            why="a name misspelt in coder_workspaces_leave protects nothing",
            next_step="correct coder_workspaces_leave (case counts), or take out what was deleted",
            goals=(MIGRATE, ROLLBACK),
        )
    ]


ALL = (unreadable, no_admin, version, provider, leave_list)
