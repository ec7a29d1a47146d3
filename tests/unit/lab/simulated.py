# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cluster that is a dictionary, and a client of the simulator that stands on it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import ssl
from collections.abc import AsyncIterator

import aiohttp

from lab.simulator import config, schema
from lab.simulator.database import DatabaseError
from lab.simulator.kube import LISTED, KubeError
from lab.simulator.schema import Known
from lab.simulator.world import World

ADMIN, MEMBER, EXPIRED = "token-of-admin", "token-of-ana", "token-of-gone"
PROVIDER_TOKEN, ENVPROXY_TOKEN = "token-of-service-account", "token-of-envproxy"
MAIN = ("coderd", "cemanager")
DEPLOYMENTS, SECRETS = "/apis/apps/v1/namespaces/{}/deployments/", "/api/v1/namespaces/{}/secrets/"


class FakeDatabase:
    """A number in place of PostgreSQL. ``known`` is None: whatever code comes works on it."""

    def __init__(self) -> None:
        self.known: Known | None = None
        self.looked = True
        self.pods: dict[str, dict] = {}

    def complaint(self, version: str) -> str:
        return schema.complaint(version, self.known) if self.known else ""

    def pods_changed(self, pods: dict[str, dict]) -> None:
        self.pods = pods

    async def migrate(self, pod: dict, version: str, begun) -> None:
        half_way = await begun()
        if self.known:
            self.known = Known(max(self.known.number or 0, schema.of(version)), dirty=half_way)
        if half_way:
            raise DatabaseError("migration failed")

    async def watch(self) -> None:
        await asyncio.Event().wait()

    async def close(self) -> None:
        pass


class FakeServer:
    async def found(self) -> dict:
        return {}


class FakeCluster:
    """Objects by path. Workspaces run at once, pods with an init container when that is done; a wrong token gets 401,
    ``refusal`` is what a new pod gets instead."""

    server = "https://cluster.invalid"

    def __init__(self) -> None:
        self.objects: dict[str, dict] = {}
        self.good_tokens = {PROVIDER_TOKEN}
        self.refusal = ""
        self._watched = True

    def deploy(self, namespace: str, name: str, tag: str = "1.21.7", ready: int = 1, **env: str) -> None:
        entries = [{"name": key, "value": value} for key, value in env.items()]
        container = {"image": f"registry.example.com/coderenvs/coder-service:{tag}", "env": entries}
        self.objects[DEPLOYMENTS.format(namespace) + name] = {
            "metadata": {"name": name, "namespace": namespace},
            "spec": {"template": {"spec": {"containers": [container]}}},
            "status": {"readyReplicas": ready},
        }
        if name in MAIN and namespace == "coder":
            self.main(name, tag, ready)

    def main(self, name: str, tag: str, ready: int = 1, migrating: bool = False) -> None:
        """Deployment, pod and serviceNext Service of the main deployment; the pod is named after its version."""
        labels = {"app": name}
        deployment = self.objects[DEPLOYMENTS.format("coder") + name]
        deployment["spec"] |= {"selector": {"matchLabels": labels}}
        ports = [{"port": 80, "name": "tcp"}, {"port": 443, "name": "tls"}]
        service = {"metadata": {"name": name}, "spec": {"type": "LoadBalancer", "selector": labels, "ports": ports}}
        self.objects[f"/api/v1/namespaces/coder/services/{name}"] = service
        self.pod(f"{name}-{tag}", tag, labels, ready, migrating)

    def pod(self, name: str, tag: str, labels: dict, ready: int = 1, migrating: bool = False) -> None:
        container = {"name": "main", "image": f"registry.example.com/coderenvs/coder-service:{tag}"}
        spec = {"containers": [container], "nodeName": "node-1"}
        if migrating:
            spec["initContainers"] = [{**container, "name": "migrations"}]
        conditions = [{"type": "Ready", "status": "True" if ready else "False"}]
        path = f"/api/v1/namespaces/coder/pods/{name}"
        created = f"2026-01-01T00:00:{len(self.objects):02}Z"
        self.objects = {key: obj for key, obj in self.objects.items() if not ready or "/coder/pods/" not in key}
        self.objects[path] = {
            "metadata": {
                "name": name, "namespace": "coder", "uid": name, "labels": labels, "creationTimestamp": created
            },
            "spec": spec,
            "status": {"phase": "Running" if ready else "Pending", "conditions": conditions},
        }  # fmt: skip

    async def watch(self, path) -> AsyncIterator[tuple[str, dict]]:
        self._watched, seen = True, {}
        while self._watched:
            for key, obj in list(self.objects.items()):
                text = json.dumps(obj)
                if key.startswith(path) and seen.get(key) != text:
                    yield ("MODIFIED" if key in seen else "ADDED"), obj
                    seen[key] = text
            for key in [key for key in seen if key not in self.objects]:
                yield "DELETED", json.loads(seen.pop(key))
            yield LISTED, {}
            await asyncio.sleep(0.01)

    def _patched(self, path: str, body: dict) -> dict:
        if path not in self.objects:
            raise KubeError("not found", 404)
        status = self.objects[path]["status"]
        conditions = {one["type"]: one for one in [*status["conditions"], *body["status"].pop("conditions")]}
        if conditions["Initialized"]["status"] == "True":
            conditions["Ready"] = {"type": "Ready", "status": "True"}
        self.objects[path]["status"] = {**status, **body["status"], "conditions": list(conditions.values())}
        return self.objects[path]

    async def call(self, method, path, *, token=None, body=None, query=None, content_type=None):
        if token is not None and token not in self.good_tokens:
            raise KubeError("Unauthorized", 401)
        if "selfsubjectaccessreviews" in path:
            return {"status": {"allowed": True}}
        if method == "POST":
            if body["kind"] == "Pod" and self.refusal:
                raise KubeError(self.refusal, 403)
            self.objects[f"{path}/{body['metadata']['name']}"] = {**body, "status": {"phase": "Running"}}
            return body
        if method == "PATCH":
            return self._patched(path.removesuffix("/status"), body)
        if method == "DELETE":
            if path not in self.objects:
                raise KubeError("not found", 404)
            return self.objects.pop(path)
        if path in self.objects:
            return self.objects[path]
        kind = path.rpartition("/")[2]
        found = [item for key, item in self.objects.items() if f"/{kind}/" in key and key.startswith(path)]
        if path == "/apis/apps/v1/deployments":
            found = [item for key, item in self.objects.items() if "/deployments/" in key]
        if found or kind in ("pods", "secrets", "deployments", "services", "ingresses"):
            return {"items": found}
        raise KubeError("not found", 404)

    async def get(self, path, *, token=None):
        try:
            return await self.call("GET", path, token=token)
        except KubeError as error:
            if error.status == 404:
                return None
            raise

    async def close(self) -> None:
        self._watched = False


