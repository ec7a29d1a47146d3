# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime

import pytest

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._values import operations, paths

VALUES = {"a": {"b": {"c": 1}, "n": None}, "a.b": [{"x": "y"}]}


@pytest.mark.parametrize(
    ("path", "written"),
    [
        (("coderd", "image"), "coderd.image"),
        (("a.b", "c"), '"a.b".c'),
        (("a-b", 'q"r'), '"a-b"."q\\"r"'),
        (("hosts", 0, "name"), "hosts[0].name"),
        (("",), '""'),
    ],
)
def test_a_path_is_written_as_jmespath_has_it(path, written: str) -> None:
    assert paths.text(path) == written
    if 0 not in path:
        assert paths.parse(written) == path


def test_a_key_with_a_dash_needs_no_quotes() -> None:
    assert paths.parse("coderd.a-b.c/d") == ("coderd", "a-b", "c/d")


@pytest.mark.parametrize("written", ["", ".", "a.", ".a", "a..b", "a[0]", 'a."b', "a b", '"a"b', "a.b]"])
def test_a_path_that_cannot_be_read_is_refused(written: str) -> None:
    with pytest.raises(ClassicError) as caught:
        paths.parse(written)
    assert caught.value.code == "invalid" and caught.value.next_step


def test_null_is_there_and_what_is_missing_is_not() -> None:
    assert (
        paths.has(VALUES, ("a", "n")) and not paths.has(VALUES, ("a", "x")) and not paths.has(VALUES, ("a", "n", "x"))
    )
    assert paths.get(VALUES, ("a.b", 0, "x")) == "y" and paths.get(VALUES, ("a.b", 1), "none") == "none"
    assert paths.get(VALUES, ("a", "b", "c", "d"), 7) == 7


def test_nothing_given_is_changed() -> None:
    before = repr(VALUES)
    assert paths.put(VALUES, ("a", "n", "new"), 2)["a"] == {"b": {"c": 1}, "n": {"new": 2}}
    assert paths.without(VALUES, ("a", "b", "c")) == {"a": {"n": None}, "a.b": [{"x": "y"}]}
    assert repr(VALUES) == before


def test_parents_that_become_empty_go_and_those_that_were_stay() -> None:
    assert paths.without({"a": {"b": {"c": 1}}, "d": {}}, ("a", "b", "c")) == {"d": {}}
    assert paths.without({"a": {}}, ("a", "b")) == {"a": {}}


def test_a_value_in_the_way_is_refused() -> None:
    with pytest.raises(ClassicError) as caught:
        paths.put({"a": "text"}, ("a", "b"), 1)
    assert caught.value.code == "invalid" and "a.b" in str(caught.value) and "text" not in str(caught.value)


def test_plain_values_have_texts_as_keys_and_no_types_of_others() -> None:
    class Text(str):
        """As Ansible has one."""

    found = paths.plain({Text("a"): Text("b"), 8080: (1, 2.5), True: None, None: datetime.date(2021, 9, 22)})
    assert found == {"a": "b", "8080": [1, 2.5], "true": None, "null": "2021-09-22"}
    assert {type(part) for part in (*found, found["a"])} == {str}


def test_what_is_the_same_in_python_need_not_be_in_yaml() -> None:
    assert not paths.same({"a": 1}, {"a": True}) and not paths.same([1], [1.0]) and not paths.same({}, None)
    assert paths.same({"a": [1, {"b": float("nan")}]}, {"a": [1, {"b": float("nan")}]})
    assert not paths.same([1], [1, 2])


def test_a_move_inside_of_one_parent_keeps_the_parent() -> None:
    moved = operations.applied({"a": {"b": {"c": 1}}}, [operations.move(("a", "b", "c"), ("a", "d", "e"))])
    assert moved == {"a": {"d": {"e": 1}}}


def test_a_move_overwrites_nothing() -> None:
    for to in (("b",), ("a", "x")):
        with pytest.raises(ClassicError) as caught:
            operations.applied({"a": 1, "b": 2}, [operations.move(("a",), to)])
        assert caught.value.code == "invalid"


def test_what_is_not_there_is_neither_removed_nor_moved() -> None:
    done = operations.applied({"a": 1}, [operations.remove(("x", "y")), operations.move(("x",), ("a",))])
    assert done == {"a": 1}
