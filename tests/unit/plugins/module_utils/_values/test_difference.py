# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.coder.classic.plugins.module_utils._values import difference

PLANTED = "planted-4711"


@pytest.mark.parametrize(
    "values",
    [
        {"password": PLANTED},
        {"a": {"dbPassword": PLANTED}},
        {"token": {"value": PLANTED, "deep": [PLANTED, {"x": PLANTED}]}},
        {"clientSecret": PLANTED},
        {"credentials": [PLANTED]},
        {"apiKey": PLANTED},
        {"accessKey": PLANTED},
        {"ssh_key": PLANTED},
        {"encryption-keys": {"a": PLANTED}},
        {"licence": {"key": PLANTED}},
        {"passphrase": PLANTED},
        {"db": {"dsn": PLANTED}},
        {"key": PLANTED},
        {"env": [{"name": "X", "value": PLANTED}]},
        {"url": f"postgres://coder:{PLANTED}@db/coder"},
        {"tls": {"any": f"-----BEGIN PRIVATE KEY-----\n{PLANTED}"}},
    ],
)
def test_no_secret_is_in_any_output(values: dict) -> None:
    other = {"replicas": 3}
    shown = [*difference.texts(values, other), *difference.texts(other, values), difference.unified(values, other)]
    shown += [difference.unified({}, values), str(difference.masked(values))]
    assert not [text for text in shown if PLANTED in text]
    assert any(PLANTED in secret for secret in difference.secrets(values))


@pytest.mark.parametrize(
    "values",
    [
        {"certs": {"secret": {"name": "ca", "key": "ca.crt"}}},
        {"postgres": {"passwordSecret": {"name": "coder-db"}}},
        {"tls": {"hostSecretName": "tls"}},
        {"tolerations": [{"key": "role", "operator": "Exists"}]},
        {"a": {"topologyKey": "zone"}},
        {"coderd": {"image": "a/b:1.20.0", "replicas": 2, "serviceNext": True}},
    ],
)
def test_what_only_names_a_secret_is_shown(values: dict) -> None:
    assert difference.masked(values) == values and difference.secrets(values) == []


def test_a_changed_secret_is_told_from_an_equal_one() -> None:
    before = {"a": {"password": "one-1234"}, "b": {"password": "same-1234"}, "u": "x://u:one-1234@h"}
    after = {"a": {"password": "two-1234"}, "b": {"password": "same-1234"}, "u": "x://u:two-1234@h"}
    text = difference.unified(before, after)
    assert "-  password: '********'" in text and "+  password: '******** (changed)'" in text
    assert text.count("(changed)") == 2 and "1234" not in text


def test_changed_secrets_of_a_list_are_marked_too() -> None:
    text = difference.unified({"tokens": ["one-1234"]}, {"tokens": ["two-1234", "more-1234"]})
    assert "(changed)" in text and "1234" not in text


def test_order_makes_no_difference() -> None:
    assert difference.unified({"b": 1, "a": {"d": 1, "c": 2}}, {"a": {"c": 2, "d": 1}, "b": 1}) == ""
    assert difference.texts({"b": 1, "a": 2}, {})[0] == "a: 2\nb: 1\n" and difference.texts({}, {}) == ("", "")


def test_what_differs_is_shown_with_its_path() -> None:
    text = difference.unified({"coderd": {"replicas": 1, "x": "y"}}, {"coderd": {"replicas": 2, "x": "y"}})
    assert "-  replicas: 1\n+  replicas: 2\n" in text and " coderd:\n" in text
