# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulator's listeners, spoken to over TLS, on a cluster that is a dictionary."""

from __future__ import annotations

import asyncio
import base64
import logging

import aiohttp
import pytest
from unit.lab.simulated import ADMIN, ENVPROXY_TOKEN, EXPIRED, MEMBER, PROVIDER_TOKEN, SECRETS, Client

from lab.simulator import keys


def satellite(client: Client, private_key: str, ready: int = 1, tag: str = "1.21.7") -> None:
    url, primary = client.config.satellites["sydney"]["url"], client.config.url("primary")
    names = {"CODER_SATELLITE_ACCESS_URL": url, "CODER_PRIMARY_ACCESS_URL": primary}
    client.cluster.deploy("sat", "coderd", tag, ready, **names)
    data = {"privateKey": base64.b64encode(private_key.encode()).decode()}
    client.cluster.objects[SECRETS.format("sat") + "coder-replica-private-key"] = {"metadata": {}, "data": data}


def test_without_a_ready_pod_a_load_balancer_answers(lab):
    async def scenario(client):
        status, body, headers = await client.call("GET", "/api")
        assert (status, "coder-version" in headers) == (502, False)
        assert "502 Bad Gateway" in body
        with pytest.raises(aiohttp.ClientError):
            await client.call("GET", "/api/private/satellites/key", listener="satellite/sydney")

    lab(scenario, deployed=False)


def test_who_may_what(lab):
    async def scenario(client):
        status, _unused, headers = await client.call("GET", "/api", token=None)
        assert (status, headers["coder-version"]) == (200, "1.21.7")
        for token in (None, EXPIRED, "unknown"):
            status, body, _unused = await client.call("GET", "/api/v0/users/me", token=token)
            assert (status, body["error"]["code"]) == (401, "unauthenticated")
        assert (await client.call("GET", "/api/v0/users/me"))[1]["roles"] == ["site-admin"]
        for path in ("/api/private/resource-pools", "/api/private/satellites"):
            assert (await client.call("GET", path, token=MEMBER))[0] == 403
        assert [w["name"] for w in (await client.call("GET", "/api/v0/workspaces", token=MEMBER))[1]] == ["live"]
        assert (await client.call("GET", "/nothing"))[0] == 404

    lab(scenario)


def test_a_provider_becomes_ready_with_its_token_and_its_workspaces_are_built(lab):
    async def scenario(client):
        live = await client.settled("live")
        assert live["latest_stat"]["container_status"] == "ON"
        provider = await client.provider()
        assert (provider["status"], provider["enable_net_v2"]) == ("ready", False)
        pod = client.cluster.objects["/api/v1/namespaces/ns/pods/ws-live"]
        assert pod["spec"]["serviceAccountName"] == "rel-environments"
        assert (await client.workspace("broken"))["latest_stat"]["container_status"] == "OFF"

    lab(scenario)


def test_an_envproxy_with_a_foreign_token_is_not_let_in(lab):
    async def scenario(client):
        await asyncio.sleep(0.7)
        provider = await client.provider()
        assert (provider["status"], "envproxy token" in provider["status_message"]) == ("pending", True)

    lab(scenario, envproxy_token="foreign")


def test_the_built_in_provider_needs_no_envproxy_and_cannot_be_deleted(lab):
    async def scenario(client):
        client.cluster.deploy("ns", "envproxy", ready=0)
        await client.settled("live")
        provider = await client.provider()
        assert (provider["status"], provider["built_in"]) == ("ready", True)
        assert (
            client.cluster.objects["/api/v1/namespaces/ns/pods/ws-live"]["spec"]["serviceAccountName"] == "environments"
        )
        assert await client.connect("live") == 101
        status, body, _unused = await client.call("DELETE", f"/api/private/resource-pools/{provider['id']}")
        assert (status, "built-in" in body["error"]["msg"]) == (400, True)

    lab(scenario, built_in=True)


