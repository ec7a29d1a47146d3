# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab as the tests look at it: what is in Coder and in the clusters, and who wrote what."""

from __future__ import annotations

import base64
import gzip
import json
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests
import yaml
from site_runs import Operator, Run

from ansible_collections.coder.classic.plugins.module_utils._coder.websockets import probe_connect
from ansible_collections.coder.classic.plugins.plugin_utils import site
from lab import cluster_files, clusters, inventory, lifecycle, primaries, toolchain
from lab.lifecycle import Lab

ACCESS_OBJECTS = (
    "serviceaccount/coder",
    "role/coder",
    "rolebinding/coder",
    "serviceaccount/coder-workspace-provider-environments",
)

#: Everybody whom the lab's accesses let in, and who comes without a credential that is taken: a run, and nobody else.
RUNNERS = (
    cluster_files.OPERATOR,
    cluster_files.IMPERSONATOR,
    f"system:serviceaccount:{clusters.ACCOUNT_NAMESPACE}:{clusters.ACCOUNT}",
    "system:anonymous",
)

#: What asks and stores nothing, although it is a POST.
QUESTIONS = {"selfsubjectaccessreviews", "selfsubjectrulesreviews", "subjectaccessreviews", "tokenreviews"}

#: Kinds that the control plane writes all the time, heartbeats and what happened, and one that is stored nowhere.
REWRITTEN = {"componentstatuses", "events", "events.events.k8s.io", "leases.coordination.k8s.io", "nodes"}

#: Kinds whose names are made by chance.
BY_CHANCE = ("Secret ", "Pod ", "EndpointSlice ", "PersistentVolume ")


