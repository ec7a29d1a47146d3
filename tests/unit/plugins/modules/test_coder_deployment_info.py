# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
import yaml
from unit.plugins.fake_coder import TOKEN, Call, FakeSession, coder
from unit.plugins.module_utils._deployment.looks import cluster_of
from unit.plugins.module_utils._deployment.scene import STAGES, WANTED, builtin, calls, live, provider

from ansible_collections.coder.classic.plugins.module_utils._arguments import CLUSTER_AUTH, CODER_AUTH, KEPT_LOOK
from ansible_collections.coder.classic.plugins.modules import coder_deployment_info

UNREADABLE = {"kubeconfig": "/nowhere/config"}


def run(stage, **options):
    played = calls(STAGES[stage].version, [builtin(), provider()])
    session = FakeSession(*played, in_order=False)
    result = coder_deployment_info.run(
        coder(session),
        {**WANTED, "max_age": 0, "backup_dir": None, **options},
        connect=lambda _access: cluster_of(live(STAGES[stage])),
    )
    session.finish()
    assert result["changed"] is False
    return result["deployment"]


@pytest.mark.parametrize("stage", STAGES)
def test_the_answer_is_what_the_documentation_says(stage) -> None:
    deployment = run(stage)
    documented = yaml.safe_load(coder_deployment_info.RETURN)["deployment"]["contains"]
    assert set(deployment) == set(documented)
    assert deployment["phase"] == stage
    text = json.dumps(deployment)
    assert [word for word in ("very-secret", TOKEN) if word in text] == []


def test_a_deployment_at_its_beginning() -> None:
    deployment = run("1.20")
    assert deployment["versions"] == {"api": "1.20.3", "release": "1.20.3", "images": "1.20.3"}
    assert (deployment["path"], deployment["target"]) == (["1.21.7", "1.22.3"], "1.21.7")
    assert deployment["blockers"] == []
    assert deployment["journey"]["next_command"] == "update_coder.yml -e coder_version=1.21.7"
    assert deployment["next_step"].startswith("Run update_coder.yml")


def test_a_version_that_is_refused_is_a_result_and_no_failure() -> None:
    found = [entry["code"] for entry in run("1.20", version="1.22.3")["blockers"]]
    # All at once: what its last hop will demand too.
    assert found == ["skipped_minor", "networking_v2_off"]


def test_the_options_are_documented() -> None:
    documented = yaml.safe_load(coder_deployment_info.DOCUMENTATION)["options"]
    shared = {**CODER_AUTH, **CLUSTER_AUTH, **KEPT_LOOK}
    own = {name: of for name, of in coder_deployment_info.ARGUMENTS.items() if name not in shared}
    assert set(documented) == set(own)
    assert set(documented["regions"]["suboptions"]) == set(own["regions"]["options"])
    for name, of in own.items():
        assert of.get("default") == documented[name].get("default")


def test_both_ways_with_a_cluster_that_is_not_to_be_had(run_module) -> None:
    said = {"error": {"msg": "Session expired."}}
    result = run_module(
        coder_deployment_info, [Call("GET", "/api/v0/users/me", said, status=401)], check_mode=True, **UNREADABLE
    )
    assert "failed" not in result and result["changed"] is False
    deployment = result["deployment"]
    assert [entry["code"] for entry in deployment["blockers"]] == ["unauthorized", "invalid"]
    assert deployment["phase"] == "unknown" and deployment["release"]["exists"] is None


def test_a_region_without_its_phase_is_refused(run_module) -> None:
    result = run_module(coder_deployment_info, [], **UNREADABLE, regions=[{"region": "sydney"}])
    assert result["failed"] is True
    assert "missing required arguments: phase found in regions" in result["msg"]


def test_an_unusable_url_fails_the_module_with_what_to_do(run_module) -> None:
    result = run_module(coder_deployment_info, [], **UNREADABLE, url="coder.example.com")
    assert result["failed"] is True and result["failure"]["code"] == "invalid"
