# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The states of the main deployment that a lab begins with, and how the simulator sees an upgrade of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest
from unit.lab.simulated import ADMIN

from lab import primaries
from lab.errors import LabError
from lab.simulator import entry, migrations, schema
from lab.simulator.schema import Known

# -- what a lab begins with -------------------------------------------------------------------------------------------


def test_the_default_is_the_layout_with_its_own_load_balancer():
    values = primaries.values(primaries.NEW, "https://c", 5)
    assert values == {"coderd": {"serviceNext": True, "accessURL": "https://c"}}


@pytest.mark.parametrize("primary", [primaries.OLD, primaries.CUSTOM, primaries.UPGRADED])
def test_old_values_have_the_old_names_and_a_forgotten_pin(primary):
    values = primaries.values(primary, "https://c", 5)
    assert "coderd" not in values and values["cemanager"]["accessURL"] == "https://c"
    assert values["envbox"]["image"].endswith("envbox:1.20.0") and "image" not in values["cemanager"]
    assert (values["ingress"]["host"], values["devurls"]["host"]) == (primaries.HOST, primaries.DEVURLS_HOST)
    assert values["ingress"].get("useDefault", True) is (primary != primaries.CUSTOM)
    assert ("postgres" in values) is (primary == primaries.CUSTOM)


def test_every_certificate_that_is_named_is_made():
    tls = primaries.values(primaries.OLD, "https://c", 5)["ingress"]["tls"]
    named = {tls["hostSecretName"], tls["devurlsHostSecretName"]}
    assert named == set(primaries.TLS_SECRETS)
    assert {one["secretName"] for one in primaries.custom_ingress()["spec"]["tls"]} == named


def test_an_old_state_on_a_kubernetes_that_never_had_it_is_refused():
    primaries.refuse_impossible(primaries.NEW, "current")
    primaries.refuse_impossible(primaries.OLD, "1.21")
    for primary in primaries.PRIMARIES[1:]:
        with pytest.raises(LabError, match="needs Kubernetes 1.21.*Nothing was started"):
            primaries.refuse_impossible(primary, "current")


# -- whether the users' address leads to the main pods ----------------------------------------------------------------


def pod(app: str, ready: bool = True, **metadata) -> dict:
    conditions = [{"type": "Ready", "status": str(ready)}]
    return {"metadata": {"labels": {"app": app, "x": "y"}, **metadata}, "status": {"conditions": conditions}}


def deployment(name: str) -> dict:
    return {"metadata": {"name": name}, "spec": {"selector": {"matchLabels": {"app": name}}}}


def service(name: str, app: str, *ports: int, kind: str = "ClusterIP") -> dict:
    listed = [{"port": port, "name": f"p{port}"} for port in ports]
    return {"metadata": {"name": name}, "spec": {"type": kind, "selector": {"app": app}, "ports": listed}}


def ingress(*paths: tuple[str, str, int | str], host: str = "h", managed: bool = False, **more: str) -> dict:
    """paths: (path, Service, port)."""
    rows = [
        {
            "path": path,
            "pathType": "Prefix",
            **more,
            "backend": {"service": {"name": name, "port": {"number" if isinstance(port, int) else "name": port}}},
        }
        for path, name, port in paths
    ]
    metadata = {"labels": {"app.kubernetes.io/managed-by": "Helm"}} if managed else {}
    return {"metadata": metadata, "spec": {"rules": [{"host": host, "http": {"paths": rows}}]}}


MAIN, NGINX = pod("cemanager"), pod("ingress-nginx")
BALANCER = service("ingress-nginx", "ingress-nginx", 80, 443, 22, kind="LoadBalancer")
SERVICES = (service("cemanager", "cemanager", 8080), service("dashboard", "dashboard", 3000), BALANCER)
WEB = ingress(("/", "dashboard", 3000), ("/api", "cemanager", 8080), managed=True)


def leads(ingresses: list, services: Sequence = SERVICES, pods: list | None = None, who: str = entry.RELEASE) -> bool:
    pods = [MAIN, NGINX, pod("dashboard")] if pods is None else pods
    return entry.leads_by_ingress(ingresses, services, pods, [MAIN], who)


@pytest.mark.parametrize(
    ("ports", "kind", "app", "expected"),
    [
        ((80, 443), "LoadBalancer", "cemanager", True),
        ((80, 443, 22), "LoadBalancer", "ingress-nginx", False),
        ((8080, 8443), "LoadBalancer", "cemanager", False),
        ((80, 443), "ClusterIP", "cemanager", False),
    ],
)
def test_a_load_balancer_of_the_main_pods_leads_to_them(ports, kind, app, expected):
    assert entry.leads_directly([service("s", app, *ports, kind=kind)], [MAIN]) is expected