def test_a_provider_is_created_pending_and_deleted_only_when_empty(lab):
    async def scenario(client):
        await client.settled("live")
        wanted = {
            "name": "oslo",
            "type": "kubernetes",
            "hostname": "https://oslo.invalid",
            "cluster_address": "https://x",
        }
        status, created, _unused = await client.call("POST", "/api/private/resource-pools", wanted)
        assert (status, created["status"], bool(created["envproxy_token"])) == (201, "pending", True)
        assert (await client.call("POST", "/api/private/resource-pools", wanted))[0] == 409
        assert (await client.call("DELETE", f"/api/private/resource-pools/{created['id']}"))[0] == 200
        provider = await client.provider()
        status, body, _unused = await client.call("DELETE", f"/api/private/resource-pools/{provider['id']}")
        assert (status, "still has workspaces" in body["error"]["msg"]) == (400, True)

    lab(scenario)


def test_lost_access_is_an_error_in_the_api_servers_words(lab):
    async def scenario(client):
        await client.settled("live")
        client.cluster.good_tokens.clear()
        provider = await client.provider()
        assert (provider["status"], "Unauthorized" in provider["status_message"]) == ("error", True)
        assert (await client.workspace("live"))["latest_stat"]["container_status"] == "UNKNOWN"
        assert (await client.rebuild("live"))["latest_stat"]["container_status"] == "FAILED"

    lab(scenario)


def test_a_failed_build_leaves_no_container_and_the_old_time(lab):
    async def scenario(client):
        before = await client.settled("live")
        client.cluster.refusal = 'pods "ws-live" is forbidden: exceeded quota'
        after = await client.rebuild("live")
        assert after["latest_stat"]["container_status"] == "FAILED"
        assert after["last_built_at"] == before["last_built_at"]
        assert "/api/v1/namespaces/ns/pods/ws-live" not in client.cluster.objects
        assert client.world.workspaces[after["id"]]["log"][-1]["msg"] == client.cluster.refusal

    lab(scenario)


def test_the_build_log_is_sent_to_its_end(lab):
    async def scenario(client):
        broken = await client.workspace("broken")
        await client.settled("live")
        await client.call("PATCH", f"/api/v0/workspaces/{broken['id']}", {})
        url = client.config.url("primary") + f"/api/private/workspaces/{broken['id']}/watch-update"
        async with client.session.ws_connect(url, headers={"Session-Token": ADMIN}, ssl=client.tls) as log:
            lines = [line.json() async for line in log]
        assert (lines[0]["type"], lines[-1]["type"]) == ("start", "error")
        assert lines[-1]["msg"].startswith(
            "manifest for registry.example.com/codercom/enterprise-base:does-not-exist not found"
        )

    lab(scenario)


def test_turning_networking_v2_on_rebuilds_and_moves_the_way_in(lab):
    async def scenario(client):
        built = (await client.settled("live"))["last_built_at"]
        assert [await client.connect("live", listener=at) for at in ("envproxy/sydney-1", "primary")] == [101, 502]
        path = f"/api/private/resource-pools/{(await client.provider())['id']}"
        status, body, _unused = await client.call("PATCH", path, {"enable_net_v2": True, "nonsense": 1})
        assert (status, body["enable_net_v2"]) == (200, True)
        assert (await client.settled("live"))["last_built_at"] > built
        assert [await client.connect("live", listener=at) for at in ("envproxy/sydney-1", "primary")] == [502, 101]
        client.cluster.deploy("ns", "envproxy", ready=0)
        assert (await client.provider())["status"] == "ready"
        await client.call("PATCH", path, {"enable_net_v2": False})
        assert (await client.provider())["status"] == "error"

    lab(scenario)


@pytest.mark.parametrize("version", ["1.21.0", "1.21.1", "1.21.7"])
def test_from_1_21_1_on_each_toggle_rebuilds_what_runs_and_nothing_else(lab, version):
    async def scenario(client):
        client.cluster.deploy("coder", "coderd", version)
        live, off = await client.settled("live"), await client.workspace("broken")
        path = f"/api/private/resource-pools/{(await client.provider())['id']}"
        for wanted in (True, False):
            await client.call("PATCH", path, {"enable_net_v2": wanted})
            again = await client.settled("live")
            assert (again["last_built_at"] > live["last_built_at"]) is (version != "1.21.0")
            live = again
        assert (await client.workspace("broken"))["last_built_at"] == off["last_built_at"]

    lab(scenario)


