# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What neither Coder nor Kubernetes can tell about a region's move, kept in a ConfigMap beside the provider.

Private to this collection.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import times
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import objects
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster
from ansible_collections.coder.classic.plugins.module_utils._region.rights.rights import RECORD as NAME

# Points in time by Coder's clock, RFC 3339: Networking v2 went on, a workspace was reached through the satellite,
# Networking v2 went off again, cordoned by us, envproxy at 0, a workspace rebuilt without the old chart.
TIMES = ("switched_at", "connected_at", "rolled_back_at", "cordoned_at", "idle_since", "retired_at")
# Without a record every workspace counts as not rebuilt and nothing as proved.
EMPTY: dict[str, Any] = {**dict.fromkeys(TIMES), "envproxy_replicas": None, "kept_uids": {}, "off_before": []}


# Coder's replicas may differ by a little; a time further ahead than this is none that anybody measured.
AHEAD = timedelta(minutes=5)
MOST_REPLICAS = 1000


def read(cluster: Cluster, namespace: str) -> dict[str, Any]:
    """parse() of the ConfigMap, EMPTY without one. ClassicError: access to the cluster, ``invalid``."""
    found = cluster.get("v1", "ConfigMap", NAME, namespace)
    try:
        return parse((found or {}).get("data") or {})
    except (ValueError, TypeError, RecursionError, ClassicError) as error:
        why = error.what if isinstance(error, ClassicError) else str(error)
        raise unusable(namespace, cluster.where, why) from None


def write(cluster: Cluster, namespace: str, changes: dict[str, str | None]) -> None:
    """Sets these keys, and removes those that are None. What the record must say is checked like what it says."""
    parse({key: value for key, value in changes.items() if value is not None})
    objects.put_config_map(cluster, NAME, namespace, changes)


def unusable(namespace: str, where: str | None, why: str) -> ClassicError:
    return ClassicError(
        "The record of the migration cannot be used",
        code="invalid",
        where=f"ConfigMap {NAME} in namespace {namespace}, {where}",
        why=why,
        untouched="everything: this only looked",
        next_step=f"correct the key, or delete it (kubectl -n {namespace} edit configmap {NAME}); without switched_at every "
        "workspace is rebuilt once more, without the others less counts as proved",
    )


def ahead(record: dict[str, Any], now: datetime) -> list[str]:
    """``key: time`` of each time in the record that lies in the future; now is by Coder's clock. Pure."""
    moments = {key: times.parse(record[key]) for key in TIMES}
    return [f"{key} is {record[key]}" for key, moment in moments.items() if moment and moment > now + AHEAD]


def parse(data: dict[str, str]) -> dict[str, Any]:
    """The keys of EMPTY: times as text, ``envproxy_replicas`` as int, ``kept_uids`` as ``{"Kind/name": UID}``,
    ``off_before`` as ids of workspaces. Pure.

    Raises ValueError, TypeError or ClassicError ``invalid`` for a value that is not what it should be.
    """
    for key in TIMES:
        times.parse(data.get(key))
    replicas = int(data.get("envproxy_replicas") or 0)
    if not 0 <= replicas <= MOST_REPLICAS:
        raise ValueError(f"envproxy_replicas is {replicas}")
    uids, off = json.loads(data.get("kept_uids") or "{}"), json.loads(data.get("off_before") or "[]")
    if not isinstance(uids, dict) or not all(isinstance(uid, str) and "/" in key for key, uid in uids.items()):
        raise TypeError("kept_uids is not a JSON object of UIDs by Kind/name")
    if not isinstance(off, list) or not all(isinstance(workspace, str) for workspace in off):
        raise TypeError("off_before is not a JSON list of workspace ids")
    return {
        **{key: data.get(key) or None for key in TIMES},
        "envproxy_replicas": replicas or None,
        "kept_uids": uids,
        "off_before": off,
    }
