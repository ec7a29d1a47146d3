# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import difflib

import pytest

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._values import edit, yaml_text
from ansible_collections.coder.classic.plugins.module_utils._values.operations import applied, move, remove, set_

TEXT = """\
# Values of Sydney: ask Jane before you change them.

---
# the main one
cemanager:
    # pinned for ticket 12
    image:   "coderenvs/coder-service:1.20.0"   # why
    replicas: 3
    resources: &small {limits: {cpu: "2"}, requests: {cpu: '1'}}   # in braces
    # resources: of old

envproxy:
    resources: *small
ingress:
    host:  'coder.example.com'
    tls:
        enable: yes

        # the secret of Jane
        hostSecretName: tls-a
        text: |
          a
            b

          c
        # commented: out
    long: this is a very long plain text that goes on and on beyond all the columns that an emitter would keep in one line, really
    folded: >-
      one
      two
    several: "a
      b"
    08: '010'
    ? odd
    : key

# last
devurls:
    host: "*.example.com"  # dev
coderd: {}
"""


def lines_that_differ(before: str, after: str) -> tuple[list[str], list[str]]:
    """Lines that went, and lines that came. All others are the same, byte for byte, in the same order."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    gone, come = [], []
    for tag, i, j, k, m in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            gone, come = gone + old[i:j], come + new[k:m]
    return gone, come


def edited(text: str, *operations) -> tuple[list[str], list[str]]:
    after = edit.edited(text, operations)
    assert yaml_text.load(after) == applied(yaml_text.load(text), operations)
    assert edit.edited(after, []) == after
    return lines_that_differ(text, after)


def test_without_an_operation_the_text_stays() -> None:
    assert edit.edited(TEXT, []) == TEXT
    assert edit.edited(TEXT, [set_(("cemanager", "replicas"), 3), remove(("x",))]) == TEXT


def test_a_key_goes_with_the_comment_directly_above() -> None:
    gone, come = edited(TEXT, remove(("cemanager", "image")))
    assert [line.strip().split()[0] for line in gone] == ["#", "image:"] and come == []


def test_what_a_file_begins_with_stays() -> None:
    text = "# About this file.\na: 1\nb: 2\n"
    assert edit.edited(text, [remove(("a",))]) == "# About this file.\nb: 2\n"


def test_a_comment_further_away_or_at_another_column_stays() -> None:
    text = "z: 0\n# about both\n\na: 1\n  # deeper\nb: 2\n"
    assert edit.edited(text, [remove(("b",))]) == "z: 0\n# about both\n\na: 1\n  # deeper\n"


def test_a_value_is_replaced_in_its_quotes() -> None:
    for old, new in (('"a:1"', '"b:2"'), ("'a:1'", "'b:2'"), ("a:1", "b:2")):
        assert edit.edited(f"k:  {old}   # c\n", [set_(("k",), "b:2")]) == f"k:  {new}   # c\n"


@pytest.mark.parametrize(
    "value", ["yes", "1e3", "0o17", "12:30", "010", "null", "", "a: b", "#", "- a", "y", "~", "*a", "=", "2021-09-22"]
)
def test_a_text_stays_a_text(value: str) -> None:
    assert yaml_text.load(edit.edited("a: b\n", [set_(("a",), value), set_(("n", value or "e"), value)])) == {
        "a": value,
        "n": {value or "e": value},
    }


@pytest.mark.parametrize(
    "value", [True, None, 1, 1.5, 1e21, -3, [], {}, [1, [2], {"a": []}], {"a": {"b": None}}, "a\nb\n", "\ta\n b"]
)
@pytest.mark.parametrize(
    "old",
    [
        "x: 1\n",
        "x:\n",
        "x: ~ # c\n",
        "x: {a: 1}\n",
        "x:\n  - 1\n",
        "x:  # c\n  a: 1\n",
        "x: |\n  a\n\n",
        'x: "a\n  b"\n',
    ],
)
def test_any_value_takes_the_place_of_any_other(value, old: str) -> None:
    text = f"# top\n\na: 1\n{old}# below\nz: [1]\n"
    after = edit.edited(text, [set_(("x",), value)])
    assert yaml_text.load(after) == {"a": 1, "x": value, "z": [1]} or value is None
    assert after.startswith("# top\n\na: 1\nx:") and after.endswith("# below\nz: [1]\n")


def test_a_mapping_keeps_the_line_of_its_key() -> None:
    after = edit.edited("a:   # why\n  b: 1\nc: 2\n", [set_(("a",), {"d": 3})])
    assert after == "a:   # why\n  d: 3\nc: 2\n"


def test_a_new_key_stands_at_the_end_of_its_parent_with_its_indentation() -> None:
    gone, come = edited(TEXT, set_(("ingress", "tls", "new"), "x"), set_(("cemanager", "a", "b"), 1))
    assert gone == [] and come == ["    a:\n", "        b: 1\n", "        new: x\n"]


def test_a_move_takes_comments_and_text_along() -> None:
    gone, come = edited(TEXT, move(("ingress", "tls", "hostSecretName"), ("coderd", "tls", "hostSecretName")))
    assert gone == ["        # the secret of Jane\n", "        hostSecretName: tls-a\n", "coderd: {}\n"]
    assert come == ["coderd:\n", "    tls:\n", "        # the secret of Jane\n", "        hostSecretName: tls-a\n"]


def test_a_block_text_is_moved_as_it_is() -> None:
    assert edited(TEXT, move(("ingress", "tls", "text"), ("text",)))[1] == [
        "text: |\n",
        "  a\n",
        "    b\n",
        "\n",
        "  c\n",
    ]


def test_a_parent_that_becomes_empty_goes_along() -> None:
    gone, come = edited(TEXT, move(("devurls", "host"), ("coderd", "devurlsHost")))
    assert gone == ["# last\n", "devurls:\n", '    host: "*.example.com"  # dev\n', "coderd: {}\n"]
    assert come == ["coderd:\n", '    devurlsHost: "*.example.com"  # dev\n']


def test_another_name_at_the_same_place_is_one_word() -> None:
    gone, come = edited(TEXT, move(("cemanager",), ("main",)))
    assert (gone, come) == (["cemanager:\n"], ["main:\n"])


def test_line_ends_of_windows_stay() -> None:
    text = TEXT.replace("\n", "\r\n")
    operations = [
        remove(("cemanager", "image")),
        move(("ingress", "tls", "text"), ("coderd", "text")),
        set_(("a", "b"), {"c": "x\ny\n"}),
        set_(("ingress", "host"), "other"),
    ]
    after = edit.edited(text, operations)
    assert after.count("\n") == after.count("\r\n") and after == edit.edited(TEXT, operations).replace("\n", "\r\n")
    assert yaml_text.load(after) == applied(yaml_text.load(text), operations)


@pytest.mark.parametrize(
    ("text", "operation", "after"),
    [
        ("a: 1\nb: 2", set_(("c",), 3), "a: 1\nb: 2\nc: 3"),
        ("a: 1\nb: 2", remove(("b",)), "a: 1\n"),
        ("a: 1\nb: 2", move(("b",), ("c", "d")), "a: 1\nc:\n  d: 2"),
        ("a: 1\nb:\n  c: 2", move(("b", "c"), ("d", "e")), "a: 1\nd:\n  e: 2"),
        ("b: 2\na:", set_(("a", "c"), 3), "b: 2\na:\n  c: 3"),
        ("# only this", set_(("a",), 1), "# only this\na: 1"),
        ("", set_(("a",), 1), "a: 1\n"),
        ('"a:b": 1\n', set_(("a:b",), {"c": 2}), '"a:b":\n  c: 2\n'),
        ("a: 1", set_(("b",), "x\ny\n"), "a: 1\nb: |\n  x\n  y\n"),
        ("a: 1\n", remove(("a",)), ""),
        ("---\na: 1\n", set_(("b",), 2), "---\na: 1\nb: 2\n"),
        ("a: 1\n...\n", set_(("b",), 2), "a: 1\nb: 2\n...\n"),
        ("a: null # c\n", set_(("a", "b"), 2), "a: # c\n  b: 2\n"),
        ("a:\n- 1\nb: 2\n", move(("a",), ("c", "d")), "b: 2\nc:\n  d:\n  - 1\n"),
        ("a: |+\n  x\n\nb: 2\n", remove(("a",)), "b: 2\n"),
        ("a: |\n  x\n\n\nb: 2\n", set_(("c",), 1), "a: |\n  x\n\n\nb: 2\nc: 1\n"),
        ("b: 2\na: |\n  x\n\n\n", set_(("c",), 1), "b: 2\na: |\n  x\nc: 1\n\n\n"),
    ],
)
def test_ends_of_files_and_of_blocks(text: str, operation, after: str) -> None:
    assert edit.edited(text, [operation]) == after


@pytest.mark.parametrize(
    ("text", "operation", "line", "word"),
    [
        ("a: 1\nb: &x {c: 1}\nd: *x\n", remove(("b",)), 2, "anchor"),
        ("a: 1\nb: &x 1\nd: *x\n", set_(("b",), 2), 2, "anchor"),
        ("b: &x {c: 1}\nd: *x\n", set_(("d", "c"), 2), 2, "alias"),
        ("b: &x\n  c: 1\nd:\n  <<: *x\n", remove(("d", "c")), 3, "merge"),
        ("b: &x\n  c: 1\nd: *x\n", set_(("b", "e"), 2), 1, "anchor"),
        ("b: &x\n  c: 1\nd:\n  <<: *x\n", set_(("b", "c"), 2), 2, "other parts"),
        ("b: {c: 1}\n", set_(("b", "d"), 2), 1, "braces"),
        ("b: {c: 1, d: 2}\n", remove(("b", "c")), 1, "braces"),
        ('{"a": 1}\n', set_(("b",), 2), 1, "braces"),
        ("? a\n: 1\nb: 2\n", remove(("a",)), 1, "before the key"),
        ("a: 1\nb: 2\nc: &x 3\nd: *x\n", [remove(("a",)), remove(("c",))], 3, "anchor"),
    ],
)
def test_what_cannot_be_edited_is_refused_with_its_line(text: str, operation, line: int, word: str) -> None:
    with pytest.raises(ClassicError) as caught:
        edit.edited(text, operation if isinstance(operation, list) else [operation])
    error = caught.value
    assert (error.code, error.details, error.where) == ("unsupported_values", {"line": line}, f"line {line}")
    assert word in error.why and error.next_step.startswith("Do it by hand (") and error.untouched


def test_a_scalar_in_braces_may_be_replaced() -> None:
    assert edit.edited("a: {b: 1, c: 2} # x\n", [set_(("a", "b"), 3)]) == "a: {b: 3, c: 2} # x\n"


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("- a\n", None, "not a mapping"),
        ("just text\n", None, "not a mapping"),
        ("a: 1\n---\nb: 2\n", 2, "several"),
        ("a: 1\nb: 2\na: 3\n", 3, "twice"),
        ("x:\n  a: 1\n  b:\n    - c: 1\n      c: 2\n", 5, "twice"),
        ("a:\n\tb: 1\n", 2, "tab"),
        ("a: 'planted-4711\n", None, "YAML"),
        ('a: "planted-4711\\q"\n', 1, "YAML"),
        ("a: {b: planted-4711\n", None, "YAML"),
        ("USER-SUPPLIED VALUES:\na: 1\n", 1, "heading"),
        ("$ANSIBLE_VAULT;1.1;AES256\n6162\n", None, "Vault"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(text: str, line: int | None, word: str) -> None:
    with pytest.raises(ClassicError) as caught:
        edit.edited(text, [])
    error = caught.value
    assert error.code == "unsupported_values" and word in str(error) and "planted" not in str(error)
    assert line is None or error.details == {"line": line}


def test_a_text_in_place_of_a_boolean_is_refused_with_its_line() -> None:
    text = "a: 1\ncoderd:\n  satellite:\n    enable: 'true'\n"
    with pytest.raises(ClassicError) as caught:
        edit.demand_booleans(yaml_text.load(text), [("x",), ("coderd", "satellite", "enable")], text)
    assert caught.value.code == "unsupported_values" and caught.value.details == {"line": 4}
    edit.demand_booleans(
        {"coderd": {"satellite": {"enable": True}}, "x": "text"}, [("x",), ("coderd", "satellite", "enable")]
    )


def test_no_secret_is_in_an_error() -> None:
    text = "password: &x planted-4711\nother: *x\n"
    with pytest.raises(ClassicError) as caught:
        edit.edited(text, [set_(("password",), "planted-4712")])
    assert "planted" not in str(caught.value) + str(caught.value.failure)
