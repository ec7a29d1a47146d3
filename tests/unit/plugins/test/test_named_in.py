# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.coder.classic.plugins.test.named_in import named_in


@pytest.mark.parametrize(
    ("consent", "named"),
    [
        ("sydney", True),
        ("frankfurt, sydney", True),
        (["frankfurt", "sydney"], True),
        (["frankfurt,sydney"], True),
        ("", False),
        (None, False),
        ([], False),
        ("Sydney", False),
        ("sydney-1", False),
        ("all", False),
        ("yes", False),
    ],
)
def test_a_consent_names_a_region_or_it_does_not(consent, named):
    assert named_in("sydney", consent) is named


def test_an_empty_name_is_in_no_consent():
    assert not named_in("", ",")
