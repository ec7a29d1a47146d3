# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._values import images
from ansible_collections.coder.classic.plugins.module_utils._values.operations import applied

DIGEST = "sha256:" + "0123456789abcdef" * 4
NAMED = [("coderd", "image"), ("db", "image")]


def one(value, key: str = "image", version: str | None = "1.21.7"):
    rows = images.pinned({"x": {key: value}}, version)
    return rows[0] if rows else None


@pytest.mark.parametrize(
    ("value", "repository", "tag", "digest"),
    [
        ("repo/name:1.20.0", "repo/name", "1.20.0", None),
        ("nginx:1.19", "nginx", "1.19", None),
        ("registry.example.com:5000/a/b:v1.20.0-rc.1", "registry.example.com:5000/a/b", "v1.20.0-rc.1", None),
        (f"repo/name:1.20.0@{DIGEST}", "repo/name", "1.20.0", DIGEST),
        (f"repo/name@{DIGEST}", "repo/name", None, DIGEST),
    ],
)
def test_a_text_that_pins(value: str, repository: str, tag, digest) -> None:
    row = one(value)
    assert (row.value, row.repository, row.tag, row.digest) == (value, repository, tag, digest) and row.reason


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ("https://host:8443", "accessURL"),
        ("https://user:word@host/a:1.20.0", "image"),
        ("user:word@host/a:1.20.0", "image"),
        ("host:8443", "address"),
        ("host.example.com:8443", "image"),
        ("12:30", "at"),
        ("12:30:45", "at"),
        ("ratio:1.5", "share"),
        ("repo/name", "image"),
        ("repo/name:latest", "image"),
        ("postgres://u:p@db:5432/coder", "image"),
        ("one two:1.20.0", "image"),
        ("", "image"),
        (120, "image"),
    ],
)
def test_what_only_looks_like_a_pin(value, key: str) -> None:
    assert one(value, key) is None


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ({"repository": "a/b", "tag": "1.20.0"}, "a/b:1.20.0"),
        ({"image": "a/b", "tag": 1.2}, "a/b:1.2"),
        ({"name": "a/b", "tag": "1.20.0", "digest": DIGEST}, f"a/b:1.20.0@{DIGEST}"),
        ({"repository": "a/b", "digest": DIGEST}, f"a/b@{DIGEST}"),
        ({"tag": "1.20.0"}, ":1.20.0"),
    ],
)
def test_a_mapping_that_pins(value: dict, written: str) -> None:
    row = one(value)
    assert row.is_mapping and row.path == ("x", "image") and row.value == written


@pytest.mark.parametrize("value", [{"name": "a"}, {"repository": "a/b", "tag": "latest"}, {"repository": "a/b"}])
def test_a_mapping_without_a_version(value: dict) -> None:
    assert one(value) is None


def test_pins_are_found_at_any_depth_in_their_order() -> None:
    values = {
        "a": [{"b": {"initImage": "x/y:1.20.0"}}, ["z/w:1.20.0"]],
        "image": {"repository": "q/r", "tag": "1.20.0", "extra": {"image": "s/t:2.0"}},
    }
    assert [(row.path, row.value) for row in images.pinned(values)] == [
        (("a", 0, "b", "initImage"), "x/y:1.20.0"),
        (("a", 1, 0), "z/w:1.20.0"),
        (("image",), "q/r:1.20.0"),
        (("image", "extra", "image"), "s/t:2.0"),
    ]


@pytest.mark.parametrize(
    ("tag", "is_old"),
    [
        ("1.21.7", False),
        ("v1.21.7", False),
        ("1.21.7-mirror", False),
        ("1.21", False),
        ("1.21.70", True),
        ("1.2", True),
    ],
)
def test_a_tag_is_old_when_it_is_another_version(tag: str, is_old: bool) -> None:
    assert (one(f"a/b:{tag}").reason is not None) == is_old


def test_a_digest_is_old_whatever_its_tag_says() -> None:
    assert "digest" in one(f"a/b:1.21.7@{DIGEST}").reason


def cleaned(values: dict, **options) -> tuple[dict, list[dict]]:
    rows = images.pinned(values, "1.21.7")
    made, notes = images.cleaning(rows, "1.21.7", **{"named": NAMED, "public": ["coderenvs"], **options})
    return applied(values, made), notes


def test_the_public_image_goes_and_that_of_the_own_registry_gets_the_tag() -> None:
    values = {
        "coderd": {"image": "coderenvs/s:1.20.0", "replicas": 2},
        "db": {"image": "reg.local/coderenvs/db:1.20.0"},
    }
    after, notes = cleaned(values)
    assert after == {"coderd": {"replicas": 2}, "db": {"image": "reg.local/coderenvs/db:1.21.7"}}
    assert [note["action"] for note in notes] == ["removed", "retagged"]
    assert "same registry" in notes[1]["message"] and "reg.local/coderenvs/db:1.20.0" in notes[1]["message"]


def test_a_name_that_only_begins_like_the_public_one_is_another() -> None:
    assert cleaned({"coderd": {"image": "coderenvs-mirror/s:1.20.0"}})[1][0]["action"] == "retagged"


@pytest.mark.parametrize(
    ("mode", "after"),
    [("remove", {}), ("retag", {"coderd": {"image": "coderenvs/s:1.21.7"}}), ("tell", None)],
)
def test_the_caller_decides(mode: str, after) -> None:
    values = {"coderd": {"image": "coderenvs/s:1.20.0"}}
    assert cleaned(values, mode=mode)[0] == (values if after is None else after)


def test_a_mode_that_is_none_is_refused() -> None:
    with pytest.raises(ClassicError) as caught:
        cleaned({}, mode="drop")
    assert caught.value.code == "invalid"


def test_the_image_of_somebody_else_is_told_and_stays() -> None:
    values = {"sidecar": {"image": "nginx:1.19"}}
    after, notes = cleaned(values, mode="remove")
    assert after == values and notes[0]["action"] == "told" and "nginx:1.19" in notes[0]["message"]


def test_a_digest_goes_when_the_tag_is_set_and_that_is_said() -> None:
    values = {
        "coderd": {"image": f"r/s:1.20.0@{DIGEST}"},
        "db": {"image": {"name": "r/d", "tag": "1.20.0", "digest": DIGEST}},
    }
    after, notes = cleaned(values)
    assert after == {"coderd": {"image": "r/s:1.21.7"}, "db": {"image": {"name": "r/d", "tag": "1.21.7"}}}
    assert all("digest is gone" in note["message"] for note in notes)


def test_what_is_right_already_is_left_alone_and_not_told() -> None:
    values = {"coderd": {"image": "r/s:1.21.7"}}
    assert cleaned(values) == (values, [])
