# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.coder.classic.plugins.module_utils._kubernetes import granted

RULES = [
    {"verbs": ["get", "list"], "apiGroups": [""], "resources": ["secrets"]},
    {"verbs": ["patch"], "apiGroups": ["apps"], "resources": ["deployments/scale"], "resourceNames": ["envproxy"]},
    {"verbs": ["*"], "apiGroups": ["batch"], "resources": ["*"]},
    {"verbs": ["update"], "apiGroups": ["*"], "resources": ["*/status"]},
]


@pytest.mark.parametrize(
    ("verb", "group", "resource", "name", "is_granted"),
    [
        ("get", "", "secrets", None, True),
        ("get", "", "secrets", "one", True),
        ("delete", "", "secrets", None, False),
        ("get", "apps", "secrets", None, False),
        ("patch", "apps", "deployments/scale", "envproxy", True),
        ("patch", "apps", "deployments/scale", "other", False),
        ("patch", "apps", "deployments/scale", None, False),
        ("patch", "apps", "deployments", "envproxy", False),
        ("create", "batch", "jobs", None, True),
        ("update", "apps", "deployments/status", "x", True),
        ("update", "apps", "deployments", "x", False),
    ],
)
def test_what_rules_grant(verb, group, resource, name, is_granted):
    assert granted.grants(RULES, verb, group, resource, name) is is_granted


def test_rules_that_are_not_all_are_not_relied_on():
    assert granted.rules({"status": {"resourceRules": RULES, "incomplete": False}}) == RULES
    assert granted.rules({"status": {"resourceRules": RULES, "incomplete": True}}) == []
    assert granted.rules({}) == []
