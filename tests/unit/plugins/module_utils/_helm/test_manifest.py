# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import manifest

NAMED = "kind: Role\nmetadata:\n  name: a\n"
ROLE = ("Role", "ns", "a")


def test_objects_have_identity_scope_and_policy() -> None:
    text = """---
# Source: only a comment
---
apiVersion: v1
kind: ServiceAccount
metadata:
  name: coder
  annotations: {helm.sh/resource-policy: ' KEEP '}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: wide}
---
kind: Role
metadata: {name: elsewhere, namespace: other, annotations: {helm.sh/resource-policy: delete}}
"""
    found = manifest.objects(text, "ns")
    assert [manifest.identity(obj) for obj in found] == [
        ("ServiceAccount", "ns", "coder"),
        ("ClusterRole", None, "wide"),
        ("Role", "other", "elsewhere"),
    ]
    assert [obj["keep"] for obj in found] == [True, False, False]
    assert [obj["api_version"] for obj in found] == ["v1", "rbac.authorization.k8s.io/v1", "v1"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (NAMED, 'kind: Role\nmetadata:\n  annotations: {"helm.sh/resource-policy": "keep"}\n  name: a\n'),
        (
            "kind: Role\nmetadata:\n  annotations:\n  name: a\n",
            'kind: Role\nmetadata:\n  annotations: {"helm.sh/resource-policy": "keep"}\n  name: a\n',
        ),
        (
            "kind: Role\nmetadata:\n  annotations: {}\n  name: a\n",
            'kind: Role\nmetadata:\n  annotations: {"helm.sh/resource-policy": "keep"}\n  name: a\n',
        ),
        (
            "kind: Role\nmetadata:\n  annotations:\n    # why\n    on: '12:30'\n  name: a\n",
            "kind: Role\nmetadata:\n  annotations:\n    # why\n    helm.sh/resource-policy: \"keep\"\n    on: '12:30'\n  name: a\n",
        ),
        (
            "kind: Role\nmetadata:\n  annotations:\n    helm.sh/resource-policy:\n  name: a\n",
            'kind: Role\nmetadata:\n  annotations:\n    helm.sh/resource-policy: "keep"\n  name: a\n',
        ),
        (
            "kind: Role\nmetadata:\n  annotations: {helm.sh/resource-policy: delete, q: r}\n  name: a\n",
            'kind: Role\nmetadata:\n  annotations: {helm.sh/resource-policy: "keep", q: r}\n  name: a\n',
        ),
        (
            '{"kind":"Role","metadata":{"name":"a"}}',
            '{"kind":"Role","metadata":{"annotations": {"helm.sh/resource-policy": "keep"}, "name":"a"}}',
        ),
    ],
)
def test_the_policy_is_added_as_text(before: str, after: str) -> None:
    assert manifest.with_keep(before, [ROLE], "ns") == after
    assert manifest.with_keep(after, [ROLE], "ns") == after


LIST = """kind: RoleBindingList
apiVersion: rbac.authorization.k8s.io/v1
items:
- metadata: {name: a, annotations: {helm.sh/resource-policy: keep}}
- {kind: Role, apiVersion: v1, metadata: {name: a}}
- {metadata: {}}
"""


def test_the_items_of_a_list_are_objects_that_go_with_their_list() -> None:
    found = manifest.objects(LIST, "ns")
    assert [manifest.identity(obj) for obj in found] == [("RoleBinding", "ns", "a"), ROLE]
    assert found[0]["api_version"] == "rbac.authorization.k8s.io/v1"
    # helm goes by the List's own annotations.
    assert [(obj["keep"], obj["goes"]) for obj in found] == [(False, True)] * 2
    kept_list = LIST + "metadata: {annotations: {helm.sh/resource-policy: keep}}\n"
    assert [obj["keep"] for obj in manifest.objects(kept_list, "ns")] == [True, True]
    assert manifest.with_keep(kept_list, [ROLE], "ns") == kept_list
    with pytest.raises(ClassicError) as caught:
        manifest.with_keep(LIST, [ROLE], "ns")
    assert caught.value.code == "invalid" and "Role/a" in caught.value.what and "List" in caught.value.why


def test_a_custom_resource_with_items_that_are_no_objects_is_one_object() -> None:
    text = "apiVersion: x/v1\nkind: Checks\nmetadata: {name: a}\nitems: [one, two]\n"
    assert [obj["kind"] for obj in manifest.objects(text, "ns")] == ["Checks"]


