# Copyright: (c) 2026, coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab as the tests look at it: what is in Coder and in the clusters, and who wrote what."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from lab import lifecycle
from lab.lifecycle import Lab
from site_runs import Operator

ACCESS_OBJECTS = (
    "serviceaccount/coder",
    "role/coder",
    "rolebinding/coder",
    "serviceaccount/coder-workspace-provider-environments",
)

#: What asks and stores nothing, although it is a POST.
QUESTIONS = {"selfsubjectaccessreviews", "selfsubjectrulesreviews", "subjectaccessreviews", "tokenreviews"}


class RegionLab:
    def __init__(self, state: Path, lab: Lab) -> None:
        self.state = state
        self.lab = lab
        self.description = lab.description
        self.operator = Operator(state / "inventory", self.description["coder"]["token"])
        self._audit_start: dict[str, int] = {}
        self._request_start = 0

    @classmethod
    def up(cls, state: Path, kubernetes: str) -> RegionLab:
        lab, _started = lifecycle.up(state, kubernetes, ["sydney", "frankfurt"], "plain", print)
        return cls(state, lab)

    def down(self) -> None:
        lifecycle.down(self.state)

    def begin(self, snapshot: str) -> None:
        """Set everything back to a saved state and forget what was written and asked before."""
        self.lab.control("DELETE", "/faults")
        self.lab.restore(snapshot)
        self.forget()

    # -- who wrote what ---------------------------------------------------------------------------------------------

    def forget(self) -> None:
        """From now on the writes are counted."""
        requests = self.lab.control("GET", "/requests")
        self._request_start = requests[-1]["seq"] if requests else 0
        self._audit_start = {name: Path(c["audit_log"]).stat().st_size for name, c in self.clusters.items()}

    @property
    def clusters(self) -> dict[str, dict[str, Any]]:
        return self.description["clusters"]

    def coder_writes(self) -> list[str]:
        """Requests that reached Coder and were no reads, as ``POST /path``."""
        requests = self.lab.control("GET", f"/requests?since={self._request_start}")
        return [f"{one['method']} {one['path']}" for one in requests if one["method"] not in ("GET", "HEAD")]

    def cluster_writes(self, *names: str) -> list[str]:
        """Writes of the operator that reached an API server, as ``cluster verb uri``; of all clusters or of these."""
        return [
            f"{name} {event['verb']} {event['requestURI']}"
            for name in names or self.clusters
            for event in self._events(name)
            if event["user"]["username"] == "operator" and event["stage"] == "ResponseComplete"
            if event.get("objectRef", {}).get("resource") not in QUESTIONS
        ]

    def _events(self, cluster: str) -> list[dict[str, Any]]:
        with Path(self.clusters[cluster]["audit_log"]).open("rb") as log:
            log.seek(self._audit_start.get(cluster, 0))
            return [json.loads(line) for line in log]

    def assert_nothing_written(self) -> None:
        assert self.coder_writes() == []
        assert self.cluster_writes() == []

    # -- what is there ----------------------------------------------------------------------------------------------

    def state_of_coder(self) -> dict[str, Any]:
        return self.lab.control("GET", "/state")

    def provider(self, name: str) -> dict[str, Any]:
        return next(one for one in self.state_of_coder()["providers"] if one["name"] == name)

    def workspaces(self, provider: str) -> dict[str, dict[str, Any]]:
        return {one["name"]: one for one in self.state_of_coder()["workspaces"] if one["provider"] == provider}

    def kubectl(self, cluster: str, *arguments: str) -> str:
        """As the lab's own user, so that it does not count as the operator's."""
        command = [self.description["programs"]["kubectl"], "--kubeconfig", self.clusters[cluster]["admin_kubeconfig"]]
        return self._output([*command, "-n", "coder", *arguments])

    def helm(self, cluster: str, *arguments: str) -> str:
        command = [self.description["programs"]["helm"], "--kubeconfig", self.clusters[cluster]["admin_kubeconfig"]]
        return self._output([*command, "-n", "coder", *arguments])

    def _output(self, command: list[str]) -> str:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout

    def uids(self, cluster: str) -> dict[str, str]:
        """UID of each of the four objects that Coder and the workspaces need; a missing one is not in the answer."""
        found = {}
        for name in ACCESS_OBJECTS:
            uid = self.kubectl(cluster, "get", name, "--ignore-not-found", "-o", "jsonpath={.metadata.uid}")
            found |= {name: uid} if uid else {}
        return found

    def revisions(self, cluster: str, release: str = "coder-workspace-provider") -> list[int]:
        records = self.kubectl(cluster, "get", "secret", "-l", f"owner=helm,name={release}", "-o", "json")
        return sorted(int(one["metadata"]["labels"]["version"]) for one in json.loads(records)["items"])

    def resource_versions(self, cluster: str) -> dict[str, str]:
        """Resource version of every object of the cluster that people or charts make, in all namespaces."""
        kinds = (
            "serviceaccounts,roles,rolebindings,clusterroles,clusterrolebindings,secrets,configmaps,services,"
            "deployments,pods,persistentvolumeclaims,namespaces"
        )
        listed = json.loads(self.kubectl(cluster, "get", kinds, "--all-namespaces", "-o", "json"))["items"]
        return {
            f"{one['kind']} {one['metadata'].get('namespace', '')}/{one['metadata']['name']}": one["metadata"]["resourceVersion"]
            for one in listed
        }
