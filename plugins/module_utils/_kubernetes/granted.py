# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the rules of a SelfSubjectRulesReview grant something. Pure; private to this collection.

One such review tells all rights in a namespace, where an access review tells one. What it does not grant is asked for all
the same: not every authorizer can list its rules, and then it says that they are incomplete.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


def rules(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """Those of the review's answer that can be relied on: none where they are incomplete."""
    status = answer.get("status") or {}
    return [] if status.get("incomplete") else status.get("resourceRules") or []


def grants(granted: Iterable[dict[str, Any]], verb: str, group: str, resource: str, name: str | None) -> bool:
    """resource may be ``resource/subresource``; without name the right on objects of whatever name is meant."""
    _parent, slash, subresource = resource.partition("/")
    of_resource = {"*", resource, *([f"*/{subresource}"] if slash else [])}
    return any(
        _has(rule.get("verbs"), {"*", verb})
        and _has(rule.get("apiGroups"), {"*", group})
        and _has(rule.get("resources"), of_resource)
        and (not rule.get("resourceNames") or name in rule["resourceNames"])
        for rule in granted
    )


def _has(values: list[str] | None, wanted: set[str]) -> bool:
    return not wanted.isdisjoint(values or [])
