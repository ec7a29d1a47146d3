# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A region in a phase of its life, on a Coder and clusters in memory that do what they are told, and note it in order."""

from __future__ import annotations

import copy
from types import SimpleNamespace
from typing import Any

import pytest
from unit.plugins import fake_coder
from unit.plugins.module_utils._kubernetes.fake_cluster import FakeCluster
from unit.plugins.module_utils._lock.lease_server import LeaseServer, identity
from unit.plugins.module_utils._region.scene import record, scene

from ansible_collections.coder.classic.plugins.module_utils._coder.api import Coder
from ansible_collections.coder.classic.plugins.module_utils._coder.transport import Transport
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._region import record as records
from ansible_collections.coder.classic.plugins.module_utils._region.judge.assess import assess
from ansible_collections.coder.classic.plugins.module_utils._region.steps import frame
from ansible_collections.coder.classic.plugins.module_utils._region.steps.here import Here
from ansible_collections.coder.classic.plugins.module_utils._region.steps.table import STEPS

NOW = "2026-03-02T12:00:00Z"
PROVIDER = "/api/private/resource-pools/id-sydney-1"
RUN, OTHER_RUN = identity(pid="9", host="ops-2"), identity()
GONE = ClassicError("gone", code="not_found", status=404)


class Stage:
    """seen is the observation, which the writes change; wrote: ``(what, with what)`` of each write, in order; asked: what was
    read of Coder.
    """

    def __init__(self, phase: str, *changes: Any, **wanted: Any) -> None:
        self.seen = scene(phase)
        self.seen["wanted"].update(
            {"goal": "migrate", "step": "", "run": RUN, "primary": {"namespace": "coder"}, **wanted}
        )
        for change in changes:
            change(self.seen)
        self.wrote: list[tuple[str, Any]] = []
        self.asked: list[str] = []
        self.told: list[str] = []
        self.looks, self.seconds = 0, 0.0
        self.session = Wire(self)
        self.cluster, self.satellite, self.lock = NotingCluster(self), NotingCluster(self), NotingLock(self)
        #: (what) → called before that write is carried out.
        self.before: dict[str, Any] = {}

    @property
    def wanted(self) -> dict[str, Any]:
        return self.seen["wanted"]

    @property
    def coder(self) -> Coder:
        return Coder(Transport(fake_coder.URL, fake_coder.TOKEN, session=self.session, sleep=self.sleep))

    def connect(self, access: dict[str, Any]) -> Any:
        return self.cluster if "provider" in access else self.satellite if "release" in access else self.lock

    def look(self, *_unused: Any, **_options: Any) -> dict[str, Any]:
        self.looks += 1
        return copy.deepcopy(self.seen)

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds

    @property
    def tools(self) -> dict[str, Any]:
        return {"clock": lambda: self.seconds, "sleep": self.sleep, "tell": self.told.append}

    def here(self, folder: Any = "/nowhere", *, check_mode: bool = False) -> Here:
        def look() -> dict[str, Any]:
            return assess(self.look())

        return Here(self.coder, self.wanted, self.connect, look, str(folder), check_mode, **self.tools)

    def act(self, goal: str, name: str, folder: Any = "/nowhere", *, check_mode: bool = False) -> dict[str, Any]:
        """The act alone, without what stands before and after it."""
        here = self.here(folder, check_mode=check_mode)
        outcome = STEPS[goal][name].act(here, assess(self.look()))
        for told in here.afterwards:
            told(assess(self.look()))
        return {**outcome, "said": here.said}

    def run(self, goal: str, name: str, *, check_mode: bool = False, kept: Any = None) -> dict[str, Any]:
        """The whole step, as the module does it (observe.look must be this stage's)."""
        self.wanted.update(goal=goal, step=name)
        tools = {**self.tools, "kept": kept}
        return frame.run(self.coder, self.wanted, check_mode, "/nowhere", connect=self.connect, **tools)

    def note(self, what: str, with_what: Any = None) -> None:
        if what in self.before:
            self.before.pop(what)()
        self.wrote.append((what, with_what))

    @property
    def did(self) -> list[str]:
        return [what for what, _with_what in self.wrote]


