# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
import yaml
from unit.plugins.module_utils._kubernetes.fake_cluster import FakeCluster, record, secret
from unit.plugins.module_utils._region.rights.test_rights_manifest import PUBLISHED, of, plural

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import manifest
from ansible_collections.coder.classic.plugins.modules import coder_rights_info

NAME = "coder-workspace-provider"
PARAMS = {"release": NAME, "namespace": "coder", "group": "coder-operators", "goals": ["look", "migrate", "retire"]}


class Cluster(FakeCluster):
    def resource(self, api_version, kind):
        return plural(api_version, kind) if self.serves(api_version, kind) else None


def cluster(**more) -> Cluster:
    live = [
        {"kind": obj["kind"], "metadata": {"name": obj["name"], "namespace": obj["namespace"]}}
        for obj in manifest.objects(PUBLISHED, "coder")
    ]
    return Cluster([secret(record(PUBLISHED, name=NAME)), *live], **more)


def run(found: Cluster, **params) -> dict:
    return coder_rights_info.run(found, {**PARAMS, **params})


def test_the_manifest_is_that_of_the_release_for_the_goals_and_the_group() -> None:
    result = run(cluster())
    items = [document for goal in PARAMS["goals"] for document in of(goal)]
    assert yaml.safe_load(result["manifest"]) == {"apiVersion": "v1", "kind": "List", "items": items}
    assert (result["missing"], result["user"]) == ({"look": [], "migrate": [], "retire": []}, None)
    only = yaml.safe_load(run(cluster(), goals=["retire"], group="people")["manifest"])["items"]
    assert {subject["name"] for one in only for subject in one.get("subjects", [])} == {"people"}
    assert {one["metadata"]["name"].split("-")[2] for one in only} == {"retire"}


def test_what_is_missing_is_told_by_goal_with_the_user() -> None:
    result = run(cluster(denied={("delete", "services"), ("create", "leases")}))
    assert result["missing"] == {
        "look": [],
        "migrate": ["create leases.coordination.k8s.io in namespace coder"],
        "retire": [
            "delete services envproxy, ingress-nginx in namespace coder",
            "create leases.coordination.k8s.io in namespace coder",
        ],
    }
    assert result["user"] == "jane"


def test_what_a_workspace_uses_stays_and_cannot_be_deleted() -> None:
    found = cluster()
    spec = {"containers": [{"envFrom": [{"configMapRef": {"name": "tcp-services"}}]}]}
    found.put({"kind": "Pod", "metadata": {"name": "ws", "namespace": "coder"}, "spec": spec, "status": {}})
    items = yaml.safe_load(run(found, goals=["retire"])["manifest"])["items"]
    rules = [rule for one in items for rule in one.get("rules", []) if "delete" in rule["verbs"]]
    assert not [rule for rule in rules if "tcp-services" in rule.get("resourceNames", [])]


@pytest.mark.parametrize("status", [None, "uninstalled"])
def test_without_the_release_nothing_is_guessed(status) -> None:
    found = cluster()
    found.objects = {key: obj for key, obj in found.objects.items() if key[0] != "Secret"}
    if status:
        found.put(secret(record(PUBLISHED, name=NAME, info={"status": status})))
    with pytest.raises(ClassicError) as caught:
        run(found)
    assert caught.value.code == "release_not_found"


def test_no_value_of_the_release_is_in_the_answer() -> None:
    assert "very-secret" not in str(run(cluster()))
