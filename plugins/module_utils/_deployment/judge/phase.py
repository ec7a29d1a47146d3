# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the main deployment stands, by what was seen of it. Pure. Private to this collection.

A view is what _deployment.tell.report.describe answers.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import version_path
from ansible_collections.coder.classic.plugins.module_utils._deployment.tell import layout, report

View = dict[str, Any]

UNKNOWN = "unknown"
WORDS = {layout.OLD: "old layout", layout.NEXT: "service_next", layout.CUSTOM: "custom ingress", None: "unknown layout"}


def phase_of(view: View) -> str:
    """``1.20``, ``1.21 old layout``, ``1.21 service_next``, ``1.21 custom ingress``, ``1.22``; UNKNOWN without a version.

    1.22 has its layout behind it only where that is service_next; ``before 1.20`` and ``beyond 1.22`` are out of scope.
    """
    place = report.place(view)
    if place is None:
        return UNKNOWN
    if place < 0:
        return f"before {version_path.MINORS[0]}"
    if place >= len(version_path.MINORS):
        return f"beyond {version_path.MINORS[-1]}"
    minor = version_path.MINORS[place]
    if place == 0 or (minor == version_path.MINORS[-1] and view["layout"] == layout.NEXT):
        return minor
    return f"{minor} {WORDS[view['layout']]}"


def target_of(view: View, wanted: str | None) -> str | None:
    """The version to judge for: the wanted one, else the next stop; None where there is none."""
    running = report.running(view)
    if wanted or running is None:
        return wanted
    return version_path.next_stop(running)


def leads_to(view: View, target: str | None, minor: str) -> bool:
    """Whether the update to target is the step into that minor."""
    place = report.place(view)
    if place is None or not target or not version_path.exact(target):
        return False
    wanted = version_path.MINORS.index(minor)
    return place < wanted <= version_path.place(target)
