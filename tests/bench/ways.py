# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Three ways to do the same: by hand, by plain tasks, and ours. Each must really end with a retired region."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from site_runs import OWN, SITE

from bench import foreign
from bench.stage import REGION, Stage
from lab import processes
from lab.charts.package import CHARTS

HERE = Path(__file__).resolve().parent
SOAK_SECONDS = 3
MIGRATE = ("migrate_region.yml", "-l", REGION, "-e", f"coder_confirm_rebuild={REGION}")
RETIRE = ("retire_region.yml", "-l", REGION, "-e", f"coder_confirm_retire={REGION}")
Command = list[str | Path]


class Job(NamedTuple):
    """One or several commands, one after the other, in a folder and an environment of their own."""

    commands: list[Command]
    folder: Path
    environment: dict[str, str]


class NotDone(Exception):
    """A run ended and its work is not done: then it has no time."""


def environment(stage: Stage, **more: str) -> dict[str, str]:
    """As a user's, who has set nothing for Ansible, Helm or Kubernetes."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith((*OWN, "PYTHON"))}
    helm = {f"HELM_{kind}_HOME": str(stage.folder / "helm" / kind.lower()) for kind in ("CACHE", "CONFIG", "DATA")}
    own = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "CODER_TOKEN": stage.description["coder"]["token"],
    }
    # Whoever ends the lab ends what is left of a run.
    return {**kept, **own, **helm, **processes.mark(stage.state, "run"), **more}


def program(name: str) -> Path:
    return Path(sys.executable).with_name(name)


def ours(stage: Stage, playbook: str, *arguments: str, inventory: Path | None = None) -> Command:
    """One of the collection's playbooks, as an operator calls it from the site's folder."""
    backups = f"coder_backup_dir={stage.folder / 'backups'}"
    return [
        program("ansible-playbook"),
        playbook,
        "-i",
        inventory or stage.folder / "inventory",
        *arguments,
        "-e",
        backups,
    ]


def our_job(stage: Stage, *commands: Command) -> Job:
    collections = Path(os.environ["ANSIBLE_COLLECTIONS_PATH"])
    return Job(list(commands), SITE, environment(stage, ANSIBLE_COLLECTIONS_PATH=str(collections), ANSIBLE_NOCOLOR="1"))


def by_ours(stage: Stage) -> Job:
    """What an operator types."""
    return our_job(stage, ours(stage, *MIGRATE), ours(stage, *RETIRE))


def facts(stage: Stage) -> dict[str, Any]:
    """What the script and the playbook must know."""
    told, region = stage.description, stage.description["regions"][REGION]
    versions = {chart.key: chart.version for chart in CHARTS}
    return {
        "coder_url": told["coder"]["url"],
        "coder_ca": told["ca_path"],
        "chart_repo": told["chart_repo_url"],
        "chart_version": versions["coder"],
        "provider_chart_version": versions["workspace-provider-plain"],
        "region": REGION,
        "satellite_url": region["satellite_url"],
        "satellite_kubeconfig": told["clusters"][region["satellite_cluster"]]["kubeconfig"],
        "soak_seconds": str(SOAK_SECONDS),
        "python": sys.executable,
        "keep": str(HERE / "keep.py"),
        "helm": told["programs"]["helm"],
        "kubectl": told["programs"]["kubectl"],
        "work": str(stage.folder / "work"),
        "providers": {one: told["clusters"][one]["kubeconfig"] for one in region["providers"]},
    }


def by_hand(stage: Stage) -> Job:
    known = facts(stage)
    known["providers"] = "\n".join(f"{name} {kubeconfig}" for name, kubeconfig in known["providers"].items())
    Path(known["work"]).mkdir(exist_ok=True)
    upper = {name.upper(): value for name, value in known.items()}
    return Job([["bash", HERE / "by_hand.sh"]], HERE, environment(stage, **upper))


def by_tasks(stage: Stage) -> Job:
    known = facts(stage)
    hosts = {name: {"kubeconfig": kubeconfig} for name, kubeconfig in known.pop("providers").items()}
    variables = {**known, "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    listed = {"hosts": {"coder_primary": None}, "children": {"providers": {"hosts": hosts}}, "vars": variables}
    Path(known["work"]).mkdir(exist_ok=True)
    inventory = stage.folder / "by_tasks.json"
    inventory.write_text(json.dumps({"all": listed}))
    own = environment(stage, ANSIBLE_COLLECTIONS_PATH=str(foreign.COLLECTIONS), ANSIBLE_NOCOLOR="1")
    return Job([[program("ansible-playbook"), "migrate.yml", "-i", inventory]], HERE / "by_tasks", own)


WAYS = {"by hand": by_hand, "by tasks": by_tasks, "ours": by_ours}


def demand_retired(stage: Stage, uids: Mapping[str, dict[str, str]]) -> None:
    """NotDone with what is not as it must be; ``uids`` are those of the access objects before."""
    problems: list[str] = []
    for provider, before in uids.items():
        its = stage.provider(provider)
        seen = {key: its[key] for key in ("status", "enable_net_v2", "cordoned")}
        if seen != {"status": "ready", "enable_net_v2": True, "cordoned": False}:
            problems.append(f"{provider} is {seen}")
        if left := stage.revisions(provider):
            problems.append(f"{provider} still has revisions {left} of its release")
        if (after := stage.uids(provider)) != before:
            problems.append(f"{provider} had {before} and has {after}")
        if "envproxy" in stage.kubectl(provider, "get", "deployments,services,pods", "-o", "name"):
            problems.append(f"{provider} still has objects of envproxy")
        for name, workspace in stage.workspaces(provider).items():
            wanted = ("OFF", "v2") if name.endswith("-off") else ("ON", "v2")
            found = (workspace["container_status"], workspace["network"])
            if not name.endswith("-broken") and found != wanted:
                problems.append(f"workspace {name} is {found}, not {wanted}")
    if [one["name"] for one in stage.state_of_coder()["satellites"]] != [REGION]:
        problems.append("the satellite is not registered")
    if problems:
        raise NotDone("; ".join(problems))


def access_uids(stage: Stage) -> dict[str, dict[str, str]]:
    return {provider: stage.uids(provider) for provider in stage.description["regions"][REGION]["providers"]}
