# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulator's decisions, without sockets and clusters."""

from __future__ import annotations

import asyncio
import copy
import json
import stat

import pytest

from lab.simulator import config, gate, keys, observed, providers, state, versions, workspaces
from lab.simulator.access import Access
from lab.simulator.faults import Faults
from lab.simulator.recording import Recorder
from lab.simulator.tls import Certificates
from lab.simulator.wire import Dropped, Refused

RAW = {
    "state_path": "/s",
    "ca_path": "/c",
    "certificates_dir": "/d",
    "listeners": {"primary": 1, "satellite/sydney": 2, "envproxy/sydney-1": 3},
    "control_port": 4,
    "charts_dir": "/h",
    "clusters": {"one": {"admin_kubeconfig": "/k", "context": "one"}},
    "primary": {"cluster": "one", "namespace": "coder"},
    "database": {"sockets": "/s", "port": 5, "password_path": "/p"},
    "satellites": {"sydney": {"url": "https://127.0.0.1:2"}},
    "users": [{"token": "t", "username": "admin", "roles": ["site-admin"]}],
    "providers": [
        {
            "name": "sydney-1",
            "cluster": "one",
            "namespace": "ns",
            "release": "r",
            "envproxy_access_url": "https://127.0.0.1:3",
            "envproxy_token": "e",
            "workspaces": [{"name": "w", "user": "ana", "state": "off"}],
        }
    ],
    "settings": {},
}


@pytest.mark.parametrize(
    ("path", "value", "names"),
    [
        (("primary", "cluster"), "two", "primary.cluster: 'two' is none of one"),
        (("primary", "entry"), "door", "primary.entry: 'door' is none of release, custom"),
        (("listeners", "satellite/oslo"), 9, "listeners.satellite/oslo: 'oslo' is none of sydney"),
        (("listeners", "other"), 9, "listeners.other"),
        (("providers", 0, "cluster"), "two", "providers.sydney-1.cluster"),
        (("providers", 0, "workspaces", 0, "state"), "gone", "providers.sydney-1.workspaces.w.state"),
        (("users", 0), {"token": "t"}, "users: username, roles is missing"),
    ],
)
def test_a_wrong_configuration_is_refused_by_key(path, value, names):
    raw = copy.deepcopy(RAW)
    target = raw
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    with pytest.raises(config.ConfigError) as refusal:
        config.check(raw)
    assert names in str(refusal.value)


def test_the_right_configuration_is_taken_with_default_settings(tmp_path):
    path = tmp_path / "simulator.json"
    path.write_text(json.dumps({**RAW, "settings": {"build_seconds": 3}}))
    loaded = config.load(path)
    assert loaded.settings == {**config.DEFAULT_SETTINGS, "build_seconds": 3}
    assert loaded.url("satellite/sydney") == "https://127.0.0.1:2"


@pytest.mark.parametrize("setting", [{"token_source": "sky"}, {"build_seconds": "3"}, {"agent_connected": 1}, {"x": 1}])
def test_an_unusable_setting_is_refused(setting):
    with pytest.raises(config.ConfigError):
        config.check_settings(setting)


def test_the_state_is_private_whole_and_restorable(tmp_path):
    store = state.Store(tmp_path / "state.json", {"settings": {"a": 1}})
    store.save()
    store.snapshot(tmp_path / "before.json")
    store.data["settings"]["a"] = 2
    store.save()
    assert json.loads((tmp_path / "state.json").read_text()) == {"settings": {"a": 2}}
    store.restore(tmp_path / "before.json")
    assert store.data == json.loads((tmp_path / "state.json").read_text()) == {"settings": {"a": 1}}
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in tmp_path.iterdir())


def test_the_served_key_is_the_public_part_of_the_private_one():
    private = keys.new_private_key()
    served = keys.served(private)
    assert served["key"].startswith("-----BEGIN PUBLIC KEY-----")
    assert served["fingerprint"] == keys.fingerprint(served["key"])
    assert served["fingerprint"] != keys.served(keys.new_private_key())["fingerprint"]


def test_a_limited_fault_lets_some_pass_and_is_used_up():
    faults = Faults()
    faults.add(
        {"kind": "status", "status": 503, "method": "get", "path": "/users", "listener": "sat*", "after": 1, "times": 2}
    )
    hits = [faults.for_request("satellite/sydney", "GET", "/api/v0/users/me") for _unused in range(5)]
    assert [bool(hit) for hit in hits] == [False, True, True, False, False]
    assert faults.listed() == []


def test_a_fault_meets_only_what_it_names():
    faults = Faults()
    faults.add({"kind": "reset", "method": "PATCH", "path": "resource-pools/[^/]+$", "listener": "primary"})
    assert not faults.for_request("primary", "GET", "/api/private/resource-pools/1")
    assert not faults.for_request("satellite/a", "PATCH", "/api/private/resource-pools/1")
    assert not faults.for_request("primary", "PATCH", "/api/private/resource-pools/1/cordon")
    assert faults.for_request("primary", "PATCH", "/api/private/resource-pools/1")


@pytest.mark.parametrize(
    "fault",
    [
        {},
        {"kind": "rain"},
        {"kind": "status"},
        {"kind": "reset", "path": "("},
        {"kind": "migration_slow"},
        {"kind": "certificate", "listener": "primary", "certificate": "old"},
    ],
)
def test_a_wrong_fault_is_refused(fault):
    with pytest.raises(ValueError):
        Faults().add(fault)


