# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The chart that somebody means to upgrade a provider to, in a folder of its own. Private to this collection."""

from __future__ import annotations

import tempfile
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._helm import candidate_chart
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_record import Release
from ansible_collections.coder.classic.plugins.module_utils._helm.manifest import Identity
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster

SECONDS = 60


def look(cluster: Cluster, params: dict[str, Any], release: Release, staying: set[Identity]) -> dict[str, Any]:
    """candidate_chart.look. Not helm_command.private_folder: this runs in a thread, and no secret gets into the folder."""
    with tempfile.TemporaryDirectory(prefix="coder-classic-") as folder:
        return candidate_chart.look(cluster, params, release, staying, folder, SECONDS)
