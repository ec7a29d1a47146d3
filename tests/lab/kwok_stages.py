# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How kwok plays the kubelet: its own stages for nodes and pods, adapted.

Other kinds are played by ``cloud``: kwok asks for their schema in OpenAPI 3, which Kubernetes 1.21 does not have.
"""

from __future__ import annotations

from pathlib import Path

import yaml

# No heartbeat: without the node lifecycle controller nobody looks at it.
STAGES = ("node/fast", "pod/fast")

# A test slows a pod by this annotation: "not-ready" keeps a new pod pending, "terminating" keeps a deleted pod.
HOLD = "lab.coder.classic/hold"
HELD = {"pod-ready": "not-ready", "pod-delete": "terminating"}


def config(stock: Path) -> str:
    """The text of kwok's configuration file. ``stock``: the folder of kwok's stages."""
    documents = [
        document
        for name in STAGES
        for path in sorted((stock / name).glob("*.yaml"))
        for document in yaml.safe_load_all(path.read_text())
        if document["kind"] == "Stage"
    ]
    return yaml.safe_dump_all([holdable(document) for document in documents], sort_keys=False)


def holdable(stage: dict) -> dict:
    """The stage, not for a pod whose annotation ``HOLD`` names it; other stages as they are."""
    value = HELD.get(stage["metadata"]["name"])
    if value is None:
        return stage
    condition = {"key": f'.metadata.annotations["{HOLD}"]', "operator": "NotIn", "values": [value]}
    selector = {"matchExpressions": [*stage["spec"]["selector"]["matchExpressions"], condition]}
    return stage | {"spec": stage["spec"] | {"selector": selector}}
