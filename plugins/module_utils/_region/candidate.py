# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The chart that somebody means to upgrade a provider to, rendered and compared. Private to this collection."""

from __future__ import annotations

import os
import tempfile
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._cluster import (
    chart_archive,
    helm_command,
    helm_record,
    manifest,
    release_report,
    yaml_documents,
)
from ansible_collections.coder.classic.plugins.module_utils._cluster.client import Cluster

SECONDS = 60


def look(
    cluster: Cluster, params: dict[str, Any], release: helm_record.Release, staying: set[manifest.Identity]
) -> dict[str, Any]:
    """``{chart, version, drops, keeps, unkept}`` (release_report.compared) of params["candidate_chart"].

    Rendered by helm with the release's values and without the cluster. Raises ClassicError ``helm_failed``.
    """
    with tempfile.TemporaryDirectory(prefix="coder-classic-") as folder:
        helm = helm_command.helm_for(params, folder)
        chart = os.path.abspath(params["candidate_chart"])
        about = yaml_documents.load(helm_command.run(helm, ["show", "chart", chart], SECONDS))
        values = chart_archive.yaml_text(release.config).encode()
        arguments = helm_command.template_arguments(
            release.name,
            release.namespace,
            chart,
            values_file=helm_command.write_secret(os.path.join(folder, "values.yaml"), values),
            kube_version=cluster.server_version(),
            api_versions=cluster.api_versions(),
        )
        text = helm_command.run(helm, arguments, SECONDS, release.config)
    stored, rendered = (manifest.objects(part, release.namespace) for part in (release.manifest, text))
    compared = release_report.compared(stored, rendered, staying)
    return {"chart": about["name"], "version": str(about["version"]), **compared}
