# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many workspaces of one provider, and what the collection does with them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any

from bench import regions
from bench.stage import Stage
from lab.simulation import broken_workspace
from lab.simulator import state

PROVIDER = "sydney-1"
POLL_SECONDS = 5
PARALLEL = 20
HANGING = "many-00000"


def seed(stage: Stage, count: int) -> None:
    """So many more workspaces, all off, straight into what Coder would keep in its database."""
    regions.with_state(stage, partial(_add, count=count))


def _add(content: dict[str, Any], count: int) -> None:
    organisation, now = content["site"]["organisation"]["id"], datetime.now(UTC)
    provider = next(one for one in content["providers"].values() if one["name"] == PROVIDER)
    for number in range(count):
        wanted = {"name": f"many-{number:05}", "user": "ana", "state": "off"}
        workspace = state.new_workspace(wanted, provider["id"], organisation, now)
        content["workspaces"][workspace["id"]] = workspace


def hang(stage: Stage) -> None:
    """One build that does not end, so that a run polls."""
    stage.fault(kind="build_hang", workspace=HANGING)
    stage.coder("PATCH", f"/api/v0/workspaces/{state.stable_id('workspace', HANGING)}", {}).raise_for_status()


def options(stage: Stage, **more: Any) -> dict[str, Any]:
    """Those of coder_workspace_rebuild."""
    coder = stage.description["coder"]
    return {
        "url": coder["url"],
        "token": coder["token"],
        "ca_path": stage.description["ca_path"],
        "provider": PROVIDER,
        "leave": [broken_workspace(PROVIDER)],
        "consent_in_use": True,
        "parallel": PARALLEL,
        **more,
    }


def built(stage: Stage) -> int:
    """How many of them were really built anew: Coder's own count."""
    now = stage.workspaces(PROVIDER).values()
    return sum(1 for one in now if one["name"].startswith("many-") and one["build_id"] and not one["updating"])
