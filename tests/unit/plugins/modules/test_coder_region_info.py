# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

from unit.plugins.fake_coder import TOKEN, Call, FakeSession, coder
from unit.plugins.module_utils._region.observe.test_observe_cluster import Cluster, installed
from unit.plugins.module_utils._region.scene import WANTED, provider, workspace

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.modules import coder_region_info

ADMIN = {"id": "u", "username": "ops", "roles": ["site-manager"]}
OPTIONS = {
    "region": "sydney",
    "provider": "sydney-1",
    "release": "prov",
    "namespace": "coder",
    "satellite": {
        "name": "sydney",
        "url": "https://sydney.coder.test",
        "namespace": "coder-satellite",
        "release": "coder-satellite",
    },
}


def calls():
    return [
        Call("GET", "/api", {}, headers={"coder-version": "1.21.7"}),
        Call("GET", "/api/v0/users/me", ADMIN),
        Call("GET", "/api/private/resource-pools", {"kubernetes": [provider(envproxy_token="hide-me")]}),
        Call("GET", "/api/private/resource-pools/id-sydney-1/workspaces", [workspace("ana")]),
        Call("GET", "/api/private/satellites", {"data": []}),
    ]


def closed(url, **options):
    raise ClassicError("No connection", code="not_found" if "sydney" not in url else "unreachable", where=url)


def run(connect, *, played=None, fetch=closed, **options):
    session = FakeSession(*(calls() if played is None else played), in_order=False)
    result = coder_region_info.run(coder(session), {**WANTED, "max_age": 0, **options}, connect=connect, fetch=fetch)
    session.finish()
    return result["region"]


def test_a_region_that_is_fit_to_migrate():
    region = run(lambda access: Cluster(installed()))
    assert (region["phase"], region["next_goal"]) == ("envproxy", "migrate")
    assert [entry for entry in region["blockers"] if "migrate" in entry["for"]] == []
    assert region["next_step"].startswith("Run migrate_region.yml -l sydney")
    assert region["deployment"]["server_time"] == "2026-03-02T12:00:00Z"
    assert region["workspaces"]["to_rebuild"] == ["ana"]
    assert region["release"]["kept_uids"]["ServiceAccount/coder"] == "uid-serviceaccount-coder"
    assert region["envproxy"]["ready"] == 2
    text = json.dumps(region)
    assert [word for word in ("hide-me", "very-secret", TOKEN) if word in text] == []


def test_a_canary_that_does_not_exist_stops_everything_before_it_begins():
    region = run(lambda access: Cluster(installed()), canary="anna")
    assert [entry["for"] for entry in region["blockers"] if entry["code"] == "not_found"] == [
        ["migrate", "retire", "rollback", "update"]
    ]


def test_gitops_marks_stop_the_retirement_unless_it_is_said_to_be_suspended():
    def stopped(**options):
        found = run(lambda access: Cluster(installed()), **options)["blockers"]
        return "managed_by_gitops" in [entry["code"] for entry in found]

    assert (stopped(), stopped(gitops_suspended=["sydney"])) == (True, False)


def test_each_cluster_is_reached_by_its_own_access_data():
    asked = []

    def connect(access):
        asked.append(access.get("context"))
        return Cluster(installed())

    primary = {"context": "main", "kubeconfig": None, "namespace": "coder-main", "cluster_uid": None}
    run(connect, context="sydney-2", primary=primary)
    assert sorted(asked) == ["main", "sydney-1", "sydney-2"]


def test_each_cluster_says_which_it_is_and_who_said_so():
    primary = {"context": "main", "kubeconfig": None, "namespace": "coder-main", "cluster_uid": None}
    region = run(lambda access: Cluster(installed()), primary=primary)
    assert [(one["of"], one["source"]) for one in region["clusters"]] == [
        (of, Cluster.source) for of in ("provider", "satellite", "main deployment")
    ]
    assert {(one["where"], one["uid"]) for one in region["clusters"]} == {(Cluster.where, "uid-1")}


def test_everything_broken_at_once_is_a_result_with_all_findings():
    def connect(access):
        raise ClassicError(
            f"Cannot use {access['context']}", code="invalid", where=access["context"], why="no such context"
        )

    def login_page(url, **options):
        raise ClassicError("Not JSON", code="not_json", where=url, why="HTML")

    said = {"error": {"msg": "expired"}}
    played = [Call("GET", "/api/v0/users/me", said, status=401)]
    region = run(connect, played=played, fetch=login_page, context="sydney-2")
    assert region["phase"] == "unknown"
    assert [(entry["code"], entry["where"]) for entry in region["blockers"]] == [
        ("unauthorized", "GET https://coder.example.com/api/v0/users/me"),
        ("invalid", "cluster of the provider, sydney-2"),
        ("invalid", "cluster of the satellite, sydney-1"),
        ("not_json", "https://sydney.coder.test"),
    ]
    assert region["cluster"] == {"where": "sydney-2", "uid": None, "version": None}
    json.dumps(region)


def test_an_unusable_url_fails_the_module_with_what_to_do(run_module):
    satellite = {**OPTIONS["satellite"], "url": "sydney.coder.test"}
    result = run_module(coder_region_info, [], **{**OPTIONS, "satellite": satellite})
    assert result["failed"] is True
    assert result["failure"]["code"] == "invalid"
    assert "https://coder.example.com" in result["msg"]


def test_a_satellite_without_its_namespace_is_refused(run_module):
    satellite = {key: value for key, value in OPTIONS["satellite"].items() if key != "namespace"}
    result = run_module(coder_region_info, [], **{**OPTIONS, "satellite": satellite})
    assert "missing required arguments: namespace found in satellite" in result["msg"]
