# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each version of Coder can do (change log, and the deployment's behaviour as operators know it). Pure.

Private to this collection.
"""

from __future__ import annotations

import re

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError


def parse(version: str | None) -> tuple[int, int, int]:
    """``"1.21.7+build"`` → ``(1, 21, 7)``; raises ClassicError ``unsupported_version`` for an unknown one."""
    match = re.match(r"v?(\d+)\.(\d+)(?:\.(\d+))?(?![\d.])", version or "")
    if not match:
        raise ClassicError(
            f"The version of Coder is not known ({version!r})" if version else "Coder does not tell its version",
            code="unsupported_version",
            why="what may be sent to Coder depends on its version, which it tells in the header coder-version",
            untouched="nothing was changed",
            next_step="look whether a proxy in front of Coder drops the header coder-version from GET /api",
        )
    major, minor, patch = match.groups()
    return int(major), int(minor), int(patch or 0)


def too_old(version: str | None, lacks: str, url: str) -> ClassicError:
    """The refusal of what came with 1.21 (satellites, Networking v2)."""
    return ClassicError(
        f"Coder {version} has no {lacks}",
        code="unsupported_version",
        where=url,
        why="that came with 1.21",
        untouched="nothing was changed",
        next_step="update Coder to 1.21.7 first",
    )


def net_v2_mode(version: str | None) -> str:
    """``absent`` (before 1.21), ``option`` (1.21: a switch of each provider) or ``always`` (from 1.22, no switch)."""
    known = parse(version)
    if known < (1, 21):
        return "absent"
    return "option" if known < (1, 22) else "always"


def satellites_supported(version: str | None) -> bool:
    """From 1.21 on."""
    return parse(version) >= (1, 21)


def rebuilds_on_toggle(version: str | None) -> bool:
    """Whether switching Networking v2 rebuilds the provider's workspaces by itself: 1.21.1 and later 1.21."""
    return (1, 21, 1) <= parse(version) < (1, 22)
