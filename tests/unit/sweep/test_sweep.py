# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What make sweep tries, and how it judges what came of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ansible_collections.coder.classic.plugins.module_utils._site import value_types
from ansible_collections.coder.classic.plugins.module_utils._site.unfit import Unfit
from ansible_collections.coder.classic.plugins.module_utils._site.variables import TABLE
from ansible_collections.coder.classic.plugins.module_utils._site.variables_run import CONSENTS
from sweep import attempts, judge
from sweep.attempts import Attempt

CHECKOUT = Path(__file__).resolve().parents[3]
ALL = list(attempts.attempts(CHECKOUT, TABLE))
BEFORE = {"provider": {}, "uids": {"a": "1"}, "revisions": [1], "replicas": 1, "built": {}, "locks": []}


def attempt(phase="idle", playbook="retire_region.yml", part="titles") -> Attempt:
    return Attempt(part, phase, playbook)


def test_every_task_variable_strategy_and_tag_is_among_them():
    assert {one.part for one in ALL} == set(attempts.PARTS)
    tried = {one.options[1] for one in ALL if one.part == "titles"}
    assert {"Uninstall the old chart, without what must stay", "Scale envproxy to 0", attempts.NOWHERE} <= tried
    assert {name for one in ALL if one.variables for name in json.loads(one.variables)} >= {
        "region_look", "preflight_only", "preflight_goal"
    }  # fmt: skip
    for playbook in (*attempts.CHANGING, *attempts.LOOKING):
        given = [
            name
            for one in ALL
            if one.part == "variables" and one.playbook == playbook
            for name in json.loads(one.variables)
        ]
        assert all(given.count(variable.name) >= 2 for variable in TABLE), playbook
    assert len(ALL) == len(set(ALL))


def test_none_of_them_consents_for_the_region():
    regions = ("sydney", "frankfurt")
    for variable in CONSENTS:
        for value in attempts.odd(variable):
            try:
                read = value_types.read(variable, value, regions)
            except Unfit:
                continue
            # No number is one: waiting until nobody is at work is a consent too.
            assert read in ([], ["sydney"]), (variable.name, value)


@pytest.mark.parametrize(
    ("phase", "playbook", "coder", "clusters"),
    [
        ("idle", "retire_region.yml", [], ["frankfurt-1 delete /api/v1/namespaces/coder/secrets/sh.helm.release.v1.x"]),
        ("moved", "retire_region.yml", [], ["frankfurt-1 create /api/v1/namespaces/coder/secrets?fieldManager=helm"]),
        ("moved", "rollback_region.yml", ["DELETE /api/private/satellites/1"], []),
        ("registered", "migrate_region.yml", ["PATCH /api/private/resource-pools/1"], []),
        ("registered", "migrate_region.yml", [], ["sydney-1 create /api/v1/namespaces/coder-satellite/secrets"]),
        (
            "idle",
            "retire_region.yml",
            [],
            ["frankfurt-1 patch /apis/apps/v1/namespaces/coder/deployments/envproxy/scale"],
        ),
        ("idle", "retire_region.yml", [], ["frankfurt-1 create /apis/coordination.k8s.io/v1/namespaces/coder/leases"]),
    ],
)
def test_what_cuts_somebody_off_or_cannot_be_undone_is_found(phase, playbook, coder, clusters):
    assert judge.unconsented(attempt(phase, playbook), coder, clusters) == [*coder, *clusters]


@pytest.mark.parametrize(
    ("phase", "playbook", "coder", "clusters"),
    [
        ("envproxy", "migrate_region.yml", ["POST /api/private/satellites"], ["frankfurt-1 create /api/v1/namespaces"]),
        ("envproxy", "migrate_region.yml", [], ["frankfurt-1 create /api/v1/namespaces/coder-satellite/secrets"]),
        (
            "idle",
            "rollback_region.yml",
            [],
            ["frankfurt-1 patch /apis/apps/v1/namespaces/coder/deployments/envproxy/scale"],
        ),
        ("idle", "retire_region.yml", [], ["primary create /apis/coordination.k8s.io/v1/namespaces/coder/leases"]),
    ],
)
def test_what_can_be_undone_and_cuts_nobody_off_is_allowed(phase, playbook, coder, clusters):
    assert judge.unconsented(attempt(phase, playbook), coder, clusters) == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, 0), ({"replicas": 2}, 0), ({"replicas": 0}, 1), ({"uids": {}}, 1), ({"locks": ["lease/x"]}, 1),
        ({"revisions": [1, 2], "built": {"x": "now"}}, 2),
    ],
)  # fmt: skip
def test_what_is_not_as_it_was_is_found(change, found):
    assert len(judge.lost(BEFORE, BEFORE | change)) == found


def test_a_documented_variable_must_be_refused_in_our_words():
    assert judge.raw(attempt(part="variables"), 2, "ERROR! Unexpected templating type error")
    assert not judge.raw(attempt(part="variables"), 2, "coder_url is missing\nNext: set it")
    assert not judge.raw(attempt(part="titles"), 1, "No matching task")
    assert judge.raw(attempt(part="titles"), 1, "Traceback (most recent call last):")
