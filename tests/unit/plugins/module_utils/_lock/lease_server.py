# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""An API server in memory that has nothing but the Leases of one namespace, with its rules for writing them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import connection, kubeconfig
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster

FOLDER = "/apis/coordination.k8s.io/v1/namespaces/coder/leases"
# Nobody in these tests lives now, so that an accidental look at the real clock shows.
START = datetime(2031, 3, 2, 12, tzinfo=UTC)


class LeaseServer(Cluster):
    """before: called once each, in turn, before a request of that method is carried out. faults: status and the server's
    words to answer a method with, as long as they are there.
    """

    def __init__(self) -> None:
        access = kubeconfig.resolve({"host": "https://c.test"}, {})
        super().__init__(connection.connect(access), replace(access, context="ops"))
        self.leases: dict[str, dict[str, Any]] = {}
        self.time = START
        self.requests: list[str] = []
        self.before: dict[str, list[Callable[[], Any]]] = {}
        self.faults: dict[str, tuple[int, str]] = {}
        self._version = 0

    def pass_time(self, **time: float) -> None:
        self.time += timedelta(**time)

    def put(self, name: str, *, annotations: dict[str, str] | None = None, **spec: Any) -> None:
        """A Lease of somebody else, as it is."""
        self.leases.pop(name, None)
        self._store({"metadata": {"name": name, "namespace": "coder", "annotations": annotations}, "spec": spec})

    def request(self, method, path, *, body=None, query=None, **_unused):
        self.requests.append(f"{method} {path.removeprefix(FOLDER)}{'?dryRun' if query else ''}")
        assert path.startswith(FOLDER) and query in (None, {"dryRun": "All"})
        if self.before.get(method):
            self.before[method].pop(0)()
        if method in self.faults:
            raise refusal(*self.faults[method])
        answer = getattr(self, f"_{method.lower()}")(path.removeprefix(FOLDER).removeprefix("/"), body, query)
        return copy.deepcopy(answer)

    def _get(self, name, _body, _query):
        return self._there(name)

    def _post(self, name, body, query):
        assert name == ""
        if query:
            # As the real one: everything is stamped, nothing is stored.
            return {**body, "metadata": {**body["metadata"], "creationTimestamp": self._stamp(), "name": "x"}}
        if body["metadata"]["name"] in self.leases:
            raise refusal(409, "already exists")
        return self._store(body)

    def _put(self, name, body, _query):
        found = self._there(name)
        assert body["metadata"]["resourceVersion"]
        if body["metadata"]["resourceVersion"] != found["metadata"]["resourceVersion"]:
            raise refusal(409, "the object has been modified")
        return self._store(body)

    def _delete(self, name, body, _query):
        found = self._there(name)
        assert set(body["preconditions"]) == {"uid", "resourceVersion"}
        if any(found["metadata"][key] != value for key, value in body["preconditions"].items()):
            raise refusal(409, "the precondition does not hold")
        return self.leases.pop(name)

    def _there(self, name):
        if name not in self.leases:
            raise refusal(404, "not found")
        return self.leases[name]

    def _store(self, body):
        self._version += 1
        given = {"uid": f"uid-{self._version}", "creationTimestamp": self._stamp()}
        metadata = {**given, **body["metadata"], "resourceVersion": str(self._version)}
        lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", **copy.deepcopy(body), "metadata": metadata}
        self.leases[metadata["name"]] = lease
        return lease

    def _stamp(self) -> str:
        return self.time.strftime("%Y-%m-%dT%H:%M:%SZ")


def refusal(status: int, words: str) -> ClassicError:
    """As transport.request raises it."""
    code = "forbidden" if status == 403 else "server_error" if status >= 500 else "refused"
    return ClassicError("refused", code=code, status=status, why=words, untouched="This request changed nothing.")


def identity(**changes: str) -> dict[str, str]:
    """A run on another machine."""
    return {
        "host": "ops-1",
        "boot_id": "b7",
        "pid_namespace": "pid:[1]",
        "pid": "4711",
        "start": "123456",
        "since": "2031-03-02T11:59:50Z",
        "user": "jane",
        "job": "12",
        "playbook": "migrate_region.yml",
        "check": "false",
        **changes,
    }
