# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
import requests
from unit.plugins.fake_coder import Call

from ansible_collections.coder.classic.plugins.modules import coder_provider

POOLS = "/api/private/resource-pools"
ONE = POOLS + "/p1"
CONFIG = {"cluster_address": "https://10.0.0.1", "default_namespace": "coder", "ssh_enabled": True}
PROVIDER = {
    "id": "p1",
    "name": "sydney-1",
    "status": "ready",
    "built_in": False,
    "org_whitelist": ["o1"],
    "enable_net_v2": False,
    "config": CONFIG,
}
SECRET = {"envproxy_token": "secret-of-envproxy"}
LOST = requests.exceptions.ConnectionError("Connection aborted.", ConnectionResetError(104, "Connection reset by peer"))


def listed(*providers):
    return Call("GET", POOLS, {"kubernetes": list(providers)})


def read(**fields):
    return Call("GET", ONE, {**PROVIDER, **SECRET, **fields})


def version(text):
    return Call("GET", "/api", {}, headers={"coder-version": text})


def patched(sent, **options):
    return Call("PATCH", ONE, {}, sent=sent, **options)


def test_networking_v2_is_switched_and_read_back(run_module):
    switched = patched({"enable_net_v2": True}, headers={"Date": "Mon, 02 Mar 2026 12:00:05 GMT"})
    calls = [listed(PROVIDER), read(), version("1.21.7"), read(), switched, read(enable_net_v2=True, status="error")]
    result = run_module(coder_provider, calls, name="sydney-1", net_v2=True, consent_in_use=True)
    assert result["changed"] is True
    assert result["provider"]["enable_net_v2"] is True
    assert result["server_time"] == "2026-03-02T12:00:05Z"
    assert result["diff"]["before"]["enable_net_v2"] is False
    assert result["diff"]["after"]["enable_net_v2"] is True
    assert "secret-of-envproxy" not in str(result)


def test_nothing_is_sent_when_nothing_differs(run_module):
    calls = [listed(PROVIDER), read(), version("1.21.7")]
    result = run_module(
        coder_provider, calls, name="sydney-1", net_v2=False, consent_in_use=True, external_connect=True
    )
    assert result["changed"] is False
    assert result["diff"]["before"] == result["diff"]["after"]


def test_check_mode_predicts_the_same_without_a_write(run_module):
    calls = [listed(PROVIDER), read(), version("1.21.7")]
    wanted = {
        "net_v2": True,
        "consent_in_use": True,
        "external_connect": False,
        "new_name": "sydney-a",
        "cordoned": True,
    }
    result = run_module(coder_provider, calls, check_mode=True, name="sydney-1", **wanted)
    assert result["changed"] is True
    assert result["provider"] == {
        **PROVIDER,
        "name": "sydney-a",
        "enable_net_v2": True,
        "config": {**CONFIG, "ssh_enabled": False},
    }
    assert result["diff"]["after"]["cordoned"] is True


def test_all_changes_go_in_one_request_between_cordon_and_proof(run_module):
    off = {**CONFIG, "ssh_enabled": False}
    calls = [
        listed(PROVIDER),
        read(),
        Call("POST", ONE + "/cordon", {}, sent={"reason": "moving"}),
        read(),
        patched({"name": "sydney-a", "config": off}),
        read(name="sydney-a", config=off),
    ]
    wanted = {"new_name": "sydney-a", "external_connect": False, "cordoned": True, "cordon_reason": "moving"}
    assert run_module(coder_provider, calls, name="sydney-1", **wanted)["changed"] is True


def test_uncordoning_comes_last_and_is_changed_each_time(run_module):
    calls = [listed(PROVIDER), read(), Call("POST", ONE + "/uncordon", {})]
    assert run_module(coder_provider, calls, name="sydney-1", cordoned=False)["changed"] is True


def test_a_rename_that_was_done_is_done(run_module):
    calls = [listed({**PROVIDER, "name": "sydney-a"}), read(name="sydney-a")]
    assert run_module(coder_provider, calls, name="sydney-1", new_name="sydney-a")["changed"] is False


@pytest.mark.parametrize(
    ("told", "net_v2", "text"),
    [("1.20.4", True, "1.20.4 has no Networking v2"), ("1.22.3", False, "1.22.3 cannot switch"), ("", True, "version")],
)
def test_a_version_that_does_not_know_the_switch_is_told_nothing(run_module, told, net_v2, text):
    headers = {"coder-version": told} if told else {}
    calls = [listed(PROVIDER), read(), Call("GET", "/api", {}, headers=headers)]
    result = run_module(coder_provider, calls, name="sydney-1", net_v2=net_v2)
    assert result["failure"]["code"] == "unsupported_version"
    assert text in result["msg"]


@pytest.mark.parametrize(("told", "net_v2"), [("1.20.4", False), ("1.22.3", True)])
def test_a_version_without_the_switch_may_be_so_already(run_module, told, net_v2):
    calls = [listed(PROVIDER), read(), version(told)]
    assert run_module(coder_provider, calls, name="sydney-1", net_v2=net_v2)["changed"] is False


