# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The left sides as files of values, the right sides as the release of helm 3.22 held them (seen in its Secret)."""

from __future__ import annotations

import datetime
import json

import pytest
import yaml

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._site.helm_values import as_stored, sha256


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (1.0, "1"),
        (1000.0, "1000"),
        (1234567890123456789, "1234567890123456800"),
        (9007199254740993, "9007199254740992"),
        (12345678901234567890123, "1.2345678901234568e+22"),
        (1e21, "1e+21"),
        (0.1, "0.1"),
        (1e-7, "1e-07"),
        (-0.0, "0"),
        (31, "31"),
        (True, "true"),
        (None, "null"),
        ({}, "{}"),
        ([], "[]"),
        ("", '""'),
        ([1.0, None, {"x": None}], '[1, null, {"x": null}]'),
        ({8080: "port", True: 1, 1.5: "x", "n": "y"}, '{"8080": "port", "true": 1, "1.5": "x", "n": "y"}'),
        (datetime.date(2021, 9, 22), '"2021-09-22"'),
    ],
)
def test_values_have_the_types_of_json(given, stored):
    assert json.dumps(as_stored(given)) == stored
    assert as_stored(json.loads(stored)) == as_stored(given)


@pytest.mark.parametrize("text", ["1e3", "0o17", "08", "-.5", "y", "n", "yes", "1.0", "1e999", "2021-09-22", "1.21.7"])
def test_a_text_stays_one(text):
    assert as_stored({text: text}) == {text: text}
    assert sha256({"a": "1e3"}) != sha256({"a": 1000})


@pytest.mark.parametrize("given", [float("inf"), float("-inf"), float("nan"), 10**400])
def test_what_helm_refuses_is_refused(given):
    with pytest.raises(ClassicError) as caught:
        as_stored({"a": [given]})
    assert caught.value.code == "invalid"


def test_a_second_time_changes_nothing():
    values = yaml.safe_load("{a: 1e3, b: 1.0, c: 1234567890123456789, y: n, 8080: [08, null, {x: -0.0}]}")
    assert as_stored(as_stored(values)) == as_stored(values)


def test_equal_to_helm_has_one_sum_and_different_has_two():
    assert sha256({"a": 1.0, "b": 1234567890123456789}) == sha256({"b": 1234567890123456800, "a": 1})
    assert sha256({"a": 1}) != sha256({"a": "1"})
    assert sha256({"a": True}) != sha256({"a": 1})
    assert sha256({"a": None}) != sha256({})
    assert sha256({1: "x"}) == sha256({"1": "x"})


def test_the_values_given_stay_as_they_are():
    values = {"a": [1.0, {8080: "1e3"}]}
    as_stored(values)
    assert values == {"a": [1.0, {8080: "1e3"}]}
