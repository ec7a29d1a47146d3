# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a release's history tells of what went well. Pure; private to this collection."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ansible_collections.coder.classic.plugins.module_utils._helm.helm_record import Release
from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade import pending

#: How helm, and pending.give_up, describe a revision that never came to stand. A rollback that fails marks the one before it as
#: superseded, whatever that was: only its description still tells.
NEVER_STOOD = re.compile(
    r'(Upgrade|Release|Rollback) ".*" failed|Preparing (upgrade|rollback)|Initial install underway|'
    + re.escape(pending.DESCRIPTION),
    re.DOTALL,
)
#: The words of the API server when somebody replaces an object (helm --force) instead of changing it.
REPLACED = re.compile(
    r"failed to replace object|field is immutable|is immutable after creation|must be specified for an update"
)


def last_good(history: Sequence[Release]) -> Release | None:
    """The newest revision that was deployed. history: oldest first.

    One that is being uninstalled was that itself, unless a deployed one is left beside it.
    """
    newest_first = list(reversed(history))
    deployed = next((one for one in newest_first if one.status == "deployed"), None)
    if deployed or not newest_first:
        return deployed
    if newest_first[0].status == "uninstalling":
        return newest_first[0]
    stood = (one for one in newest_first if one.status == "superseded")
    return next((one for one in stood if not NEVER_STOOD.match(one.description or "")), None)


def is_of_force(release: Release) -> bool:
    """Whether the revision failed since objects were replaced, which only helm's --force does."""
    words = release.description or ""
    return release.status == "failed" and "failed to replace object" in words and bool(REPLACED.search(words))


def is_rollback(release: Release) -> bool:
    """Whether the revision is one that goes back, whatever became of it."""
    return release.status == "pending-rollback" or bool(
        re.match("Rollback|Preparing rollback", release.description or "")
    )
