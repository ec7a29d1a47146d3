# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.coder.classic.plugins.filter.picked import picked

SITE = {"regions": [{"region": "sydney", "phase": "moved"}, {"region": "perth", "phase": "envproxy"}]}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", SITE),
        ("regions[?phase=='moved'].region", ["sydney"]),
        ("regions[].{region: region}", [{"region": "sydney"}, {"region": "perth"}]),
        ("nothing.there", None),
    ],
)
def test_a_query_picks(query, expected):
    assert picked(SITE, query) == expected


@pytest.mark.parametrize("query", ["[", "regions[?", "length(@", "unknown(@)"])
def test_a_query_that_is_none_is_refused_with_what_to_do(query):
    with pytest.raises(AnsibleFilterError, match=r"(?s)is no JMESPath.*Next: "):
        picked(SITE, query)
