# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.coder.classic.plugins.module_utils._coder import value_changes, value_names
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._values import edit, paths, yaml_out, yaml_text
from ansible_collections.coder.classic.plugins.module_utils._values.operations import applied
from ansible_collections.coder.classic.plugins.module_utils._values.paths import parse

#: All renames of the reference, those within cemanager too.
RENAMES = [
    *((paths.text(old), paths.text(new)) for old, new in value_names.PAIRS.items()),
    *((f"cemanager.{key}", f"coderd.{key}") for key in ("replicas", "image", "resources", "accessURL", "annotations")),
]


def values_of(**given) -> dict:
    """values_of(**{"a.b": 1}) → {a: {b: 1}}"""
    values: dict = {}
    for path, value in given.items():
        values = paths.put(values, parse(path), value)
    return values


def migrated(values: dict) -> value_changes.Changed:
    """With what holds for each: the operations lead there, in a text too, nothing old is left, and again nothing is done."""
    before = repr(values)
    done = value_changes.migrated(values)
    assert repr(values) == before and applied(values, done.operations) == done.values
    assert yaml_text.load(edit.edited(yaml_out.block(values), done.operations)) == done.values
    assert not [old for old in (*value_names.PAIRS, ("cemanager",)) if paths.has(done.values, old)]
    again = value_changes.migrated(done.values)
    assert again.values == done.values and again.operations == []
    return done


def renames(done: value_changes.Changed) -> list[tuple[str, str, str]]:
    return [(note["old"], note["new"], note["took_effect"]) for note in done.notes if note["what"] == "renamed"]


def test_the_table_has_all_renames_of_the_chart() -> None:
    assert len(value_names.PAIRS) == 18
    assert value_names.PAIRS[parse("timescale.resources")] == parse("postgres.default.resources")


@pytest.mark.parametrize(("old", "new"), RENAMES)
def test_only_the_old_name(old: str, new: str) -> None:
    done = migrated(values_of(**{old: "x1", "other": 1}))
    assert done.values == values_of(**{"other": 1, new: "x1"})
    assert renames(done)[-1] == (old, new, "old") and "x1" not in str(done.notes)


@pytest.mark.parametrize(("_old", "new"), RENAMES)
def test_only_the_new_name(_old: str, new: str) -> None:
    values = values_of(**{new: "x1"})
    done = migrated(values)
    assert done.values == values and renames(done) == []


@pytest.mark.parametrize(("old", "new"), RENAMES)
def test_both_names_with_different_values_the_old_one_counts(old: str, new: str) -> None:
    done = migrated(values_of(**{old: "x1", new: "x2"}))
    assert done.values == values_of(**{new: "x1"})
    assert renames(done)[-1] == (old, new, "old")
    note = [note for note in done.notes if note["what"] == "renamed"][-1]
    assert "overwritten" in note["message"] and "x1" not in str(note) and "x2" not in str(note)


@pytest.mark.parametrize(("old", "new"), RENAMES)
def test_both_names_with_one_value(old: str, new: str) -> None:
    done = migrated(values_of(**{old: {"a": [1]}, new: {"a": [1]}}))
    assert done.values == values_of(**{new: {"a": [1]}}) and renames(done)[-1] == (old, new, "same")


@pytest.mark.parametrize("empty", [None, "", {}, []])
def test_an_old_name_without_a_value_does_not_count(empty) -> None:
    both = migrated({"serviceType": empty, "services": {"type": "NodePort"}})
    assert both.values == {"services": {"type": "NodePort"}} and renames(both) == [
        ("serviceType", "services.type", "new")
    ]
    assert migrated({"serviceType": empty}).values == {}


def test_false_is_a_value() -> None:
    done = migrated({"postgres": {"useDefault": False, "default": {"enable": True}}})
    assert done.values == {"postgres": {"default": {"enable": False}}}


def test_all_of_cemanager_goes_to_coderd_and_the_new_name_is_announced() -> None:
    done = migrated({"cemanager": {"accessURL": "https://x", "image": "", "unknown": {"a": None}}})
    assert done.values == {"coderd": {"accessURL": "https://x", "image": "", "unknown": {"a": None}}}
    assert len(done.operations) == 1 and "routes must follow" in done.notes[0]["message"]


@pytest.mark.parametrize("empty", [None, {}, ""])
def test_an_empty_cemanager_goes_since_its_name_alone_decides(empty) -> None:
    done = migrated({"cemanager": empty, "coderd": {"replicas": 2}})
    assert done.values == {"coderd": {"replicas": 2}} and done.notes[0]["what"] == "warning"


def test_an_empty_coderd_is_filled() -> None:
    for empty in (None, {}):
        assert migrated({"coderd": empty, "cemanager": {"replicas": 1}}).values == {"coderd": {"replicas": 1}}


