# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from unit.plugins.fake_coder import URL, Call, FakeSession, coder

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

POOLS = "/api/private/resource-pools"
SECRETS = {"envproxy_token": "secret-1", "service_account_token": "secret-2", "cluster_ca": "secret-3"}


def played(*calls):
    session = FakeSession(*calls)
    return session, coder(session)


def test_version_is_the_header_whatever_the_body():
    session, client = played(Call("GET", "/api", text="<html>", headers={"coder-version": "1.21.7"}))
    assert client.version() == "1.21.7"
    session.finish()


@pytest.mark.parametrize("status", [200, 404])
def test_version_may_be_unknown(status):
    _session, client = played(Call("GET", "/api", text="", status=status))
    assert client.version() is None


def test_server_time_asks_only_when_nothing_was_answered_yet():
    session, client = played(Call("GET", "/api", text=""))
    assert client.server_time().isoformat() == "2026-03-02T12:00:00+00:00"
    client.server_time()
    session.finish()


def test_server_time_needs_a_date():
    _session, client = played(Call("GET", "/api", text="", headers={"Date": ""}))
    with pytest.raises(ClassicError, match="no Date header"):
        client.server_time()


def test_providers_hold_only_known_fields():
    pool = {"id": "1", "name": "sydney-1", **SECRETS, "config": {"ssh_enabled": True, "token": "secret-4"}}
    for answer in ({"kubernetes": [pool]}, [pool]):
        _session, client = played(Call("GET", POOLS, answer))
        assert client.providers() == [{"id": "1", "name": "sydney-1", "config": {"ssh_enabled": True}}]
    _session, client = played(Call("GET", POOLS + "/1", pool))
    assert "secret" not in str(client.provider("1"))


def test_workspaces_hold_only_known_fields():
    row = {"id": "w", "name": "n", "updating": False, "secret": 1, "latest_stat": {"container_status": "ON", "x": 1}}
    known = {"id": "w", "name": "n", "updating": False, "latest_stat": {"container_status": "ON"}}
    session, client = played(
        Call("GET", "/api/v0/workspaces", [row]),
        Call("GET", POOLS + "/1/workspaces", [row]),
        Call("GET", "/api/v0/workspaces/w", row),
    )
    assert [client.workspaces(), client.provider_workspaces("1"), client.workspace("w")] == [[known], [known], known]
    session.finish()


def test_every_write_is_one_request():
    unchanged = dict.fromkeys(["image_id", "image_tag", "cpu_cores", "memory_gb", "disk_gb", "gpus", "template_id"])
    created = {"type": "kubernetes", "name": "n", "hostname": "https://h", "cluster_address": "https://c"}
    session, client = played(
        Call("POST", POOLS, {"id": "1", "name": "n", "envproxy_token": "t", "x": 1}, sent=created, status=201),
        Call("PATCH", POOLS + "/1", {}, sent={"name": "m"}),
        Call("POST", POOLS + "/1/cordon", {}, sent={"reason": "r"}),
        Call("POST", POOLS + "/1/uncordon", {}),
        Call("DELETE", POOLS + "/1", {}),
        Call("PATCH", "/api/v0/workspaces/w", {}, sent=unchanged),
        Call("PUT", "/api/v0/workspaces/w/stop", {}),
        Call("POST", "/api/private/satellites", {"data": {"id": "s", "x": 1}}, sent={"name": "s", "public_key": "k"}),
        Call("DELETE", "/api/private/satellites/s", {}),
    )
    assert client.create_provider("n", "https://h", "https://c") == {"id": "1", "name": "n", "envproxy_token": "t"}
    client.update_provider("1", {"name": "m"})
    client.cordon("1", "r")
    client.uncordon("1")
    client.delete_provider("1")
    client.rebuild("w")
    client.stop("w")
    assert client.create_satellite("s", "k") == {"id": "s"}
    client.delete_satellite("s")
    session.finish()


def test_an_id_cannot_leave_its_place_in_the_path():
    session, client = played(Call("GET", POOLS + "/..%2F..%2Fx%3F", {}))
    client.provider("../../x?")
    session.finish()


@pytest.mark.parametrize("empty", [{"data": []}, {"data": None}, {}])
def test_no_satellites(empty):
    _session, client = played(Call("GET", "/api/private/satellites", empty))
    assert client.satellites() == []


@pytest.mark.parametrize("answer", ["ok", 5, {"kubernetes": "x"}, {"kubernetes": [1]}])
def test_json_of_another_shape_is_not_coder(answer):
    _session, client = played(Call("GET", POOLS, answer))
    with pytest.raises(ClassicError) as caught:
        client.providers()
    assert caught.value.code == "not_json"
    assert caught.value.where == URL + POOLS