def test_a_hang_used_up_by_its_build_holds_it_until_removed():
    faults = Faults()
    fault_id = faults.add({"kind": "build_hang", "workspace": "w*", "times": 1})
    fault = faults.for_build("build_hang", "w1")
    faults.hold(fault)
    assert faults.is_held(fault) and not faults.for_build("build_hang", "w2")
    assert faults.remove(fault_id) is fault
    assert not faults.is_held(fault)


def test_request_faults_become_answers_or_resets():
    answer = asyncio.run(gate.faulty_answer({"kind": "status", "status": 429, "headers": {"Retry-After": "3"}}))
    assert (answer.status, answer.headers["Retry-After"]) == (429, "3")
    answer = asyncio.run(gate.faulty_answer({"kind": "redirect", "location": "https://elsewhere.invalid/"}))
    assert (answer.status, answer.headers["Location"]) == (302, "https://elsewhere.invalid/")
    with pytest.raises(Dropped):
        asyncio.run(gate.faulty_answer({"kind": "reset"}))
    assert asyncio.run(gate.faulty_answer({"kind": "reset", "answered": True})) is None
    assert asyncio.run(gate.faulty_answer({"kind": "stall", "seconds": 0})) is None
    assert asyncio.run(gate.faulty_answer({"kind": "version", "version": "1.20.4"})) is None


@pytest.mark.parametrize(
    ("workspace", "pod_phase", "problem", "expected"),
    [
        ({"updating": True, "built": "on"}, "Running", "", "CREATING"),
        ({"updating": False, "built": "failed"}, "Running", "", "FAILED"),
        ({"updating": False, "built": "off"}, None, "lost", "OFF"),
        ({"updating": False, "built": "on"}, "Running", "lost", "UNKNOWN"),
        ({"updating": False, "built": "on"}, "Running", "", "ON"),
        ({"updating": False, "built": "on"}, "Pending", "", "CREATING"),
        ({"updating": False, "built": "on"}, None, "", "OFF"),
    ],
)
def test_the_container_status_is_what_the_pod_shows(workspace, pod_phase, problem, expected):
    pod = {"metadata": {}, "status": {"phase": pod_phase}}
    access = Access({"ws-w": pod} if pod_phase else {}, problem)
    assert workspaces.container_status({"name": "w", **workspace}, access) == expected


def test_an_update_merges_known_fields_deep_and_ignores_the_rest():
    provider = {"name": "a", "config": {"ssh_enabled": True, "storage_class": "fast"}, "status": "x"}
    providers.merge_known(provider, {"config": {"ssh_enabled": False, "new": 1}, "status": "y"}, providers.CHANGEABLE)
    assert provider == {"name": "a", "config": {"ssh_enabled": False, "storage_class": "fast"}, "status": "x"}


@pytest.mark.parametrize("body", [{"name": 1}, {"config": []}, {"config": {"ssh_enabled": "yes"}}])
def test_an_update_of_a_wrong_type_is_refused(body):
    with pytest.raises(Refused) as refusal:
        providers.check_types(body, providers.CHANGEABLE, "")
    assert refusal.value.status == 400


@pytest.mark.parametrize(
    ("version", "satellites", "option", "always", "rebuilds"),
    [
        ("1.20.5", False, False, False, False),
        ("1.21.0", True, True, False, False),
        ("1.21.7", True, True, False, True),
        ("1.22.3", True, False, True, False),
    ],
)
def test_what_a_version_knows(version, satellites, option, always, rebuilds):
    assert versions.has_satellites(version) is satellites
    assert versions.net_v2_is_an_option(version) is option
    assert versions.net_v2_is_always_on(version) is always
    assert versions.toggle_rebuilds(version) is rebuilds


@pytest.mark.parametrize(
    ("image", "ready", "tag"),
    [
        ("registry.example.com/coderenvs/coder-service:1.21.7", 1, "1.21.7"),
        ("registry.invalid:5000/coder-service:1.22.3", 1, "1.22.3"),
        ("registry.invalid:5000/coder-service", 1, None),
        ("coder-service:1.21.7", 0, None),
    ],
)
def test_the_version_is_the_tag_of_what_is_ready(image, ready, tag):
    deployment = {
        "spec": {"template": {"spec": {"containers": [{"image": image}]}}},
        "status": {"readyReplicas": ready},
    }
    assert observed.ready_image_tag(deployment) == tag


def test_simultaneous_questions_share_one_call_and_are_forgotten():
    async def scenario():
        calls = []

        async def load():
            calls.append(1)
            await asyncio.sleep(0)
            return len(calls)

        memory = observed.Memory(lambda: 60)
        assert await asyncio.gather(memory.ask("k", load), memory.ask("k", load)) == [1, 1]
        memory.forget("k")
        assert await memory.ask("k", load) == 2

    asyncio.run(scenario())


def test_recorded_requests_are_numbered_on_after_being_forgotten():
    recorder = Recorder()
    recorder.begin("primary", "GET", "/a", None)
    recorder.clear()
    entry = recorder.begin("primary", "GET", "/b", "admin")
    assert entry["seq"] == 2 and entry["status"] is None
    assert [e["path"] for e in recorder.since(1)] == ["/b"] and recorder.since(2) == []


def test_the_ca_and_the_certificates_stay_over_a_restart(tmp_path):
    def start() -> dict[str, bytes]:
        Certificates(tmp_path / "tls", tmp_path / "ca.pem").context("primary", [])
        return {path.name: path.read_bytes() for path in (tmp_path / "tls").iterdir()}

    first = start()
    assert start() == first
    assert first["ca.pem"] == (tmp_path / "ca.pem").read_bytes()
    assert stat.S_IMODE((tmp_path / "tls" / "ca.key").stat().st_mode) == 0o600
