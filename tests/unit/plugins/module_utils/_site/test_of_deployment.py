# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.coder.classic.plugins.module_utils._site import of_deployment
from ansible_collections.coder.classic.plugins.modules import coder_deployment_info, coder_deployment_step

GIVEN = {"coder_url": "https://coder.test", "coder_token": "very-secret", "coder_version": "1.21.7"}


def options(**more):
    values, wrong = of_deployment.take({**GIVEN, **more})
    assert wrong == []
    return of_deployment.options(values, of_deployment.STEP)


def test_a_few_lines_are_a_deployment():
    found = options()
    assert (found["release"], found["namespace"], found["chart_ref"]) == ("coder", "coder", "coder")
    assert found["chart_repo_url"] == "https://helm.coder.com" and found["service_next"] is None
    assert (found["lock_takeover"], found["set"], found["pinned_images"]) == (False, {}, "auto")


def test_every_option_is_one_that_the_modules_take():
    assert of_deployment.LOOK.keys() <= coder_deployment_info.ARGUMENTS.keys()
    assert {*of_deployment.STEP, "lock_takeover"} <= coder_deployment_step.ARGUMENTS.keys()


def test_a_chart_that_is_a_file_has_no_repository():
    assert "chart_repo_url" not in options(
        coder_chart_ref="/srv/coder-1.21.7.tgz", coder_chart_repo_url="https://x.test"
    )


@pytest.mark.parametrize(("given", "expected"), [("true", True), (False, None), ("no", None)])
def test_the_layout_is_only_turned_on(given, expected):
    assert options(coder_service_next=given)["service_next"] is expected


def test_its_lock_is_taken_over_by_its_own_name_alone():
    assert options(coder_lock_takeover="coder_primary")["lock_takeover"] is True
    _values, wrong = of_deployment.take({**GIVEN, "coder_lock_takeover": "sydney"})
    assert [entry["code"] for entry in wrong] == ["invalid_variable"]


def test_all_that_is_wrong_is_told_at_once_and_no_secret():
    _values, wrong = of_deployment.take(
        {"coder_token": 7, "coder_update_timeout": "soon", "coder_values": "a secret text"}
    )
    assert [entry["code"] for entry in wrong].count("invalid_variable") == 3
    assert "missing_variable" in {entry["code"] for entry in wrong} and "a secret" not in str(wrong)
