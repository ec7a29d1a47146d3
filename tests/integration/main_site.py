# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A main deployment as a site has it: of 1.20, with a built-in provider, and somebody who has only the rights of the examples."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import yaml
from region_lab import RegionLab
from site_runs import SITE, Run

from lab.simulator import state

CLUSTER = "primary"
SNAPSHOT = {"coder_snapshot_done": "/srv/coder.dump"}
#: What docs/rights.md names for update_coder.yml and restore_database.yml.
FOR_UPDATE = ("primary", "primary-update", "primary-database")
PLANTED = "planted-database-password"
#: What a site had given to the release.
VALUES = {
    "cemanager": {"replicas": 1},
    "ingress": {"host": "coder.example.com", "additionalAnnotations": ["a.example.com/b: c"]},
    "devurls": {"host": "*.coder.example.com"},
    "envbox": {"image": "registry.example.com/coderenvs/envbox:1.20.0"},
    "mail": {"smtpPassword": PLANTED},
}


def routes(lab: RegionLab, ingress: str = "of-the-site") -> list[str]:
    """``service:port`` of each rule of an Ingress of the site's own."""
    rules = json.loads(lab.kubectl(CLUSTER, "get", "ingress", ingress, "-o", "json"))["spec"]["rules"]
    found = [path["backend"]["service"] for rule in rules for path in rule["http"]["paths"]]
    return [f"{one['name']}:{one['port']['number']}" for one in found]


class Site:
    """The lab with a main deployment of 1.20, and its operator."""

    def __init__(self, lab: RegionLab, folder: Path, *, found: bool = False, **values: Any) -> None:
        """found: the lab's own main deployment is the one; otherwise it is installed, with VALUES and these."""
        self.lab, self.values, self.backups = lab, folder / "coder-values.yaml", folder / "backups"
        folder.mkdir(exist_ok=True)
        self.charts = lab.description["charts"]
        database = lab.description["database"]
        # Those of the built-in one are in its pod.
        self.programs = database["programs"] if database["kind"] == "external" else None
        if not found:
            self._install(folder, values)
        lab.kubectl(CLUSTER, "delete", "clusterrolebinding", "lab-operator", "--ignore-not-found")
        self.limit_to(*FOR_UPDATE, *(("primary-look", "primary-builtin") if found else ()))

    def _install(self, folder: Path, values: dict[str, Any]) -> None:
        lab = self.lab
        given = folder / "given.yaml"
        url = lab.description["coder"]["url"]
        main = {"cemanager": {**VALUES["cemanager"], "accessURL": url}}
        given.write_text(yaml.safe_dump({**VALUES, **main, **values}))
        lab.helm(CLUSTER, "uninstall", "coder", "--wait")
        # The volume stays, and on its data of 1.21 no 1.20 works.
        lab.lab.control("POST", "/database/reset")
        lab.helm(CLUSTER, "install", "coder", self.charts["coder-1.20.0"], "--values", str(given), "--wait")

    def limit_to(self, *files: str) -> None:
        """From now on the operator has the rights of these files of the examples, and no other."""
        for file in (SITE / "rbac").glob("primary*.yml"):
            verb = ("apply",) if file.stem in files else ("delete", "--ignore-not-found")
            self.lab.kubectl(CLUSTER, *verb, "-f", str(file))
        self.lab.forget()

    def play(
        self, *options: str, playbook: str = "update_coder.yml", version: str | None = "1.21.7", **more: Any
    ) -> Run:
        return self.lab.operator.play(playbook, *options, **self.arguments(version, **more))

    def arguments(self, version: str | None, **more: Any) -> dict[str, Any]:
        """None in place of a value: it is not given."""
        chart = self.charts["coder" if version in (None, "1.21.7") else f"coder-{version}"]
        given = {"coder_version": version, "coder_chart_ref": chart, "coder_values_file": self.values}
        given |= {"coder_backup_dir": self.backups, "coder_database_programs": self.programs, **more}
        return {name: value for name, value in given.items() if value is not None}

    def metadata(self, kind: str, name: str) -> dict[str, Any] | None:
        text = self.lab.kubectl(CLUSTER, "get", kind, name, "--ignore-not-found", "-o", "json")
        return json.loads(text)["metadata"] if text else None

    def ingress(self) -> str | None:
        return (self.metadata("ingresses.networking.k8s.io", "web-ingress") or {}).get("uid")

    def address(self) -> str:
        return self.lab.kubectl(
            CLUSTER, "get", "service", "ingress-nginx", "-o", "jsonpath={.status.loadBalancer.ingress}"
        )

    def entry(self) -> str:
        """The address at which users come in, of whatever Service has one."""
        path = "jsonpath={.items[*].status.loadBalancer.ingress[*].ip}"
        return self.lab.kubectl(CLUSTER, "get", "services", "-o", path)

    def routes(self, ingress: str = "of-the-site") -> list[str]:
        return routes(self.lab, ingress)

    def for_command(self, command: str) -> dict[str, Any]:
        """What a command that status.yml names needs besides, at this site: consents, and its charts, which are files."""
        region = command.partition(" -l ")[2]
        if region:
            consents = {"coder_confirm_rebuild": region, "coder_confirm_retire": region}
            if (version := self.version()) == "1.21.7":
                return consents
            # In the lab's inventory the satellites' chart is pinned to 1.21.7.
            chart = {"coder_satellite_chart_ref": self.charts[f"coder-{version}"]}
            return {**consents, **chart, "coder_satellite_chart_version": version}
        if command.startswith("switch_builtin_provider"):
            return {"coder_confirm_rebuild": "coder_primary"}
        chart = self.charts["coder-1.22.3" if "1.22.3" in command else "coder"]
        given = self.arguments(None, coder_chart_ref=chart)
        # RegionLab.play gives its own.
        return {name: value for name, value in given.items() if name != "coder_backup_dir"}

    def revisions(self) -> list[int]:
        return self.lab.revisions(CLUSTER, "coder")

    def version(self) -> str | None:
        return self.lab.coder("GET", "/api").headers.get("coder-version")