@pytest.mark.parametrize(("version", "always"), [("1.20.0", False), ("1.22.3", True)])
def test_outside_1_21_the_switch_is_ignored_with_200(lab, version, always):
    async def scenario(client):
        await client.settled("live")
        client.cluster.deploy("coder", "coderd", version)
        provider = await client.provider()
        status, body, _unused = await client.call(
            "PATCH", f"/api/private/resource-pools/{provider['id']}", {"enable_net_v2": True}
        )
        assert (status, "enable_net_v2" in body) == (200, False)
        assert client.world.providers[provider["id"]]["enable_net_v2"] is False
        client.cluster.deploy("ns", "envproxy", ready=0)
        assert ((await client.provider())["status"] == "ready") is always

    lab(scenario)


def test_a_satellite_serves_its_secrets_key_and_leads_in_once_registered(lab):
    async def scenario(client):
        await client.settled("live")
        at, private = "satellite/sydney", keys.new_private_key()
        satellite(client, private, ready=0)
        with pytest.raises(aiohttp.ClientError):
            await client.call("GET", "/api/private/satellites/key", listener=at)
        satellite(client, private, tag="1.21.6")
        status, served, headers = await client.call("GET", "/api/private/satellites/key", listener=at, token=None)
        assert (status, served, headers["coder-version"]) == (200, keys.served(private), "1.21.6")
        assert (await client.call("GET", "/api/private/satellites/key"))[1]["key"] != served["key"]
        await client.call(
            "PATCH", f"/api/private/resource-pools/{(await client.provider())['id']}", {"enable_net_v2": True}
        )
        await client.settled("live")
        assert await client.connect("live", listener=at) == 502
        wanted = {"name": "sydney", "public_key": served["key"]}
        assert (await client.call("POST", "/api/private/satellites", wanted))[0] == 201
        assert (await client.call("POST", "/api/private/satellites", wanted))[0] == 409
        listed = (await client.call("GET", "/api/private/satellites"))[1]["data"]
        assert [(entry["name"], entry["fingerprint"]) for entry in listed] == [("sydney", served["fingerprint"])]
        assert await client.connect("live", listener=at) == 101
        await client.control("POST", "/faults", {"kind": "not_forwarding", "listener": at})
        assert await client.connect("live", listener=at) == 502
        assert (await client.call("GET", "/api/v0/users/me", listener=at))[0] == 200

    lab(scenario)


def test_a_lost_answer_is_not_a_lost_write(lab):
    async def scenario(client):
        path = f"/api/private/resource-pools/{(await client.provider())['id']}/cordon"
        await client.control("POST", "/faults", {"kind": "reset", "path": "cordon$", "answered": True, "times": 1})
        with pytest.raises(aiohttp.ClientError):
            await client.call("POST", path, {"reason": "moving"})
        (provider,) = (await client.control("GET", "/state"))[1]["providers"]
        assert (provider["cordoned"], provider["cordon_reason"]) == (True, "moving")
        recorded = (await client.control("GET", "/requests"))[1]
        assert [entry["status"] for entry in recorded if entry["path"] == path] == [None]

    lab(scenario)


def test_no_workspace_is_placed_on_a_cordoned_provider(lab):
    async def scenario(client):
        provider = await client.provider()
        path = f"/api/private/resource-pools/{provider['id']}"
        await client.call("POST", f"{path}/cordon", {"reason": "moving"})
        wanted = {"name": "new", "provider": provider["name"], "user": "ana", "state": "off"}
        assert (await client.control("POST", "/workspaces", wanted))[0] == 409
        await client.call("POST", f"{path}/uncordon")
        assert (await client.control("POST", "/workspaces", wanted))[0] == 201

    lab(scenario)


