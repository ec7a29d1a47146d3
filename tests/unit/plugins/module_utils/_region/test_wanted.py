# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from unit.plugins.module_utils._region.scene import WANTED

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._region.wanted import CONSENTS, satellite_values, wanted
from ansible_collections.coder.classic.plugins.module_utils._site import helm_values

OWN = {"enable": True, "primaryURL": "https://coder.test", "accessURL": "https://sydney.coder.test"}


def of(text=None, tmp_path=None, **options):
    given = {**WANTED, **options}
    if text is not None:
        (tmp_path / "values").write_text(text)
        given["satellite"] = {**given["satellite"], "values_file": str(tmp_path / "values")}
    return wanted(given)


@pytest.mark.parametrize(("option", "key"), CONSENTS.items())
def test_a_consent_counts_where_it_names_this_region_and_no_other(option, key):
    for regions, expected in (([], False), (["perth"], False), (["sydney-1"], False), (["perth", "sydney"], True)):
        made = of(**{option: regions})
        assert {name: made[name] for name in CONSENTS.values()} == {
            **dict.fromkeys(CONSENTS.values(), False),
            key: expected,
        }
    # What the options say, not what somebody set beside them.
    assert of(**{key: True})[key] is False


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (None, {"coderd": {"satellite": OWN}}),
        ("{}", {"coderd": {"satellite": OWN}}),
        (
            json.dumps(
                {"coderd": {"replicas": 2, "satellite": {"enable": "false", "accessURL": "x", "a": 1}}, "b": None}
            ),
            {"coderd": {"replicas": 2, "satellite": {**OWN, "a": 1}}, "b": None},
        ),
        ("coderd: {satellite: no}", {"coderd": {"satellite": OWN}}),
        ("coderd: null", {"coderd": {"satellite": OWN}}),
    ],
)
def test_the_site_s_values_under_what_makes_a_satellite(tmp_path, text, values):
    satellite = of(text, tmp_path)["satellite"]
    assert (satellite["values"], satellite["values_sha256"]) == (values, helm_values.sha256(values))


def test_the_given_values_are_not_changed():
    given = {"coderd": {"satellite": {"a": 1}}}
    satellite_values(WANTED, given)
    assert given == {"coderd": {"satellite": {"a": 1}}}


@pytest.mark.parametrize(
    "text",
    ["- token: very-secret", "very-secret", "a: [very-secret", "{very-secret: {{ x }}", "a: 1\n---\nb: very-secret"],
)
def test_a_file_of_values_that_is_none_is_refused_without_a_word_of_it(tmp_path, text):
    with pytest.raises(ClassicError) as caught:
        of(text, tmp_path)
    assert caught.value.code == "invalid" and "very-secret" not in str(caught.value)
    with pytest.raises(ClassicError):
        of(satellite={**WANTED["satellite"], "values_file": str(tmp_path / "nowhere")})
