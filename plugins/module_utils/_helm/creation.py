# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""An object of a release, made as helm would have made it. Private to this collection."""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import APPLY_PATCH, Cluster

#: As helm calls itself.
FIELD_MANAGER = "helm"
#: Release.apply_method of a release whose objects the API server applies, as Helm 4 lets it.
BY_SERVER = "ssa"


def create(cluster: Cluster, document: dict[str, Any], method: str | None) -> None:
    """method: Release.apply_method. Raises ClassicError, with status 409 where the object is there.

    Helm 4 is refused a field that another manager owns, so that it could not upgrade what was made in another way.
    """
    if method != BY_SERVER:
        cluster.create(document)
        return
    metadata = document["metadata"]
    target = (document["apiVersion"], document["kind"], metadata["name"], metadata.get("namespace"))
    cluster.patch(*target, document, APPLY_PATCH, field_manager=FIELD_MANAGER)
