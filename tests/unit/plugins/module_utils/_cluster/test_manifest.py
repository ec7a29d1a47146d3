# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.coder.classic.plugins.module_utils._cluster import manifest
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

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


def test_all_other_documents_stay_byte_for_byte() -> None:
    others = "---\n# Source: x\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  a: |\n    x\n      ---\n    y  \n--- # odd\n"
    sealed = manifest.with_keep(others + NAMED + "---\n  \n", [ROLE], "ns")
    assert sealed.startswith(others)
    assert sealed.endswith("  name: a\n---\n  \n")


def test_an_unknown_object_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ClassicError) as caught:
        manifest.with_keep(NAMED, [ROLE, ("Role", "ns", "b")], "ns")
    assert caught.value.code == "not_found"
    assert "Role/b" in caught.value.what and "Role/a" in caught.value.next_step


def test_annotations_shared_by_an_alias_are_not_touched() -> None:
    text = "kind: Role\nmetadata:\n  labels: &x {a: b}\n  annotations: *x\n  name: a\n"
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