def test_a_cordoned_provider_has_the_status_that_the_setting_names(lab):
    async def scenario(client):
        await client.settled("live")
        path = f"/api/private/resource-pools/{(await client.provider())['id']}"
        await client.call("POST", f"{path}/cordon", {"reason": "moving"})
        assert (await client.provider())["status"] == "ready"
        status, settings = await client.control("PATCH", "/settings", {"cordoned_status": "cordoned"})
        assert (status, settings["cordoned_status"]) == (200, "cordoned")
        assert (await client.provider())["status"] == "cordoned"
        assert (await client.control("GET", "/state"))[1]["providers"][0]["status"] == "cordoned"
        assert await client.connect("live", listener="envproxy/sydney-1") == 101
        await client.call("POST", f"{path}/uncordon")
        assert (await client.provider())["status"] == "ready"

    lab(scenario)


def test_a_lost_access_is_an_error_while_cordoned_too(lab):
    async def scenario(client):
        await client.settled("live")
        await client.control("PATCH", "/settings", {"cordoned_status": "cordoned"})
        await client.call("POST", f"/api/private/resource-pools/{(await client.provider())['id']}/cordon", {})
        client.cluster.good_tokens.clear()
        assert (await client.provider())["status"] == "error"

    lab(scenario)


@pytest.mark.parametrize("value", ["", 1, True, None])
def test_a_status_must_be_a_word(lab, value):
    async def scenario(client):
        status, body = await client.control("PATCH", "/settings", {"cordoned_status": value})
        assert (status, "settings.cordoned_status" in body["error"]) == (400, True)

    lab(scenario)


def test_the_command_line_finds_a_users_workspaces_through_the_members(lab):
    async def scenario(client):
        await client.settled("live")
        users = {one["email"]: one for one in (await client.call("GET", "/api/v0/users"))[1]}
        assert {name: one["roles"] for name, one in users.items()} == {
            "admin@lab.invalid": ["site-admin"],
            "ana@lab.invalid": ["site-member"],
            "ben@lab.invalid": ["site-member"],
            "gone@lab.invalid": ["site-admin"],
        }
        me = (await client.call("GET", "/api/v0/users/me", token=MEMBER))[1]
        assert me == users["ana@lab.invalid"]
        (organisation,) = (await client.call("GET", "/api/v0/orgs", token=MEMBER))[1]
        assert {one["id"]: one["roles"] for one in organisation["members"]} == {
            one["id"]: one["roles"] for one in users.values()
        }

        async def names(user: str, organisation: str) -> list[str]:
            path = f"/api/v0/workspaces?orgs={organisation}&users={user}"
            return [one["name"] for one in (await client.call("GET", path))[1]]

        assert await names(me["id"], organisation["id"]) == ["live"]
        assert await names(users["ben@lab.invalid"]["id"], organisation["id"]) == ["broken"]
        assert await names(users["admin@lab.invalid"]["id"], organisation["id"]) == []
        assert await names(me["id"], "another") == []

    lab(scenario)


def test_every_workspace_has_an_image_that_can_be_asked_for(lab):
    async def scenario(client):
        workspace = await client.workspace("live")
        status, image, _unused = await client.call("GET", f"/api/v0/images/{workspace['image_id']}", token=MEMBER)
        assert (status, image["id"], image["repository"]) == (200, workspace["image_id"], "codercom/enterprise-base")
        assert (await client.call("GET", "/api/v0/images/unknown"))[0] == 404

    lab(scenario)


def test_tokens_are_listed_for_their_user_or_a_manager_and_never_shown(lab):
    async def scenario(client):
        ana = (await client.call("GET", "/api/v0/users/me", token=MEMBER))[1]["id"]
        admin = (await client.call("GET", "/api/v0/users/me"))[1]["id"]
        for user, token in (("me", MEMBER), (ana, MEMBER), (ana, ADMIN)):
            status, keys_of_ana, _unused = await client.call("GET", f"/api/v0/api-keys/{user}", token=token)
            assert (status, [key["user_id"] for key in keys_of_ana]) == (200, [ana])
            assert MEMBER not in str(keys_of_ana)
        assert (await client.call("GET", f"/api/v0/api-keys/{admin}", token=MEMBER))[0] == 403
        for path in ("users", "orgs", "images/x", "api-keys/me"):
            assert (await client.call("GET", f"/api/v0/{path}", token=None))[0] == 401

    lab(scenario)


