# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How kwok plays the kubelet: its own stages for nodes and pods, adapted.

Other kinds are played by ``cloud``: kwok asks for their schema in OpenAPI 3, which Kubernetes 1.21 does not have.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import yaml

from .simulator import migrations

# No heartbeat: without the node lifecycle controller nobody looks at it.
STAGES = ("node/fast", "pod/fast")

# A test slows a pod by this annotation: "not-ready" keeps a new pod pending, "terminating" keeps a deleted pod.
HOLD = "lab.coder.classic/hold"
HELD = {"pod-ready": "not-ready", "pod-delete": "terminating"}

# A kubelet starts a pod's containers after its init containers. The one of Coder's main pods is played by the simulator
# (``simulator.migrations``), which then sets the condition Initialized; of all others nothing is to be seen.
MIGRATING = (
    'select(.metadata.namespace == "{namespace}" and any(.spec.initContainers[]?; .name == "{name}")'
    ' and (any(.status.conditions[]?; .type == "Initialized" and .status == "True") | not)) | "migrating"'
)


def config(stock: Path, migrating: str | None = None, commands: Iterable[dict] = ()) -> str:
    """The text of kwok's configuration file. ``stock``: the folder of kwok's stages. ``migrating``: the namespace whose pods
    wait for their migration. ``commands``: see ``pod_commands``."""
    documents = [
        document
        for name in STAGES
        for path in sorted((stock / name).glob("*.yaml"))
        for document in yaml.safe_load_all(path.read_text())
        if document["kind"] == "Stage"
    ]
    stages = [after_migration(holdable(document), migrating) for document in documents]
    return yaml.safe_dump_all([*stages, *commands], sort_keys=False)


def holdable(stage: dict) -> dict:
    """The stage, not for a pod whose annotation ``HOLD`` names it; other stages as they are."""
    value = HELD.get(stage["metadata"]["name"])
    if value is None:
        return stage
    return _unless(stage, f'.metadata.annotations["{HOLD}"]', value)


def after_migration(stage: dict, namespace: str | None) -> dict:
    """The stage, not for a pod of that namespace whose migration is not done; other stages as they are."""
    if namespace is None or stage["metadata"]["name"] != "pod-ready":
        return stage
    return _unless(stage, MIGRATING.format(namespace=namespace, name=migrations.NAME), "migrating")


def _unless(stage: dict, key: str, value: str) -> dict:
    condition = {"key": key, "operator": "NotIn", "values": [value]}
    selector = {"matchExpressions": [*stage["spec"]["selector"]["matchExpressions"], condition]}
    return stage | {"spec": stage["spec"] | {"selector": selector}}
