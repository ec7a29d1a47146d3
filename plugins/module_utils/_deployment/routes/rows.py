# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Routes as a module tells them. Pure. Private to this collection."""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._deployment.routes.judge import Route, Target


def of(route: Route, target: Target) -> list[dict[str, Any]]:
    """One for each backend, or one for an object that is changed by hand alone."""
    metadata = route.obj["metadata"]
    of = {
        "kind": route.obj["kind"],
        "api_version": route.obj["apiVersion"],
        "namespace": metadata["namespace"],
        "name": metadata["name"],
    }
    then = {"to_service": target.service, "managed_by": route.managed_by, "by_hand": route.by_hand}
    if not route.moves:
        nothing = dict.fromkeys(("host", "path", "port", "to_port"))
        return [{**of, **nothing, "service": route.service, **then}]
    return [
        {
            **of,
            "host": move.backend.host,
            "path": move.backend.path,
            "service": move.backend.service,
            "port": move.backend.port,
            "to_port": move.to_port,
            **then,
        }
        for move in route.moves
    ]
