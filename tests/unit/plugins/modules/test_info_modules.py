# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from unit.plugins.fake_coder import Call

from ansible_collections.coder.classic.plugins.modules import (
    coder_info,
    coder_provider_info,
    coder_satellite_info,
    coder_workspace_info,
)

POOLS = "/api/private/resource-pools"
SYDNEY = {"id": "p1", "name": "sydney-1", "status": "ready", "envproxy_token": "secret"}
FRANKFURT = {"id": "p2", "name": "frankfurt-1", "status": "error"}
WORKSPACES = [
    {
        "id": "w1",
        "name": "ana",
        "latest_stat": {"container_status": "ON"},
        "last_connection_at": "2026-03-02T11:50:00Z",
    },
    {"id": "w2", "name": "ben", "latest_stat": {"container_status": "OFF"}},
]


@pytest.mark.parametrize(
    ("version", "roles", "may_manage", "features"),
    [
        ("1.20.3", ["site-admin"], True, {"satellites": False, "net_v2": "absent", "satellite_fixes": "never"}),
        (
            "1.21.7",
            ["site-member", "site-manager"],
            True,
            {"satellites": True, "net_v2": "option", "satellite_fixes": "good"},
        ),
        ("1.22.3", ["site-member"], False, {"satellites": True, "net_v2": "always", "satellite_fixes": "good"}),
        (None, None, False, None),
    ],
)
def test_coder_info(run_module, version, roles, may_manage, features):
    result = run_module(
        coder_info,
        [
            Call("GET", "/api", {}, headers={"coder-version": version} if version else {}),
            Call("GET", "/api/v0/users/me", {"id": "u", "username": "admin", "roles": roles, "email": "a@example.com"}),
        ],
    )
    assert result["changed"] is False
    assert result["deployment"] == {
        "url": "https://coder.example.com",
        "version": version,
        "user": {"username": "admin", "roles": roles or []},
        "may_manage": may_manage,
        "server_time": "2026-03-02T12:00:00Z",
        "features": features,
    }


def test_an_expired_token_is_said_with_what_to_do(run_module):
    said = {"error": {"msg": "Session expired."}}
    result = run_module(coder_info, [Call("GET", "/api", {}), Call("GET", "/api/v0/users/me", said, status=401)])
    assert result["failed"] is True
    assert result["failure"]["code"] == "unauthorized"
    assert "Where: GET https://coder.example.com/api/v0/users/me" in result["msg"]
    assert "Session expired." in result["msg"]
    assert "Next: " in result["msg"]


def test_provider_info_shows_no_secret(run_module):
    result = run_module(coder_provider_info, [Call("GET", POOLS, {"kubernetes": [SYDNEY, FRANKFURT]})])
    assert [provider["name"] for provider in result["providers"]] == ["sydney-1", "frankfurt-1"]
    assert "secret" not in str(result["providers"])


def test_provider_info_of_one(run_module):
    calls = [Call("GET", POOLS, {"kubernetes": [SYDNEY, FRANKFURT]})]
    assert run_module(coder_provider_info, calls, name="frankfurt-1")["providers"] == [FRANKFURT]


def test_an_unknown_provider_lists_the_known_ones(run_module):
    result = run_module(coder_provider_info, [Call("GET", POOLS, {"kubernetes": [SYDNEY, FRANKFURT]})], name="sydney")
    assert result["failure"]["code"] == "unknown_provider"
    assert "sydney-1 (ready), frankfurt-1 (error)" in result["msg"]


def test_workspace_info_of_a_provider_tells_who_is_in_use(run_module):
    calls = [Call("GET", POOLS, [SYDNEY]), Call("GET", POOLS + "/p1/workspaces", WORKSPACES)]
    result = run_module(coder_workspace_info, calls, provider="sydney-1")
    assert [(row["name"], row["in_use"]) for row in result["workspaces"]] == [("ana", True), ("ben", False)]
    assert result["server_time"] == "2026-03-02T12:00:00Z"


def test_workspace_info_of_all(run_module):
    result = run_module(coder_workspace_info, [Call("GET", "/api/v0/workspaces", WORKSPACES)], idle_minutes=5)
    assert [row["in_use"] for row in result["workspaces"]] == [False, False]


def test_satellite_info_asks_the_satellite_without_the_token(run_module):
    row = {"id": "s1", "name": "sydney", "fingerprint": "f"}
    result = run_module(
        coder_satellite_info,
        [
            Call("GET", "/api/private/satellites", {"data": [row]}),
            Call("GET", "https://sydney.example.com/api/private/satellites/key", {"key": "k", "fingerprint": "f"}),
        ],
        served_by="https://sydney.example.com/",
    )
    assert result["satellites"] == [row]
    assert result["served"] == {"key": "k", "fingerprint": "f", "version": None}
    assert "Session-Token" not in result["requests"][1]["headers"]