def test_a_pair_within_a_pair_goes_along() -> None:
    resources = {"limits": {"cpu": 1}, "requests": {"storage": "10Gi", "cpu": 1}}
    done = migrated({"timescale": {"resources": resources}})
    assert done.values == {"postgres": {"default": {"resources": resources}}}
    assert [row[2] for row in renames(done)] == ["old", "old"] and len(done.operations) == 1


def test_a_pair_within_a_pair_is_decided_by_itself() -> None:
    new = {"limits": {"cpu": 2}, "requests": {"storage": "20Gi"}}
    old = {"requests": {"cpu": 1}}
    done = migrated({"timescale": {"resources": old}, "postgres": {"default": {"resources": new}}})
    # The new limits never counted. The new storage did: its old name has no value.
    assert done.values["postgres"]["default"]["resources"] == {"requests": {"cpu": 1, "storage": "20Gi"}}


def test_of_the_two_traffic_policies_the_one_that_is_read_counts() -> None:
    values = {"ingress": {"externalTrafficPolicy": "Local", "service": {"externalTrafficPolicy": "Cluster"}}}
    done = migrated(values)
    assert done.values == {"coderd": {"serviceSpec": {"externalTrafficPolicy": "Local"}}}
    assert {row[0]: row[2] for row in renames(done)} == {
        "ingress.externalTrafficPolicy": "old",
        "ingress.service.externalTrafficPolicy": "new",
    }


def test_parents_that_become_empty_go_and_others_stay() -> None:
    done = migrated({"ingress": {"tls": {"hostSecretName": "a", "enable": True}}, "devurls": {"host": "*.x"}})
    assert done.values == {
        "ingress": {"tls": {"enable": True}},
        "coderd": {"devurlsHost": "*.x", "tls": {"hostSecretName": "a"}},
    }


def test_what_is_not_read_any_more_is_told_and_stays() -> None:
    done = migrated({"namespaceWhitelist": ["a"]})
    assert done.values == {"namespaceWhitelist": ["a"]} and done.notes[0]["what"] == "unread"


def test_half_of_the_certificates_is_warned_of() -> None:
    done = migrated({"ingress": {"tls": {"devurlsHostSecretName": "a"}}})
    assert "hostSecretName too" in done.notes[-1]["message"]


def test_a_value_in_the_way_is_refused() -> None:
    with pytest.raises(ClassicError) as caught:
        value_changes.migrated({"coderd": "planted-4711", "cemanager": {"replicas": 1}})
    assert caught.value.code == "invalid" and "planted" not in str(caught.value)


def test_everything_at_once_in_a_file_with_comments() -> None:
    values = values_of(
        **{old: f"v{n}" for n, (old, _new) in enumerate(RENAMES) if not old.startswith("timescale.resources.")}
    )
    values = paths.put(values, parse("coderd.replicas"), 9)
    assert len(renames(migrated(values))) == len(RENAMES) - 1


@pytest.mark.parametrize(
    ("path", "new"),
    [
        ("cemanager.image", "coderd.image"),
        ("cemanager", "coderd"),
        ("timescale.resources.requests.storage", "postgres.default.resources.requests.storage"),
        ("timescale.resources.limits.cpu", "postgres.default.resources.limits.cpu"),
        ("ingress.tls.enable", None),
        ("coderd.image", None),
    ],
)
def test_the_new_name_of_a_path(path: str, new: str | None) -> None:
    found = value_names.new_name(parse(path))
    assert (found and paths.text(found)) == new


@pytest.mark.parametrize("path", value_names.IMAGES, ids=paths.text)
def test_each_image_of_the_chart_is_cleaned(path) -> None:
    public = paths.put({"ssh": 1}, path, "docker.io/coderenvs/coder-service:1.20.0")
    assert value_changes.cleaned(public, "1.21.7").values == {"ssh": 1}
    own = paths.put({}, path, "reg.local:5000/coder-service:1.20.0")
    assert value_changes.cleaned(own, "1.21.7").values == paths.put({}, path, "reg.local:5000/coder-service:1.21.7")
    assert value_changes.cleaned(own, "1.21.7", leave=[path]).operations == []


def test_an_image_without_a_version_is_told() -> None:
    done = value_changes.cleaned({"coderd": {"image": "reg.local/coder-service:stable"}}, "1.21.7")
    assert (
        done.operations == [] and done.notes[0]["action"] == "told" and "without a version" in done.notes[0]["message"]
    )


@pytest.mark.parametrize(
    ("service_next", "remove_them", "left"),
    [
        (True, True, set()),
        (True, False, {"dashboard", "envproxy"}),
        (False, True, {"dashboard", "envproxy"}),
        ("true", True, {"dashboard", "envproxy"}),
    ],
)
def test_what_is_dead_goes_only_once_service_next_is_on(service_next, remove_them: bool, left: set) -> None:
    values = {"coderd": {"serviceNext": service_next}, "dashboard": {"replicas": 1}, "envproxy": {"image": "a"}}
    done = value_changes.without_dead(values, remove_them=remove_them)
    assert done.values.keys() - {"coderd"} == left and len(done.notes) == 2
