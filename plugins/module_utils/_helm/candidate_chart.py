# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The chart that somebody means to upgrade a release to, rendered and compared. Private to this collection."""

from __future__ import annotations

import os
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import (
    chart_archive,
    helm_command,
    manifest,
    release_report,
)
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_record import Release
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import yaml_documents
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster


def look(
    cluster: Cluster,
    params: dict[str, Any],
    release: Release,
    staying: set[manifest.Identity],
    folder: str,
    seconds: int,
) -> dict[str, Any]:
    """``{chart, version, drops, keeps, unkept}`` (release_report.compared) of params["candidate_chart"].

    Rendered by helm with the release's values and without the cluster. folder (0700) takes what helm leaves behind,
    seconds is the patience with each of its two runs. Raises ClassicError ``helm_failed``, ``timeout``.
    """
    chart = os.path.abspath(params["candidate_chart"])
    # Without the access to the cluster, so that folder never holds it.
    helm = helm_command.helm_for(None, params["helm_binary"], folder)
    arguments = helm_command.template_arguments(
        release.name,
        release.namespace,
        chart,
        kube_version=cluster.server_version(),
        api_versions=cluster.api_versions(),
    )
    try:
        about = yaml_documents.load(helm_command.run(helm, ["show", "chart", chart], seconds))
        values = chart_archive.yaml_text(release.config)
        rendered = helm_command.run(helm, arguments, seconds, release.config, stdin=values)
    except ClassicError as error:
        error.where = f"chart {chart}, with the values of {release.place}"
        error.untouched = "Nothing was changed."
        error.next_step = (
            "Check the path in candidate_chart, and with helm template whether the chart takes these values."
        )
        raise
    compared = release_report.compared(
        manifest.objects(release.manifest, release.namespace), manifest.objects(rendered, release.namespace), staying
    )
    return {"chart": about["name"], "version": str(about["version"]), **compared}
