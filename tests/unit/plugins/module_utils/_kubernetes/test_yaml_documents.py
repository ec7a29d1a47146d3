# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import yaml_documents


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12:30", "12:30"),
        ("2021-09-22", "2021-09-22"),
        ("1e3", 1000.0),
        ("=", "="),
        ("0644", 420),
        ("0o644", 420),
        ("-0644", -420),
        ("0x10", 16),
        ("0b11", 3),
        ("1_000", 1000),
        ("+7", 7),
        ("0", 0),
        ("089", 89.0),
        ("1.10", 1.1),
        ("1.2.3", "1.2.3"),
        ("on", True),
        ("No", False),
        ("'on'", "on"),
        ("~", None),
        ("", None),
        (".inf", float("inf")),
    ],
)
def test_scalars_are_read_as_go_reads_them(text: str, value: object) -> None:
    found = yaml_documents.load(f"x: {text}")["x"]
    assert found == value and type(found) is type(value)


def test_a_text_of_a_class_of_its_own_is_a_text() -> None:
    class Tagged(str):
        pass

    assert yaml_documents.load(Tagged("a: 1")) == {"a": 1}


def test_split_loses_nothing() -> None:
    text = "# head\n---\na: 1\n--- # note\nb: |\n  ---\n  x\n---\n"
    parts = yaml_documents.split(text)
    assert "".join(part for part, _unused in parts) == text
    assert [part for part, is_document in parts if is_document] == ["# head\n", "a: 1\n", "b: |\n  ---\n  x\n", ""]


@pytest.mark.parametrize("text", ["a: &x [*x]", "&x {a: {b: *x}}", "a: &x {b: [1, {c: *x}]}"])
def test_a_document_that_holds_itself_is_refused_as_helm_refuses_it(text: str) -> None:
    with pytest.raises(ClassicError) as caught:
        yaml_documents.load(text)
    assert caught.value.code == "invalid" and "holds itself" in caught.value.what


def test_what_stands_twice_is_no_circle() -> None:
    assert yaml_documents.load("a: &x [1]\nb: *x\nc: [*x, *x]") == {"a": [1], "b": [1], "c": [[1], [1]]}