# -- the built-in provider ------------------------------------------------------------------------------------------

NAME = "built-in"
KINDS = {"main-live": "on-live", "main-idle": "on-idle", "main-off": "off"}


def with_builtin(region_lab, tmp_path):
    region_lab.lab.control("POST", "/snapshot", {"path": str(tmp_path / "coder.json")})
    data = json.loads((tmp_path / "coder.json").read_text())
    organisation = data["site"]["organisation"]["id"]
    entry = {
        "name": NAME, "cluster": "primary", "namespace": "coder", "release": "coder", "built_in": True,
        "envproxy_access_url": region_lab.description["coder"]["url"], "envproxy_token": "not-used",
    }  # fmt: skip
    provider = state.new_provider("built-in-provider", entry, organisation)
    provider["config"]["cluster_address"] = region_lab.clusters["primary"]["server"]
    data["providers"][provider["id"]] = provider
    (tmp_path / "coder.json").write_text(json.dumps(data))
    region_lab.lab.control("POST", "/restore", {"path": str(tmp_path / "coder.json")})
    for name, kind in KINDS.items():
        wanted = {"name": name, "user": "member", "state": kind, "provider": NAME}
        region_lab.lab.control("POST", "/workspaces", wanted)
    region_lab.until(lambda: statuses(region_lab) == {"main-live": "ON", "main-idle": "ON", "main-off": "OFF"}, 30)
    # From now on the operator has the rights of the examples there, and no other.
    region_lab.kubectl("primary", "delete", "clusterrolebinding", "lab-operator", "--ignore-not-found")
    for file in ("primary", "primary-look", "primary-builtin"):
        region_lab.kubectl("primary", "apply", "-f", str(SITE / "rbac" / f"{file}.yml"))
    region_lab.forget()
    return region_lab


def statuses(lab: Any) -> dict[str, str]:
    return {name: one["container_status"] for name, one in lab.workspaces(NAME).items()}


def with_headless_service(chart: str, folder: Path) -> str:
    """The chart with a Service whose immutable field has to change."""
    with tarfile.open(chart) as archive:
        archive.extractall(folder / "chart", filter="data")
    its = folder / "chart" / "coder"
    (template,) = (its / "templates").glob("timescale.yaml*")
    template.write_text(template.read_text().replace("type: ClusterIP\n", "type: ClusterIP\n  clusterIP: None\n", 1))
    return str(its)