class Client:
    """Speaks to one lab. ``call`` answers (status, JSON or text, headers)."""

    def __init__(self, settings: config.Config, session: aiohttp.ClientSession, world: World, cluster: FakeCluster):
        self.config, self.session, self.world, self.cluster = settings, session, world, cluster
        self.tls = ssl.create_default_context(cafile=settings.ca_path)

    async def call(self, method, path, body=None, *, listener="primary", token=ADMIN):
        headers = {"Session-Token": token} if token else {}
        url = self.config.url(listener) + path
        async with self.session.request(method, url, json=body, headers=headers, ssl=self.tls) as answer:
            kind = answer.content_type
            return answer.status, (await answer.json() if "json" in kind else await answer.text()), answer.headers

    async def control(self, method, path, body=None):
        url = f"http://127.0.0.1:{self.config.control_port}{path}"
        async with self.session.request(method, url, json=body) as answer:
            return answer.status, await answer.json()

    async def connect(self, name, *, listener="primary", token=ADMIN):
        path = f"/api/private/envagent/{(await self.workspace(name))['id']}/connect?session_token={token}"
        try:
            async with self.session.ws_connect(self.config.url(listener) + path, ssl=self.tls):
                return 101
        except aiohttp.WSServerHandshakeError as error:
            return error.status

    async def workspace(self, name):
        _unused, found, _unused = await self.call("GET", "/api/v0/workspaces")
        return next(workspace for workspace in found if workspace["name"] == name)

    async def provider(self):
        _unused, found, _unused = await self.call("GET", "/api/private/resource-pools")
        return found["kubernetes"][0]

    async def settled(self, name):
        for _unused in range(200):
            workspace = await self.workspace(name)
            if not workspace["updating"] and not self.world.workspaces[workspace["id"]]["wanted_on"]:
                return workspace
            await asyncio.sleep(0.02)
        raise AssertionError(f"{name} is still being built")

    async def rebuild(self, name):
        workspace = await self.workspace(name)
        assert (await self.call("PATCH", f"/api/v0/workspaces/{workspace['id']}", {}))[0] == 200
        return await self.settled(name)


def free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _unused in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def make_config(folder, built_in: bool = False) -> config.Config:
    primary, satellite, envproxy, control = free_ports(4)
    workspaces = [
        {"name": "live", "user": "ana", "state": "on-live"},
        {"name": "broken", "user": "ben", "state": "broken"},
    ]
    return config.Config(
        state_path=folder / "state.json",
        ca_path=folder / "ca.pem",
        certificates_dir=folder / "tls",
        listeners={"primary": primary, "satellite/sydney": satellite, "envproxy/sydney-1": envproxy},
        control_port=control,
        charts_dir=folder / "charts",
        clusters={},
        primary={"cluster": "one", "namespace": "coder"},
        database={},
        satellites={"sydney": {"url": f"https://127.0.0.1:{satellite}"}},
        users=[
            {"token": ADMIN, "username": "admin", "roles": ["site-admin"]},
            {"token": MEMBER, "username": "ana", "roles": ["site-member"]},
            {"token": EXPIRED, "username": "gone", "roles": ["site-admin"], "expired": True},
        ],
        providers=[
            {
                "name": "sydney-1",
                "cluster": "one",
                "namespace": "ns",
                "release": "rel",
                "built_in": built_in,
                "envproxy_access_url": f"https://127.0.0.1:{envproxy}",
                "envproxy_token": ENVPROXY_TOKEN,
                "workspaces": workspaces,
            }
        ],
        settings={**config.DEFAULT_SETTINGS, "build_seconds": 0, "access_check_seconds": 0},
    )
