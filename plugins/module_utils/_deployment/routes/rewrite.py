# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a route to the smallest patch that lets it lead to the target. Pure. Private to this collection."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from ansible_collections.coder.classic.plugins.module_utils._deployment.routes import backends
from ansible_collections.coder.classic.plugins.module_utils._deployment.routes.backends import Pointer
from ansible_collections.coder.classic.plugins.module_utils._deployment.routes.judge import Route, Target

JSON_PATCH = "application/json-patch+json"


class Edit(NamedTuple):
    """changes: ``{path, before, after}`` of each field, path with dots; patch: a JSON patch, which custom resources take too;
    before: (where, what was there) of each field.
    """

    route: Route
    changes: list[dict[str, Any]]
    patch: list[dict[str, Any]]
    before: list[tuple[Pointer, Any]]


def edit(route: Route, target: Target) -> Edit:
    """For a route with moves that all have a port."""
    fields = _fields(route, target)
    # Written as it is, the server refuses the patch with 409 where the object has changed since.
    version = {"op": "replace", "path": "/metadata/resourceVersion", "value": _version(route)}
    return Edit(
        route,
        [
            {"path": ".".join(map(str, at)), "before": _shown(before), "after": _shown(after)}
            for at, before, after in fields
        ],
        [version, *({"op": "replace", "path": pointer(at), "value": after} for at, _before, after in fields)],
        [(at, before) for at, before, _after in fields],
    )


def reversed_edit(one: Edit) -> Edit:
    """The way back of a patch that was made: refused by the server where a field is not any more as it was left."""
    fields = [row for row in one.patch if row["path"] != "/metadata/resourceVersion"]
    before = {pointer(at): value for at, value in one.before}
    patch = [
        step
        for row in fields
        for step in (
            {"op": "test", "path": row["path"], "value": row["value"]},
            {"op": "replace", "path": row["path"], "value": before[row["path"]]},
        )
    ]
    return one._replace(patch=patch)


def pointer(at: Pointer) -> str:
    """As RFC 6901 writes it."""
    return "".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in at)


def diff(edits: Iterable[Edit]) -> dict[str, str]:
    """Ansible's before and after: a line for each field."""
    lines = [(f"{one.route.name} {row['path']}", row) for one in edits for row in one.changes]
    return {side: "".join(f"{name}: {row[side]}\n" for name, row in lines) for side in ("before", "after")}


def _fields(route: Route, target: Target) -> list[tuple[Pointer, Any, Any]]:
    """(where, before, after) of the fields that differ."""
    found = []
    for move in route.moves:
        backend = backends.value_at(route.obj, move.backend.at)
        for within, after in backends.service_fields(backend, target.service, move.to_port).items():
            before = backends.value_at(backend, within)
            if before != after:
                found.append(((*move.backend.at, *within), before, after))
    return found


def _shown(value: Any) -> Any:
    """Of ``{number: 8080}`` the number."""
    return next(iter(value.values()), None) if isinstance(value, dict) else value


def _version(route: Route) -> str:
    return route.obj["metadata"]["resourceVersion"]
