# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything about the main deployment, seen at one time. Private to this collection."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder.api import Coder
from ansible_collections.coder.classic.plugins.module_utils._deployment.observe import (
    observation,
    observe_cluster,
    observe_coder,
)
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster, cluster_from_params

Connect = Callable[[dict[str, Any]], Cluster]


def look(
    coder: Coder,
    params: dict[str, Any],
    *,
    connect: Connect = cluster_from_params,
    run_folder: str | None = None,
) -> dict[str, Any]:
    """``{coder, cluster}``: what observation.py describes; JSON can hold it.

    run_folder: where the run keeps what it asks a cluster once. Raises nothing for what was not to be seen: that is a problem in
    its part.
    """
    with ThreadPoolExecutor(max_workers=2) as pool:
        of_coder = pool.submit(observe_coder.look, coder)
        of_cluster = pool.submit(_cluster, connect, params, run_folder)
        return {"coder": of_coder.result(), "cluster": of_cluster.result()}


def _cluster(connect: Connect, params: dict[str, Any], run_folder: str | None) -> dict[str, Any]:
    try:
        cluster = connect(params).at_one_time(run_folder)
    except ClassicError as error:
        # Unusable access data.
        return {**observation.cluster(error.where), "problems": [error.failure]}
    return observe_cluster.look(cluster, params)