def test_nginx_leads_where_its_ingress_its_load_balancer_and_its_pod_are():
    assert leads([WEB])
    assert not leads([])
    assert not leads([WEB], SERVICES[:2])
    assert not leads([WEB], pods=[MAIN, pod("ingress-nginx", ready=False)])
    assert not leads([WEB], SERVICES[1:])
    assert not leads([WEB], who=entry.CUSTOM)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (ingress(("/", "cemanager", 8080)), True),
        (ingress(("/", "cemanager", "p8080")), True),
        (ingress(("/", "dashboard", 3000), ("/api", "cemanager", 8080)), True),
        (ingress(("/", "cemanager", 8080), ("/api/", "dashboard", 3000)), False),
        (ingress(("/", "cemanager", 80)), False),
        (ingress(("/", "cemanager", "tcp")), False),
        (ingress(("/", "coderd", 8080)), False),
        (ingress(("/proxy", "cemanager", 8080)), False),
        (ingress(("/", "cemanager", 8080), host="*.h"), False),
        (ingress(("/", "cemanager", 8080), pathType="Exact"), True),
    ],
)
def test_the_sites_own_ingress_leads_where_it_sends_the_api_to_a_port_of_the_main_pods(rule, expected):
    assert leads([rule], SERVICES[:2], [MAIN], entry.CUSTOM) is expected


def test_the_labs_own_ingress_leads_to_the_pods_of_1_20_and_no_longer_when_they_are_renamed():
    own = primaries.custom_ingress()
    assert leads([own], who=entry.CUSTOM)
    assert not leads([own], [service("coderd", "cemanager", 80, 443)], who=entry.CUSTOM)


def test_the_main_pods_are_the_ready_ones_the_newest_first():
    old, new = (pod("coderd", creationTimestamp=f"2026-01-0{day}T00:00:00Z") for day in (1, 2))
    waiting, leaving = pod("coderd", ready=False), pod("coderd", deletionTimestamp="2026-01-03T00:00:00Z")
    assert entry.main_pods([deployment("coderd")], [waiting, old, leaving, new, NGINX]) == [new, old]
    assert entry.main_pods([deployment("coderd"), deployment("cemanager")], [waiting, MAIN]) == [MAIN]
    assert entry.main_pods([deployment("dashboard")], [MAIN]) == []


# -- the database's schema and its migration --------------------------------------------------------------------------


def test_a_migration_raises_the_schema_and_nothing_lowers_it():
    def numbers(present: int, version: str) -> list[int]:
        return [step.number for step in schema.steps(present, version)]

    assert numbers(0, "1.20.0") == [120] and numbers(0, "1.22.3") == [120, 121, 122]
    assert numbers(120, "1.21.7") == [121] and numbers(120, "1.20.4") == numbers(121, "1.20.0") == []
    assert numbers(122, "1.30.1") == [130]


@pytest.mark.parametrize(
    ("version", "known", "complaint"),
    [
        ("1.20.0", Known(120), ""),
        ("1.21.4", Known(121), ""),
        ("1.20.0", Known(121, dirty=True), "dirty"),
        ("1.20.0", Known(121), "newer"),
        ("1.21.7", Known(120), "older"),
        ("1.21.7", Known(), 'relation "users" does not exist'),
        ("1.21.7", Known(problem="connection refused"), "connection refused"),
    ],
)
def test_code_works_on_its_own_schema_only(version, known, complaint):
    found = schema.complaint(version, known)
    assert complaint in found and bool(found) is bool(complaint)


WAITING = {
    "metadata": {"name": "coderd-1", "namespace": "coder", "uid": "u"},
    "spec": {
        "nodeName": "node-1",
        "initContainers": [{"name": "migrations", "image": "r/coder-service:1.21.7"}],
        "containers": [{"name": "coderd", "image": "r/coder-service:1.21.7"}],
    },
    "status": {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "True"}]},
}


def test_a_migration_begins_in_a_pod_that_has_a_node_and_is_not_initialized():
    assert migrations.waits(WAITING)
    assert not migrations.waits({**WAITING, "spec": {}})
    assert not migrations.waits({**WAITING, "metadata": {"deletionTimestamp": "now"}})
    assert not migrations.waits({**WAITING, "status": {"conditions": [{"type": "Initialized", "status": "True"}]}})
    assert migrations.image_of(WAITING) == "r/coder-service:1.21.7" and migrations.image_of({"spec": {}}) is None