def test_a_workspace_is_stopped_and_rebuilt_by_its_owner(lab):
    async def scenario(client):
        live = await client.settled("live")
        path = f"/api/v0/workspaces/{live['id']}"
        assert (await client.call("PUT", f"{path}/stop", token=MEMBER))[0] == 200
        assert (await client.workspace("live"))["latest_stat"]["container_status"] == "OFF"
        assert (await client.call("PATCH", path, dict.fromkeys(["image_id", "image_tag"]), token=MEMBER))[0] == 200
        assert (await client.settled("live"))["latest_stat"]["container_status"] == "ON"
        broken = await client.workspace("broken")
        assert (await client.call("PUT", f"/api/v0/workspaces/{broken['id']}/stop", token=MEMBER))[0] == 403

    lab(scenario)


def test_a_frozen_coder_accepts_and_never_answers(lab):
    async def scenario(client):
        fault = (await client.control("POST", "/faults", {"kind": "stall", "listener": "primary"}))[1]["id"]
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.call("GET", "/api"), 0.5)
        await client.control("DELETE", f"/faults/{fault}")
        assert (await client.call("GET", "/api"))[0] == 200

    lab(scenario)


def test_a_bad_certificate_is_served_until_its_fault_is_removed(lab):
    async def scenario(client):
        fault = {"kind": "certificate", "listener": "primary", "certificate": "expired"}
        _unused, added = await client.control("POST", "/faults", fault)
        with pytest.raises(aiohttp.ClientConnectorCertificateError, match="expired"):
            await client.call("GET", "/api")
        await client.control("DELETE", f"/faults/{added['id']}")
        assert (await client.call("GET", "/api"))[0] == 200

    lab(scenario)


def test_a_snapshot_taken_during_a_build_finishes_it_when_restored(lab, tmp_path):
    async def scenario(client):
        live = await client.settled("live")
        await client.control("POST", "/faults", {"kind": "build_hang", "workspace": "live"})
        await client.call("PATCH", f"/api/v0/workspaces/{live['id']}", {})
        await client.control("POST", "/snapshot", {"path": str(tmp_path / "snapshot.json")})
        assert (await client.workspace("live"))["updating"]
        await client.control("POST", "/restore", {"path": str(tmp_path / "snapshot.json")})
        assert (await client.settled("live"))["latest_stat"]["container_status"] == "ON"
        assert (await client.control("GET", "/faults"))[1] == []

    lab(scenario)


def test_no_token_is_logged_recorded_or_shown(lab, caplog):
    caplog.set_level(logging.DEBUG)

    async def scenario(client):
        await client.settled("live")
        await client.connect("live", token=ADMIN)
        await client.connect("live", token="wrong-token")
        provider = await client.provider()
        assert provider["service_account_token"] == PROVIDER_TOKEN
        shown = f"{await client.control('GET', '/requests')}{await client.control('GET', '/state')}{caplog.text}"
        assert "/connect" in shown
        for token in (ADMIN, MEMBER, "wrong-token", PROVIDER_TOKEN, ENVPROXY_TOKEN):
            assert token not in shown

    lab(scenario)


def test_the_chart_repository_serves_its_folder_only_and_can_go_down(lab, tmp_path):
    (tmp_path / "charts").mkdir()
    (tmp_path / "charts" / "index.yaml").write_text("entries: {}\n")

    async def scenario(client):
        base = f"http://127.0.0.1:{client.config.control_port}"
        async with client.session.get(f"{base}/charts/index.yaml") as answer:
            assert (answer.status, await answer.text()) == (200, "entries: {}\n")
        async with client.session.get(f"{base}/charts/..%2Fstate.json") as answer:
            assert answer.status == 404
        await client.control("POST", "/charts/down")
        with pytest.raises(aiohttp.ClientError):
            await client.session.get(f"{base}/charts/index.yaml")

    lab(scenario)
