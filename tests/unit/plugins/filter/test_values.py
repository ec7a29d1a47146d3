# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.coder.classic.plugins.filter.values_cleaned import values_cleaned
from ansible_collections.coder.classic.plugins.filter.values_difference import values_difference
from ansible_collections.coder.classic.plugins.filter.values_migrated import values_migrated
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

VALUES = {
    "cemanager": {"image": "coderenvs/coder-service:1.20.0", "replicas": 2},
    "postgres": {"password": "planted-4711"},
}


def test_the_filters_follow_one_another() -> None:
    new = values_migrated(values_cleaned(VALUES, "1.21.7"))
    assert new == {"coderd": {"replicas": 2}, "postgres": {"password": "planted-4711"}}
    shown = values_difference(VALUES, new)
    assert "-cemanager:" in shown and "+coderd:" in shown and "planted" not in shown


def test_nothing_to_do_is_nothing() -> None:
    assert values_cleaned({}, "1.21.7") == values_migrated({}) == {} and values_difference({}, {}) == ""


def test_the_caller_decides_on_images() -> None:
    assert values_cleaned(VALUES, "1.21.7", "retag")["cemanager"]["image"] == "coderenvs/coder-service:1.21.7"
    assert values_cleaned(VALUES, "1.21.7", "tell") == VALUES
    with pytest.raises(ClassicError):
        values_cleaned(VALUES, "1.21.7", "drop")