def test_a_crashed_migration_is_shown_as_a_kubelet_shows_it():
    ended, waiting = {"terminated": {"exitCode": 1}}, {"waiting": {"reason": "CrashLoopBackOff"}}
    shown = migrations.status(WAITING, waiting, 3, ended)
    (container,) = shown["initContainerStatuses"]
    assert (container["ready"], container["restartCount"], container["lastState"]) == (False, 3, ended)
    assert {one["type"]: one["status"] for one in shown["conditions"]} == dict.fromkeys(
        ("Initialized", "Ready", "ContainersReady"), "False"
    )
    done = migrations.status(WAITING, {"terminated": {"exitCode": 0}}, 0)
    assert done["initContainerStatuses"][0]["ready"] and "lastState" not in done["initContainerStatuses"][0]
    assert [(one["type"], one["status"]) for one in done["conditions"]] == [("Initialized", "True")]


# -- the simulator during an upgrade ----------------------------------------------------------------------------------


async def until(look) -> None:
    for _unused in range(200):
        if await look():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("not so in time")


def test_an_address_that_leads_nowhere_is_answered_by_a_load_balancer(lab):
    async def scenario(client):
        name = "/api/v1/namespaces/coder/services/coderd"
        balancer = client.cluster.objects.pop(name)
        status, body, headers = await client.call("GET", "/api")
        assert (status, "503 Service" in body, "coder-version" in headers) == (503, True, False)
        assert (await client.control("GET", "/state"))[1]["entered"] is False
        client.cluster.objects[name] = balancer
        assert (await client.call("GET", "/api"))[0] == 200

    lab(scenario)


def test_the_version_is_that_of_the_pods_which_are_ready(lab):
    async def scenario(client):
        client.world.database.known = Known(120)
        client.cluster.deploy("coder", "coderd", "1.20.0")
        connected = f"/api/private/envagent/{(await client.workspace('live'))['id']}/update-last-connection-at"
        assert (await client.call("GET", "/api/private/satellites"))[0] == 404
        assert (await client.call("POST", connected))[0] == 404
        _unused, fault = await client.control("POST", "/faults", {"kind": "migration_slow", "seconds": 60, "times": 1})
        client.cluster.deploy("coder", "coderd", "1.21.7", ready=0)
        client.cluster.main("coderd", "1.21.7", ready=0, migrating=True)
        path = "/api/v1/namespaces/coder/pods/coderd-1.21.7"

        async def runs() -> bool:
            shown = client.cluster.objects[path]["status"].get("initContainerStatuses", [{}])
            return "running" in shown[0].get("state", {})

        await until(runs)
        assert (await client.call("GET", "/api"))[2]["coder-version"] == "1.20.0"
        await client.control("DELETE", f"/faults/{fault['id']}")

        async def upgraded() -> bool:
            return (await client.call("GET", "/api"))[2].get("coder-version") == "1.21.7"

        await until(upgraded)
        assert (await client.call("GET", "/api/private/satellites"))[0] == 200
        assert (await client.call("POST", connected))[0] == 200
        assert client.world.database.known == Known(121)

    lab(scenario)


def test_a_migration_that_fails_half_way_stops_the_old_code_until_the_dump_is_back(lab, monkeypatch):
    monkeypatch.setattr(migrations, "BACK_OFF_SECONDS", 0.05)

    async def scenario(client):
        client.world.database.known = Known(120)
        client.cluster.deploy("coder", "coderd", "1.20.0")
        await client.control("POST", "/faults", {"kind": "migration_fail", "half_way": True})
        client.cluster.main("coderd", "1.21.7", ready=0, migrating=True)
        path = "/api/v1/namespaces/coder/pods/coderd-1.21.7"

        async def crashes() -> bool:
            shown = client.cluster.objects[path]["status"].get("initContainerStatuses", [{}])
            return shown[0].get("restartCount", 0) > 1

        await until(crashes)
        status, body, headers = await client.call("GET", "/api/v0/users/me")
        assert (status, headers["coder-version"], "schema" in body["error"]["details"]) == (500, "1.20.0", True)
        # helm rolls back: the new pod goes, and what it did to the database stays.
        del client.cluster.objects[path]

        async def ended() -> bool:
            return not client.world.migrations

        await until(ended)
        assert (await client.call("GET", "/api", token=ADMIN))[0] == 500
        client.world.database.known = Known(120)
        assert (await client.call("GET", "/api"))[0] == 200

    lab(scenario)


def test_a_built_in_provider_may_hang_on_the_main_charts_envproxy(lab):
    async def scenario(client):
        await client.settled("live")
        (provider,) = client.world.providers.values()
        provider["needs_envproxy"] = True
        client.cluster.deploy("ns", "envproxy", ready=0)
        assert (await client.provider())["status"] == "error"
        assert await client.connect("live") == 502
        client.cluster.deploy("coder", "coderd", "1.22.3")
        assert (await client.provider())["status"] == "ready"

    lab(scenario, built_in=True)