class RegionLab:
    def __init__(self, state: Path, lab: Lab) -> None:
        self.state = state
        self.lab = lab
        self.description = lab.description
        self.operator = Operator(state / "inventory", self.description["coder"]["token"])
        self._audit_start: dict[str, int] = {}
        self._request_start = 0

    @classmethod
    def up(
        cls,
        state: Path,
        kubernetes: str,
        regions: tuple[str, ...] = ("sydney", "frankfurt"),
        primary: str = primaries.NEW,
    ) -> RegionLab:
        lab, _started = lifecycle.up(state, kubernetes, list(regions), "plain", print, primary=primary)
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

    def looks(self) -> int:
        """How often a provider was looked at: each look asks Coder once who it is."""
        requests = self.lab.control("GET", f"/requests?since={self._request_start}")
        return len([one for one in requests if (one["method"], one["path"]) == ("GET", "/api/v0/users/me")])

    def cluster_writes(self, *names: str) -> list[str]:
        """Writes of runs that reached an API server, as ``cluster verb uri``; of all clusters or of these."""
        return [
            f"{name} {event['verb']} {event['requestURI']}"
            for name in names or self.clusters
            for event in self._events(name)
            if event["user"]["username"] in RUNNERS and event["stage"] == "ResponseComplete"
            if event.get("objectRef", {}).get("resource") not in QUESTIONS
            # An exec, whose command may be a question.
            if event.get("objectRef", {}).get("subresource") != "exec"
            # The API server answers what would be, and stores nothing.
            if "dryRun=All" not in event["requestURI"]
        ]

    def _events(self, cluster: str) -> list[dict[str, Any]]:
        with Path(self.clusters[cluster]["audit_log"]).open("rb") as log:
            log.seek(self._audit_start.get(cluster, 0))
            # The last line may still be on its way.
            return [json.loads(line) for line in log if line.endswith(b"\n")]

    def assert_nothing_written(self) -> None:
        assert self.coder_writes() == []
        assert self.cluster_writes() == []

    # -- what is there ----------------------------------------------------------------------------------------------

    def state_of_coder(self) -> dict[str, Any]:
        return self.lab.control("GET", "/state")

    def provider(self, name: str) -> dict[str, Any]:
        return next(one for one in self.state_of_coder()["providers"] if one["name"] == name)

    def workspaces(self, provider: str) -> dict[str, dict[str, Any]]:
        listed, provider_id = self.state_of_coder()["workspaces"], self.provider(provider)["id"]
        return {one["name"]: one for one in listed if one["provider"] == provider_id}

    def kubectl(self, cluster: str, *arguments: str) -> str:
        """As the lab's own user, so that it does not count as the operator's."""
        command = [self.description["programs"]["kubectl"], "--kubeconfig", self.clusters[cluster]["admin_kubeconfig"]]
        return self._output([*command, "-n", "coder", *arguments])

    def helm_program(self, series: str) -> str:
        """Helm 3 is the lab's own."""
        return str(toolchain.ensure_one("helm4", print)) if series == "4" else self.description["programs"]["helm"]

    def helm(self, cluster: str, *arguments: str, program: str | None = None) -> str:
        command = [
            program or self.description["programs"]["helm"],
            "--kubeconfig",
            self.clusters[cluster]["admin_kubeconfig"],
        ]
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

    def revisions(self, cluster: str, release: str = "coder-workspace-provider", namespace: str = "coder") -> list[int]:
        selector = f"owner=helm,name={release}"
        records = self.kubectl(cluster, "get", "secret", "-n", namespace, "-l", selector, "-o", "json")
        return sorted(int(one["metadata"]["labels"]["version"]) for one in json.loads(records)["items"])

    def resource_versions(self, cluster: str) -> dict[str, str]:
        """Resource version of every object of the cluster, in all namespaces, but those that it rewrites by itself."""
        kinds = self.kubectl(cluster, "api-resources", "--verbs=list", "-o", "name").split()
        kinds = [kind for kind in kinds if kind not in REWRITTEN]
        listed = json.loads(self.kubectl(cluster, "get", ",".join(kinds), "--all-namespaces", "-o", "json"))["items"]
        return {
            f"{one['kind']} {its.get('namespace', '')}/{its['name']}": its["resourceVersion"]
            for one in listed
            for its in [one["metadata"]]
        }

    def inventory_with(self, region: str, variables: dict[str, str | None]) -> Path:
        """The inventory with other variables of a region and of its providers; None: it does not say that one."""
        folder = self.state / f"inventory-of-{region}"
        for name, content in inventory.contents(self.description).items():
            if region in name:
                its = {key: variables.get(key, value) for key, value in content.items()}
                content = {key: value for key, value in its.items() if value is not None}
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(yaml.safe_dump(content))
        return folder

    def look_options(self, provider: str) -> dict[str, Any]:
        """Those of a look at this provider as the only one of the inventory, by the rules of the playbooks."""
        region, content = provider.rpartition("-")[0], inventory.contents(self.description)
        files = ("group_vars/all.yml", f"group_vars/{region}.yml", f"host_vars/{provider}.yml")
        of_host = {name: value for file in files for name, value in content[file].items()}
        of_host |= {
            "inventory_hostname": provider,
            "group_names": ["coder_regions", region],
            "groups": {name: [provider] for name in ("all", "coder_regions", region)},
            "coder_token": self.description["coder"]["token"],
            "inventory_dir": str(self.state / "inventory"),
        }
        with tempfile.TemporaryDirectory() as run_folder:
            found = site.of_host({**of_host, "hostvars": {provider: of_host}}, lambda value: value, run_folder)
        assert found.wrong == []
        return found.options

    # -- what is done -----------------------------------------------------------------------------------------------

    def play(self, playbook: str, *options: str, **arguments: Any) -> Run:
        return self.operator.play(playbook, *options, coder_backup_dir=str(self.state / "backups"), **arguments)

    def play_until(self, task: str, playbook: str, **arguments: Any) -> str:
        return self.operator.play_until(task, playbook, coder_backup_dir=str(self.state / "backups"), **arguments)

    def play_until_written(self, part: str, playbook: str, **arguments: Any) -> None:
        """Kills the run right after the first write, to Coder or to an API server, whose text has that part."""
        assert self.operator.play_while(
            lambda: not any(part in write for write in [*self.coder_writes(), *self.cluster_writes()]),
            playbook,
            coder_backup_dir=str(self.state / "backups"),
            **arguments,
        ), f"the run ended and never wrote {part!r}"

    def phase(self, provider: str) -> str:
        return self.look(provider)["phase"]

    def look(self, provider: str) -> dict[str, Any]:
        """What status.yml says of the provider, as JSON."""
        file = self.state / "status.json"
        self.play("status.yml", limit=provider, coder_status_file=str(file)).must_end_well()
        return json.loads(file.read_text())["regions"][0]

    def fault(self, **fault: Any) -> None:
        self.lab.control("POST", "/faults", fault)

    def until(self, condition: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "it did not come about"
            time.sleep(0.5)

    def upgrade_provider_chart(self, cluster: str, chart: str) -> None:
        archive = self.description["charts"][chart]
        self.helm(cluster, "upgrade", "coder-workspace-provider", archive, "--reset-then-reuse-values")

    def leave_release(self, cluster: str, namespace: str, release: str, status: str) -> None:
        """The newest revision's record as a helm leaves it that was killed in the middle."""
        self.change_record(
            cluster, namespace, release, lambda record: record["info"].update(status=status), status=status
        )

    def change_record(
        self, cluster: str, namespace: str, release: str, change: Callable[[dict[str, Any]], None], **labels: str
    ) -> None:
        """Of the newest revision."""
        one = self.kubectl(cluster, "get", "secret", "-n", namespace, "-l", f"owner=helm,name={release}", "-o", "json")
        secret = max(json.loads(one)["items"], key=lambda found: int(found["metadata"]["labels"]["version"]))
        record = json.loads(gzip.decompress(base64.b64decode(base64.b64decode(secret["data"]["release"]))))
        change(record)
        packed = base64.b64encode(base64.b64encode(gzip.compress(json.dumps(record).encode()))).decode()
        patch = {"metadata": {"labels": labels}, "data": {"release": packed}}
        self.kubectl(cluster, "patch", "secret", secret["metadata"]["name"], "-n", namespace, "-p", json.dumps(patch))

    def rebuild_and_wait(self, workspace: str) -> dict[str, Any]:
        """The workspace after a rebuild asked for through Coder's API, as a user does in the UI."""
        workspace_id = self._workspace(workspace)["id"]
        self.coder("PATCH", f"/api/v0/workspaces/{workspace_id}", {})
        self.until(lambda: not self._workspace(workspace)["updating"], 60)
        return self._workspace(workspace)

    def reachable(self, workspace: str, through: str) -> bool:
        """Whether a client that dials the workspace through that address gets its WebSocket (HTTP 101)."""
        answer = probe_connect(
            through,
            self._workspace(workspace)["id"],
            self.description["coder"]["token"],
            ca_path=self.description["ca_path"],
            timeout=10,
        )
        return answer["reachable"]

    def coder(self, method: str, path: str, body: Any = None) -> requests.Response:
        coder = self.description["coder"]
        return requests.request(
            method,
            coder["url"] + path,
            json=body,
            headers={"Session-Token": coder["token"]},
            verify=self.description["ca_path"],
            timeout=30,
        )

    def outcome(self, provider: str) -> dict[str, Any]:
        """What must be the same however often the way was interrupted: no times, and no names that are made by chance."""
        there = self.provider(provider)
        return {
            "provider": {key: there[key] for key in ("status", "enable_net_v2", "cordoned", "config")},
            "satellites": [one["name"] for one in self.state_of_coder()["satellites"]],
            "workspaces": {
                name: (one["container_status"], one["network"], one["updating"])
                for name, one in self.workspaces(provider).items()
            },
            "releases": self.revisions(provider),
            "objects": sorted(name for name in self.resource_versions(provider) if not name.startswith(BY_CHANCE)),
        }

    def secrets(self, cluster: str) -> set[str]:
        """What no output may hold: the operator's tokens, those of all envproxies, and what the cluster's Secrets hold.

        Of a Secret's values all but public ones: as they are, as the API shows them, as JSON and as YAML writes them.
        """
        listed = json.loads(self.kubectl(cluster, "get", "secrets", "--all-namespaces", "-o", "json"))["items"]
        encoded = {
            value
            for one in listed
            for key, value in (one.get("data") or {}).items()
            if key not in ("ca.crt", "tls.crt", "namespace") and len(value) > 16
        }
        values = {base64.b64decode(value).decode() for value in encoded}
        providers = json.loads((self.state / "simulator.json").read_text())["providers"]
        tokens = {self.description["coder"]["token"], *(one["envproxy_token"] for one in providers)}
        tokens |= {self.cluster_token(cluster)}
        # A key of several lines stands on one in JSON, and has each of its lines shifted in YAML. What its last ones hold is
        # its public half, which is no secret.
        lines = {line for value in values for line in value.splitlines()[:-2] if len(line) > 30 and "---" not in line}
        return tokens | encoded | values | lines | {json.dumps(value)[1:-1] for value in values}

    def cluster_token(self, cluster: str) -> str:
        """The operator's, of the kubeconfig that the inventory names."""
        return yaml.safe_load(Path(self.clusters[cluster]["kubeconfig"]).read_text())["users"][0]["user"]["token"]

    def coder_writes_about(self, provider: str) -> list[str]:
        about = [self.provider(provider)["id"], *(one["id"] for one in self.workspaces(provider).values())]
        return [write for write in self.coder_writes() if any(one in write for one in about)]

    def _workspace(self, name: str) -> dict[str, Any]:
        return next(one for one in self.state_of_coder()["workspaces"] if one["name"] == name)