def test_a_change_without_effect_is_an_error(run_module):
    calls = [listed(PROVIDER), read(), version("1.21.7"), read(), patched({"enable_net_v2": True}), read()]
    result = run_module(coder_provider, calls, name="sydney-1", net_v2=True, consent_in_use=True)
    assert result["failure"]["code"] == "verify_failed"
    assert "enable_net_v2=False" in result["msg"]


def test_fields_that_were_lost_are_put_back(run_module):
    spoiled = {"enable_net_v2": True, "org_whitelist": [], "config": {**CONFIG, "default_namespace": ""}}
    calls = [
        listed(PROVIDER),
        read(),
        version("1.21.7"),
        read(),
        patched({"enable_net_v2": True}),
        read(**spoiled),
        patched({"org_whitelist": ["o1"], "config": CONFIG}),
        read(enable_net_v2=True),
    ]
    result = run_module(coder_provider, calls, name="sydney-1", net_v2=True, consent_in_use=True)
    assert result["failure"]["code"] == "verify_failed"
    assert "config.default_namespace, org_whitelist: put back" in result["failure"]["untouched"]
    assert result["failure"]["details"] == {
        "fields": {"org_whitelist": ["o1"], "config.default_namespace": "coder"},
        "put_back": True,
    }


def test_what_is_not_known_here_goes_along_and_is_put_back_when_it_was_lost(run_module):
    whole = {**CONFIG, "tolerations": ["secret-of-somebody"]}
    off = {**CONFIG, "ssh_enabled": False}
    calls = [
        listed(PROVIDER),
        read(config=whole),
        read(config=whole),
        patched({"config": {**whole, "ssh_enabled": False}}),
        read(config=off),
        patched({"config": {**whole, "ssh_enabled": False}}),
        read(config={**off, "tolerations": ["secret-of-somebody"]}),
    ]
    result = run_module(coder_provider, calls, name="sydney-1", external_connect=False)
    assert "config.tolerations: put back" in result["failure"]["untouched"]
    assert "secret-of-somebody" not in str(result["failure"]) + result["msg"]


def test_the_order_of_ids_means_nothing(run_module):
    two = {**PROVIDER, "org_whitelist": ["o1", "o2"]}
    calls = [
        listed(two),
        read(org_whitelist=["o1", "o2"]),
        version("1.21.7"),
        read(org_whitelist=["o1", "o2"]),
        patched({"enable_net_v2": True}),
        read(org_whitelist=["o2", "o1"], enable_net_v2=True),
    ]
    assert run_module(coder_provider, calls, name="sydney-1", net_v2=True, consent_in_use=True)["changed"] is True


def test_fields_that_cannot_be_put_back_are_named(run_module):
    calls = [
        listed(PROVIDER),
        read(),
        version("1.21.7"),
        read(),
        patched({"enable_net_v2": True}),
        read(enable_net_v2=True, org_whitelist=[]),
        patched({"org_whitelist": ["o1"]}, status=500),
    ]
    result = run_module(coder_provider, calls, name="sydney-1", net_v2=True, consent_in_use=True)
    assert result["failure"]["untouched"] == "could not be put back: org_whitelist"


@pytest.mark.parametrize(("taken", "failed"), [(True, False), (False, True)])
def test_a_lost_answer_is_settled_by_reading(run_module, taken, failed):
    calls = [
        listed(PROVIDER),
        read(),
        version("1.21.7"),
        read(),
        patched({"enable_net_v2": True}, raises=LOST),
        read(enable_net_v2=taken),
    ]
    result = run_module(coder_provider, calls, name="sydney-1", net_v2=True, consent_in_use=True)
    assert result.get("failed", False) is failed
    assert not failed or result["failure"]["code"] == "unreachable"


def test_a_lost_answer_counts_from_when_the_change_was_seen(run_module):
    later = {"Date": "Mon, 02 Mar 2026 12:00:30 GMT"}
    seen = Call("GET", ONE, {**PROVIDER, "enable_net_v2": True}, headers=later)
    calls = [listed(PROVIDER), read(), version("1.21.7"), read(), patched({"enable_net_v2": True}, raises=LOST), seen]
    result = run_module(coder_provider, calls, name="sydney-1", net_v2=True, consent_in_use=True)
    assert result["server_time"] == "2026-03-02T12:00:30Z"


def test_a_change_that_cannot_be_read_back_is_not_said_to_be_nothing(run_module):
    calls = [listed(PROVIDER), read(), read(), patched({"name": "x"}), Call("GET", ONE, status=500)]
    failure = run_module(coder_provider, calls, name="sydney-1", new_name="x")["failure"]
    assert failure["code"] == "server_error"
    assert failure["untouched"].startswith("not known: the change of provider 'sydney-1'")


def test_a_refused_change_is_not_settled(run_module):
    said = {"error": {"msg": "not now"}}
    refused = Call("PATCH", ONE, said, sent={"name": "x"}, status=400)
    result = run_module(coder_provider, [listed(PROVIDER), read(), read(), refused], name="sydney-1", new_name="x")
    assert (result["failure"]["code"], result["failure"]["why"]) == ("refused", "not now")