class Wire:
    """The session of a Coder that has what the stage sees."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.auth = stage, None

    def request(self, method: str, url: str, **options: Any) -> Any:
        path, coder = url.removeprefix(fake_coder.URL), self.stage.seen["coder"]
        if method == "GET":
            self.stage.asked.append(path)
        else:
            self.stage.note(f"{method} {path.removeprefix(PROVIDER)}", options["json"])
            self._write(method, path, options["json"], coder)
        headers = {"coder-version": coder["version"]}
        answer = self._read(path, coder) if method == "GET" else {}
        return fake_coder._response(fake_coder.Call(method, path, answer, headers=headers))

    def _read(self, path: str, coder: dict[str, Any]) -> Any:
        one = next((row for row in coder["workspaces"] if path.endswith(f"/workspaces/{row['id']}")), None)
        return (
            one
            or {
                "/api": {},
                "/api/private/resource-pools": {"kubernetes": coder["providers"]},
                PROVIDER: coder["providers"][0],
                f"{PROVIDER}/workspaces": coder["workspaces"],
                "/api/private/satellites": {"data": coder["satellites"]},
            }[path]
        )

    def _write(self, method: str, path: str, body: Any, coder: dict[str, Any]) -> None:
        for row in coder["workspaces"]:
            if path.endswith(row["id"]):
                row.update(last_built_at=NOW, latest_stat={"container_status": "ON"})
            if path.endswith(f"{row['id']}/stop"):
                row["latest_stat"] = {"container_status": "OFF"}
        if path == PROVIDER:
            coder["providers"][0].update(body)
        if path.startswith("/api/private/satellites"):
            coder["satellites"] = [{"id": "s1", "name": body["name"], "fingerprint": "s:s"}] if method == "POST" else []


class NotingCluster(FakeCluster):
    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.stage = stage
        self.put({"kind": "ConfigMap", "metadata": {"name": records.NAME, "namespace": "coder"}})

    def create(self, obj):
        key = (obj["kind"], obj["metadata"].get("namespace"), obj["metadata"]["name"])
        self._wrote(key, "create", obj.get("data"))
        self.put(copy.deepcopy(obj))

    def patch(self, api_version, kind, name, namespace, body, content_type="", *, dry_run=False):
        key = (kind, namespace, name)
        if key not in self.objects:
            raise GONE
        self._wrote(key, "patch", body["data"])

    def delete(self, api_version, kind, name, namespace=None, **_unused):
        self._wrote((kind, namespace, name), "delete", None)
        return self.objects.pop((kind, namespace, name), None) is not None

    def request(self, method, path, *, body=None, content_type=None):
        assert (method, path.rpartition("/")[2]) == ("PATCH", "scale")
        assert path == "/apis/apps/v1/namespaces/coder/deployments/envproxy/scale"
        self.stage.note("scale", body["spec"]["replicas"])
        self.scaled(body["spec"]["replicas"])

    def scaled(self, replicas: int, ready: int | None = None) -> None:
        ready = replicas if ready is None else ready
        self.stage.seen["cluster"]["envproxy"].update(replicas=replicas, ready=ready, pods=replicas)
        live = {"spec": {"replicas": replicas}, "status": {"readyReplicas": ready}}
        self.put({"kind": "Deployment", "metadata": {"name": "envproxy", "namespace": "coder"}, **live})

    def _wrote(self, key, verb, data):
        if key[2] != records.NAME:
            return self.stage.note(f"{verb} {key[0]}/{key[2]}", data)
        self.stage.note("record", data)
        return record(
            self.stage.seen, **{name: records.parse({name: text} if text else {})[name] for name, text in data.items()}
        )


class NotingLock(LeaseServer):
    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.stage = stage

    def request(self, method, path, *, query=None, **arguments):
        if method != "GET" and not query:
            self.stage.note("lock", method)
        return super().request(method, path, query=query, **arguments)


def stub(stage: Stage, what: str, **result: Any) -> Any:
    """In place of a module_utils that is tested by itself: notes its options."""

    def run(_cluster: Any, params: dict[str, Any], check_mode: bool, *_folder: Any) -> dict[str, Any]:
        stage.note(what, {**params, "check_mode": check_mode})
        return {"changed": True, **result}

    return SimpleNamespace(run=run)


def refused(act: Any, *arguments: Any, **options: Any) -> ClassicError:
    with pytest.raises(ClassicError) as caught:
        act(*arguments, **options)
    return caught.value