@pytest.mark.parametrize(
    ("annotation", "keep", "goes"),
    [
        ("helm.sh/resource-policy: Keep", True, False),
        ("helm.sh/resource-policy: delete", False, False),
        ("helm.sh/hook: pre-install", False, False),
        ("other: keep", False, True),
    ],
)
def test_what_helm_neither_keeps_nor_deletes(annotation: str, keep: bool, goes: bool) -> None:
    (obj,) = manifest.objects(f"kind: Role\nmetadata: {{name: a, annotations: {{{annotation}}}}}\n", "ns")
    assert (obj["keep"], obj["goes"]) == (keep, goes)


def test_an_object_that_stands_twice_is_kept_only_when_both_say_so() -> None:
    twice = f"{NAMED}---\n{NAMED}"
    assert manifest.kept(manifest.objects(twice, "ns")) == set()
    half = f"{NAMED}  annotations: {{helm.sh/resource-policy: keep}}\n---\n{NAMED}"
    assert manifest.kept(manifest.objects(half, "ns")) == set()
    sealed = manifest.with_keep(twice, [ROLE], "ns")
    assert sealed.count("helm.sh/resource-policy") == 2
    assert manifest.kept(manifest.objects(sealed, "ns")) == {ROLE}
    assert manifest.with_keep(half, [ROLE], "ns").count("helm.sh/resource-policy") == 2


def test_windows_line_ends() -> None:
    text = (f"---\n# Source: a\n{NAMED}---\nkind: Role\nmetadata:\n  name: b\n").replace("\n", "\r\n")
    sealed = manifest.with_keep(text, [ROLE], "ns")
    assert [(obj["name"], obj["keep"]) for obj in manifest.objects(sealed, "ns")] == [("a", True), ("b", False)]
    assert sealed.endswith("---\r\nkind: Role\r\nmetadata:\r\n  name: b\r\n")


def test_all_other_documents_stay_byte_for_byte() -> None:
    others = (
        "---\n# Source: x\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  a: |\n    x\n      ---\n    y  \n--- # odd\n"
    )
    sealed = manifest.with_keep(others + NAMED + "---\n  \n", [ROLE], "ns")
    assert sealed.startswith(others)
    assert sealed.endswith("  name: a\n---\n  \n")


def test_an_unknown_object_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ClassicError) as caught:
        manifest.with_keep(NAMED, [ROLE, ("Role", "ns", "b")], "ns")
    assert caught.value.code == "not_found"
    assert "Role/b" in caught.value.what and "Role/a" in caught.value.next_step


def test_annotations_shared_by_an_alias_are_not_touched() -> None:
    shared = "kind: Role\nmetadata:\n  labels: &x {a: b}\n  annotations: *x\n  name: a\n"
    merged = "x: &x {annotations: {a: b}}\nkind: Role\nmetadata:\n  <<: *x\n  name: a\n"
    for text in (shared, merged):
        with pytest.raises(ClassicError, match="without changing something else"):
            manifest.with_keep(text, [ROLE], "ns")


def test_invalid_yaml_does_not_quote_the_manifest() -> None:
    with pytest.raises(ClassicError) as caught:
        manifest.objects("kind: Secret\nstringData: {token: hunter2-secret\n", "ns")
    assert caught.value.code == "invalid"
    assert "hunter2" not in str(caught.value)


def test_differences_name_the_smallest_part() -> None:
    old = "kind: D\nmetadata: {name: d}\nspec: {replicas: 1, list: [{a: 1}, {a: 2}], on: yes}\n"
    new = "kind: D\nmetadata: {name: d, labels: {}}\nspec: {replicas: 0, list: [{a: 1}, {a: '2'}], on: true}\n"
    found = manifest.differences(old, new, "ns")
    assert [(leaf["path"], leaf["before"], leaf["after"]) for leaf in found] == [
        (("spec", "replicas"), 1, 0),
        (("spec", "list", 1, "a"), 2, "2"),
    ]


def test_differences_see_gone_added_doubled_and_retyped_objects() -> None:
    one, two = "kind: A\nmetadata: {name: x}\n", "kind: B\nmetadata: {name: x}\n"
    assert [leaf["identity"][0] for leaf in manifest.differences(one, two, "ns")] == ["A", "B"]
    assert len(manifest.differences(one, f"{one}---\n{one}", "ns")) == 1
    assert len(manifest.differences("apiVersion: a/v1\n" + one, "apiVersion: b/v1\n" + one, "ns")) == 2
    assert manifest.differences(one, f"---\n# other comment\n{one}", "ns") == []


def test_true_is_not_one() -> None:
    found = manifest.leaves_that_differ({"a": True}, {"a": 1})
    assert found == [{"path": ("a",), "before": True, "after": 1}]