def test_an_unknown_provider_is_not_created_by_mistake(run_module):
    result = run_module(coder_provider, [listed(PROVIDER)], name="sydney", net_v2=True, consent_in_use=True)
    assert result["failure"]["code"] == "unknown_provider"


NEW = {"name": "sydney-1", "hostname": "https://proxy.example.com", "cluster_address": "https://10.0.0.1"}
CREATE = {**NEW, "type": "kubernetes"}


@pytest.mark.parametrize("wanted", [True, False])
def test_creation_returns_the_token_only_when_asked(run_module, wanted):
    answer = {"id": "p1", "name": "sydney-1", "status": "pending", **SECRET}
    calls = [listed(), Call("POST", POOLS, answer, sent=CREATE, status=201), read(status="pending")]
    result = run_module(coder_provider, calls, return_envproxy_token=wanted, **NEW)
    assert result["changed"] is True
    assert result["provider"]["status"] == "pending"
    assert result["diff"]["before"] == {}
    assert ("secret-of-envproxy" in str(result)) is wanted


def test_a_token_that_is_lost_on_the_way_is_told(run_module):
    answer = {"id": "p1", "name": "sydney-1", "status": "pending", **SECRET}
    calls = [listed(), Call("POST", POOLS, answer, sent=CREATE, status=201), Call("GET", ONE, status=500)]
    result = run_module(coder_provider, calls, return_envproxy_token=True, **NEW)
    assert "the new provider 'sydney-1' exists" in result["failure"]["untouched"]
    assert "secret-of-envproxy" not in str(result)


def test_creation_in_check_mode(run_module):
    result = run_module(coder_provider, [listed()], check_mode=True, **NEW)
    assert result["changed"] is True
    assert result["provider"]["name"] == "sydney-1"
    assert "id" not in result["provider"]


def test_creation_with_a_lost_answer_says_what_exists(run_module):
    calls = [listed(), Call("POST", POOLS, sent=CREATE, raises=LOST), listed(PROVIDER)]
    result = run_module(coder_provider, calls, **NEW)
    assert "exists now" in result["failure"]["untouched"]
    assert "delete that provider" in result["failure"]["next"]


def test_deletion(run_module):
    calls = [listed(PROVIDER), Call("GET", ONE + "/workspaces", []), Call("DELETE", ONE, {})]
    result = run_module(coder_provider, calls, name="sydney-1", state="absent")
    assert result["changed"] is True
    assert result["diff"]["after"] == {}


def test_deletion_in_check_mode(run_module):
    calls = [listed(PROVIDER), Call("GET", ONE + "/workspaces", [])]
    assert run_module(coder_provider, calls, check_mode=True, name="sydney-1", state="absent")["changed"] is True


def test_deletion_of_what_is_gone(run_module):
    assert run_module(coder_provider, [listed()], name="sydney-1", state="absent")["changed"] is False


def test_deletion_is_refused_while_there_are_workspaces(run_module):
    rows = [{"id": "w1", "name": "ana"}, {"id": "w2", "name": "ben"}]
    calls = [listed(PROVIDER), Call("GET", ONE + "/workspaces", rows)]
    result = run_module(coder_provider, calls, name="sydney-1", state="absent")
    assert result["failure"]["code"] == "refused"
    assert "2 workspaces: ana, ben" in result["msg"]


def test_the_built_in_provider_is_not_deleted(run_module):
    result = run_module(coder_provider, [listed({**PROVIDER, "built_in": True})], name="sydney-1", state="absent")
    assert "built-in" in result["msg"]


@pytest.mark.parametrize(("left", "failed"), [([], False), ([PROVIDER], True)])
def test_a_lost_deletion_is_settled_by_reading(run_module, left, failed):
    gone = Call("DELETE", ONE, raises=LOST)
    calls = [listed(PROVIDER), Call("GET", ONE + "/workspaces", []), gone, listed(*left)]
    assert run_module(coder_provider, calls, name="sydney-1", state="absent").get("failed", False) is failed


def at_work(connected):
    row = {"id": "w1", "name": "ana", "last_connection_at": connected, "latest_stat": {"container_status": "ON"}}
    return Call("GET", f"{ONE}/workspaces", [row])


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_switch_that_cuts_sessions_needs_consent(run_module, check_mode):
    calls = [listed(PROVIDER), read(), version("1.21.7"), at_work("2026-03-02T11:59:00Z")]
    result = run_module(coder_provider, calls, check_mode=check_mode, name="sydney-1", net_v2=True)
    assert result["failure"]["code"] == "consent_missing"
    assert "ana" in result["msg"] and "consent_in_use" in result["failure"]["next"]


def test_a_switch_that_cuts_nobody_s_session_needs_none(run_module):
    asked = [listed(PROVIDER), read(), version("1.21.7"), at_work("2026-03-02T08:00:00Z")]
    switched = [read(), patched({"enable_net_v2": True}), read(enable_net_v2=True)]
    assert run_module(coder_provider, [*asked, *switched], name="sydney-1", net_v2=True)["changed"] is True
