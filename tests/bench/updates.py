# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The update of the main deployment from 1.20 to 1.21.7 and to serviceNext, by hand and ours: both must really end there."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from main_site import CLUSTER, SNAPSHOT, VALUES, Site

from bench.stage import Stage
from bench.ways import HERE, Job, NotDone, environment, facts, our_job, ours
from lab import snapshots

STATE = "primary-1.20"
VERSION = "1.21.7"
#: Of the database, in the first of the two upgrades: a real one takes minutes, and nobody is quicker than it. With none at all, the
#: other variant, Ansible's own start is the half of ours.
MIGRATIONS = {"": 10, ", no migration": 0}


def seed(stage: Stage, say: Callable[[str], None]) -> None:
    """Saves the state that both begin with."""
    if STATE not in snapshots.names(stage.state):
        stage.begin("fresh")
        Site(stage, stage.folder / "site")
        stage.lab.snapshot(STATE, say)


def migrate_for(stage: Stage, seconds: int) -> None:
    if seconds:
        stage.fault(kind="migration_slow", seconds=seconds, times=1)


def by_hand(stage: Stage) -> Job:
    known = facts(stage)
    work = Path(known["work"])
    work.mkdir(exist_ok=True)
    edited = edited_values(stage.description["coder"]["url"])
    files = {"values": edited, "values_next": {**edited, "coderd": {**edited["coderd"], "serviceNext": True}}}
    for name, values in files.items():
        path = work / f"{name}.yaml"
        path.write_text(yaml.safe_dump(values))
        known[name] = str(path)
    known["primary_kubeconfig"] = stage.clusters[CLUSTER]["kubeconfig"]
    told = {name.upper(): value for name, value in known.items() if isinstance(value, str)}
    return Job([["bash", HERE / "update_by_hand.sh"]], HERE, environment(stage, **told))


def by_ours(stage: Stage) -> Job:
    """What an operator types; the values file is exported by the first of the two."""
    folder = stage.folder / "site"
    for left in folder.glob("coder-values.yaml*"):
        left.unlink()
    file = ("-e", f"coder_values_file={folder / 'coder-values.yaml'}")
    snapshot = [part for name, value in SNAPSHOT.items() for part in ("-e", f"{name}={value}")]
    return our_job(
        stage,
        ours(stage, "update_coder.yml", "-e", f"coder_version={VERSION}", *snapshot, *file),
        ours(stage, "update_coder.yml", "-e", "coder_service_next=true", *file),
    )


WAYS = {"by hand": by_hand, "ours": by_ours}


def edited_values(url: str) -> dict[str, Any]:
    """The site's values under the names of 1.21, as somebody edits them who has the table beside."""
    values = copy.deepcopy(VALUES)
    main, hosts = values.pop("cemanager"), values.pop("devurls")
    values["coderd"] = {**main, "accessURL": url, "devurlsHost": hosts["host"]}
    values["envbox"]["image"] = values["envbox"]["image"].replace("1.20.0", VERSION)
    return values


def demand_updated(stage: Stage) -> None:
    """NotDone with what is not as it must be."""
    problems = []
    listed = json.loads(stage.kubectl(CLUSTER, "get", "deployments,ingresses.networking.k8s.io", "-o", "json"))["items"]
    names = {f"{one['kind']}/{one['metadata']['name']}" for one in listed}
    if (
        "Deployment/coderd" not in names
        or {"Deployment/envproxy", "Deployment/cemanager", "Ingress/web-ingress"} & names
    ):
        problems.append(f"there are {', '.join(sorted(names))}")
    if (version := stage.coder("GET", "/api").headers.get("coder-version")) != VERSION:
        problems.append(f"Coder answers as {version}")
    status = json.loads(stage.helm(CLUSTER, "status", "coder", "-o", "json"))["info"]["status"]
    if status != "deployed":
        problems.append(f"the release is {status}")
    if problems:
        raise NotDone("; ".join(problems))
