# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must be so before the first route is rewritten; nothing is written. Private to this collection."""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._deployment.routes import writing
from ansible_collections.coder.classic.plugins.module_utils._deployment.routes.find import Found
from ansible_collections.coder.classic.plugins.module_utils._deployment.routes.judge import Route, Target
from ansible_collections.coder.classic.plugins.module_utils._deployment.routes.rewrite import Edit, edit
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import masks, side_by_side
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster

UNTOUCHED = "Nothing was changed."
# Such a webhook is asked in the end all the same.
NO_DRY_RUN = "does not support dry run"


def demand_folder(params: dict[str, Any]) -> None:
    """Raises ClassicError ``invalid``: a null, as templates make them, is no folder either."""
    if params["rewrite"] and not params["backup_dir"]:
        raise ClassicError(
            "Routes are rewritten only where they can be kept before.",
            code="invalid",
            where="option backup_dir",
            why="It is not given.",
            untouched=UNTOUCHED,
            next_step="Give a folder, then run again.",
        )


def demand_seen(cluster: Cluster, found: Found) -> None:
    """Raises ClassicError ``forbidden`` where no route could be read at all."""
    if found.routes is not None:
        return
    raise ClassicError(
        "The routes of the site cannot be seen.",
        code="forbidden",
        where=cluster.where,
        why="; ".join(filter(None, (problem["why"] or problem["message"] for problem in found.problems))),
        untouched=UNTOUCHED,
        next_step="Ask for the right to list ingresses (and httproutes, where there are any), then run again.",
    )


def edits(cluster: Cluster, routes: list[Route], target: Target) -> list[Edit]:
    """What is to be written. Each patch that may be is tried on the API server as a dry run.

    Raises ClassicError ``routes_refused``, with all that is in the way of any of them as details ``[{route, why}]``; those
    of a write that is no refusal.
    """
    whys = [_not_ours(route) for route in routes]
    possible = [edit(route, target) for route, why in zip(routes, whys, strict=True) if why is None]
    tried = iter(side_by_side.each(lambda one: _refusal(cluster, one), possible))
    whys = [next(tried) if why is None else why for why in whys]
    refused = [{"route": route.name, "why": why} for route, why in zip(routes, whys, strict=True) if why]
    if refused:
        raise _refused(cluster, refused)
    return possible


def _not_ours(route: Route) -> str | None:
    """Why this one is left to somebody else."""
    if route.managed_by:
        return f"it is managed by {route.managed_by}, which would undo the change: change it there"
    unknown = [move.backend for move in route.moves if move.to_port is None]
    if unknown:
        named = ", ".join(f"{one.service}:{one.port}" for one in unknown)
        return f"it leads to {named}, for which there is no port at the new Service: change it by hand"
    return None


def _refusal(cluster: Cluster, one: Edit) -> str | None:
    """What the API server says against the patch, missing rights and admission included."""
    try:
        writing.patch(cluster, one, dry_run=True)
    except ClassicError as error:
        said = masks.server_words(error.why, one.route.obj)
        if error.status == 409:
            raise writing.changed_meanwhile(cluster, one) from None
        if error.status == 400 and NO_DRY_RUN in (error.why or ""):
            return None
        if error.status is None or not 400 <= error.status <= 499 or error.code not in ("forbidden", "refused"):
            raise
        return said or error.what
    return None


def _refused(cluster: Cluster, refused: list[dict[str, str]]) -> ClassicError:
    return ClassicError(
        f"Routes are not rewritten: {', '.join(row['route'] for row in refused)}.",
        code="routes_refused",
        where=cluster.where,
        why="; ".join(f"{row['route']}: {row['why']}" for row in refused),
        untouched="Everything, the other routes too.",
        next_step="Change these where they are managed, or get the right to patch them, then run again, which does the rest.",
        details=refused,
    )
