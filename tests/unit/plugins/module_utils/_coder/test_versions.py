# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.coder.classic.plugins.module_utils._coder import version_path, versions
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError


@pytest.mark.parametrize(
    ("text", "parsed"),
    [("1.21.7", (1, 21, 7)), ("1.21.7+abc", (1, 21, 7)), ("v1.22.0-rc.1", (1, 22, 0)), ("1.22", (1, 22, 0))],
)
def test_parse(text, parsed):
    assert versions.parse(text) == parsed


@pytest.mark.parametrize("text", [None, "", "unknown", "1", "1.x"])
def test_an_unknown_version_is_an_error(text):
    with pytest.raises(ClassicError) as caught:
        versions.parse(text)
    assert caught.value.code == "unsupported_version"


@pytest.mark.parametrize(
    ("version", "mode", "satellites", "fixes", "rebuilds"),
    [
        ("1.20.9", "absent", False, "never", False),
        ("1.21.0", "option", True, "never", False),
        ("1.21.1", "option", True, "old", True),
        ("1.21.5", "option", True, "old", True),
        ("1.21.6", "option", True, "good", True),
        ("1.21.7", "option", True, "good", True),
        ("1.22.0", "always", True, "never", False),
        ("1.22.2", "always", True, "never", False),
        ("1.22.3", "always", True, "good", False),
        ("1.30.1", "always", True, "good", False),
    ],
)
def test_what_a_version_can_do(version, mode, satellites, fixes, rebuilds):
    assert versions.net_v2_mode(version) == mode
    assert versions.satellites_supported(version) is satellites
    assert version_path.satellite_fixes(version) == fixes
    assert versions.rebuilds_on_toggle(version) is rebuilds
