# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which Coder version knows what (coder-api reference, "Which version knows what"). Versions are texts like 1.21.7."""

from __future__ import annotations

import re


def parse(version: str) -> tuple[int, int, int]:
    """(1, 21, 7); what is not a version counts as the newest, as a development build would."""
    found = re.match(r"v?(\d+)\.(\d+)(?:\.(\d+))?", version)
    return tuple(int(part or 0) for part in found.groups()) if found else (999, 0, 0)  # type: ignore[return-value]


def has_satellites(version: str) -> bool:
    return parse(version) >= (1, 21, 0)


def net_v2_is_an_option(version: str) -> bool:
    return parse(version)[:2] == (1, 21)


def net_v2_is_always_on(version: str) -> bool:
    return parse(version) >= (1, 22, 0)


def toggle_rebuilds(version: str) -> bool:
    return (1, 21, 1) <= parse(version) < (1, 22, 0)


def shows_secrets(version: str) -> bool:
    return parse(version) < (1, 26, 0)


def deletes_unreachable_provider(version: str) -> bool:
    return parse(version) >= (1, 23, 0)
