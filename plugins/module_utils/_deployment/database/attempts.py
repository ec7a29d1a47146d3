# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether an update was begun on the database that runs now, and did not stay: what is in it is then no state to go back to.

Helm takes the code back and not the schema, so that the release's history tells more than what runs. Private to this collection.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import versions
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import helm_record
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_record import Release
from ansible_collections.coder.classic.plugins.module_utils._helm.repair import revisions
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster

#: As helm describes a revision that it made of an older one.
ROLLED_BACK = "Rollback to"

Attempt = dict[str, Any]


def look(cluster: Cluster, view: dict[str, Any], version_of: Callable[[Release], str | None]) -> Attempt | None:
    """``{version, revision, at}`` of the oldest one. The history is read only where the newest revision gives reason to."""
    release = view["release"]
    if not release["exists"]:
        return None
    if release["status"] == "deployed" and not str(release["description"] or "").startswith(ROLLED_BACK):
        return None
    return oldest(helm_record.history(cluster, release["namespace"], release["name"]), version_of)


def oldest(history: Sequence[Release], version_of: Callable[[Release], str | None]) -> Attempt | None:
    """Of the revisions with a newer Coder than the one that stands, since one of that version was installed or upgraded to. Pure."""
    good = revisions.last_good(history)
    if good is None:
        return None
    found = None
    for one in reversed(history):
        if _is_newer(version_of(one), version_of(good)):
            found = {"version": version_of(one), "revision": one.revision, "at": one.updated}
        elif one.status in ("deployed", "superseded") and not _is_a_way_back(one):
            break
    return found


def _is_a_way_back(release: Release) -> bool:
    said = release.description or ""
    return said.startswith(ROLLED_BACK) or bool(revisions.NEVER_STOOD.match(said))


def _is_newer(one: str | None, other: str | None) -> bool:
    try:
        return versions.parse(one) > versions.parse(other)
    except (ClassicError, TypeError):
        return False
