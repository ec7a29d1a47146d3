# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What neither Coder nor Kubernetes can tell about a region's move, kept in a ConfigMap beside the provider.

Read here, written by the role ``region``. Private to this collection.
"""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._cluster.client import Cluster
from ansible_collections.coder.classic.plugins.module_utils._cluster.rights import RECORD as NAME
from ansible_collections.coder.classic.plugins.module_utils._coder import times
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

# Points in time by Coder's clock, RFC 3339: Networking v2 went on, a workspace was reached through the satellite,
# Networking v2 went off again, cordoned by us, envproxy at 0, a workspace rebuilt without the old chart.
TIMES = ("switched_at", "connected_at", "rolled_back_at", "cordoned_at", "idle_since", "retired_at")
# Without a record every workspace counts as not rebuilt and nothing as proved.
EMPTY: dict[str, Any] = {**dict.fromkeys(TIMES), "envproxy_replicas": None, "kept_uids": {}, "off_before": []}


def read(cluster: Cluster, namespace: str) -> dict[str, Any]:
    """parse() of the ConfigMap, EMPTY without one. ClassicError: access to the cluster, ``invalid``."""
    found = cluster.get("v1", "ConfigMap", NAME, namespace)
    try:
        return parse((found or {}).get("data") or {})
    except (ValueError, TypeError, ClassicError) as error:
        raise ClassicError(
            "The record of the migration cannot be read",
            code="invalid",
            where=f"ConfigMap {NAME} in namespace {namespace}, {cluster.where}",
            why=error.what if isinstance(error, ClassicError) else str(error),
            untouched="everything: this only looked",
            next_step="correct or delete that ConfigMap; without it every workspace is rebuilt once more",
        ) from None


def parse(data: dict[str, str]) -> dict[str, Any]:
    """The keys of EMPTY: times as text, ``envproxy_replicas`` as int, ``kept_uids`` as ``{"Kind/name": UID}``,
    ``off_before`` as ids of workspaces. Pure.

    Raises ValueError, TypeError or ClassicError ``invalid`` for a value that is not what it should be.
    """
    for key in TIMES:
        times.parse(data.get(key))
    replicas, uids = data.get("envproxy_replicas"), json.loads(data.get("kept_uids") or "{}")
    off = json.loads(data.get("off_before") or "[]")
    if not isinstance(uids, dict) or not isinstance(off, list):
        raise TypeError("kept_uids is not a JSON object, or off_before no JSON list")
    return {
        **{key: data.get(key) or None for key in TIMES},
        "envproxy_replicas": int(replicas) if replicas else None,
        "kept_uids": uids,
        "off_before": [str(workspace) for workspace in off],
    }
