# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything about one workspace provider and its region's satellite, seen at one time. Private to this collection."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._arguments import CLUSTER_AUTH
from ansible_collections.coder.classic.plugins.module_utils._coder.api import Coder
from ansible_collections.coder.classic.plugins.module_utils._coder.satellite_key import fetch_key
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster, cluster_from_params
from ansible_collections.coder.classic.plugins.module_utils._region import backups, record
from ansible_collections.coder.classic.plugins.module_utils._region.observe import (
    observation,
    observe_cluster,
    observe_coder,
    observe_satellite,
)
from ansible_collections.coder.classic.plugins.module_utils._region.observe.together import together
from ansible_collections.coder.classic.plugins.module_utils._region.rights.missing_rights import missing

Connect = Callable[[dict[str, Any]], Cluster]


def look(
    coder: Coder,
    params: dict[str, Any],
    *,
    connect: Connect = cluster_from_params,
    fetch: Callable[..., dict[str, str]] = fetch_key,
    run_folder: str | None = None,
) -> dict[str, Any]:
    """``{wanted, coder, cluster, satellite, primary, backups}``: the module's options and what observation.py describes;
    backups is why no backup can be written, or None.

    run_folder: where the run keeps what it asks a cluster once. primary is None without that option. Raises nothing for what
    was not to be seen: that is a problem in its part.
    """
    satellite = params["satellite"]
    connect = once(lambda access, connect=connect: connect(access).at_one_time(run_folder))
    with ThreadPoolExecutor(max_workers=5) as pool:
        of_coder = pool.submit(observe_coder.look, coder, params, fetch=fetch)
        of_cluster = pool.submit(
            _connected, connect, params, observation.cluster, lambda it: observe_cluster.look(it, params)
        )
        of_satellite = pool.submit(
            _connected,
            connect,
            satellite,
            observation.satellite,
            lambda it: observe_satellite.look_at_cluster(it, satellite),
        )
        of_url = pool.submit(observe_satellite.look_at_url, satellite, params["timeout"], fetch=fetch)
        of_primary = pool.submit(_primary, connect, params["primary"]) if params["primary"] else None
        seen = {
            "wanted": params,
            "coder": of_coder.result(),
            "cluster": of_cluster.result(),
            "satellite": {**of_satellite.result(), **of_url.result()},
            "primary": of_primary.result() if of_primary else None,
            "backups": backups.wrong_with(params["backup_dir"]),
        }
    observe_satellite.compare_keys(seen["satellite"])
    seen["satellite"]["backed_up"] = backups.satellite_is_held(params, seen["satellite"])
    _refuse_the_future(seen)
    return seen


def once(connect: Connect) -> Connect:
    """connect, with one Cluster for the same access: what is looked at, is what is written to."""
    known: dict[str, Cluster] = {}
    lock = threading.Lock()

    def connected(access: dict[str, Any]) -> Cluster:
        key = repr([access.get(option) for option in CLUSTER_AUTH])
        with lock:
            if key not in known:
                known[key] = connect(access)
            return known[key]

    return connected


def _refuse_the_future(seen: dict[str, Any]) -> None:
    """A record with times that Coder's clock has not reached yet decides nothing: everybody would be rebuilt for it."""
    cluster, now = seen["cluster"], seen["coder"]["server_time"]
    ahead = record.ahead(cluster["record"], now) if now else []
    if ahead:
        why = f"it lies in the future: {', '.join(ahead)}"
        cluster["problems"].append(record.unusable(seen["wanted"]["namespace"], cluster["where"], why).failure)
        cluster.update(record=dict(record.EMPTY), record_seen=False)


def _connected(
    connect: Connect, access: dict[str, Any], empty: Callable[[str | None], dict[str, Any]], look_at: Callable
) -> dict[str, Any]:
    """What look_at sees, or the empty observation with the problem that unusable access data are."""
    try:
        cluster = connect(access)
    except ClassicError as error:
        return {**empty(error.where), "problems": [error.failure]}
    return look_at(cluster)


def _primary(connect: Connect, access: dict[str, Any]) -> dict[str, Any]:
    def look_at(cluster: Cluster) -> dict[str, Any]:
        seen = {**observation.primary(cluster.where), "source": cluster.source}
        if observe_cluster.identify(cluster, seen, access["cluster_uid"]):
            seen["rights"] = together(
                {"lock": lambda: missing(cluster, "lock", access["namespace"], "")}, seen["problems"]
            )
            seen["user"] = observe_cluster.whose(cluster, seen["rights"])
        return seen

    return _connected(connect, access, observation.primary, look_at)
