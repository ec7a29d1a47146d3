# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one place that takes in what the inventory and the command line say. Pure. Private to this collection."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._region.tell.findings import Finding, finding
from ansible_collections.coder.classic.plugins.module_utils._site import defaults, value_types
from ansible_collections.coder.classic.plugins.module_utils._site.selection import NO_REGIONS
from ansible_collections.coder.classic.plugins.module_utils._site.unfit import Unfit
from ansible_collections.coder.classic.plugins.module_utils._site.variable import Variable
from ansible_collections.coder.classic.plugins.module_utils._site.variables import BY_NAME, TABLE

PREFIX = "coder_"


def take(
    variables: Mapping[str, Any], *, hostname: str, groups: Collection[str], regions: Collection[str] | None = None
) -> tuple[dict[str, Any], list[Finding], list[Finding]]:
    """What a host's variables mean: (values in their types, with defaults; all that is wrong; what is only said).

    variables is everything that Ansible knows of the host, templated; only names with coder_ are looked at, and null is as good
    as not given. groups are the host's groups (group_names), regions the names of all regions (selection.region_groups), where
    they are known. A variable that is wrong, missing or has no default is not among the values.
    """
    where = f"the variables of {hostname}, from the inventory or the command line"
    given = {name: value for name, value in variables.items() if name in BY_NAME and value is not None}
    values, wrong = read_all(TABLE, given, regions, where)
    candidates = _region_groups(groups, regions)
    wrong += _region(values, given, candidates, where)
    only_region = candidates[0] if len(candidates) == 1 else None
    region = values.get("coder_region", None if "coder_region" in given else only_region)
    values = defaults.fill(values, given, hostname=hostname, region=region)
    return values, wrong, [*unknown(variables, where), *_unpinned(given, hostname)]


def read_all(
    table: Iterable[Variable], given: Mapping[str, Any], regions: Collection[str] | None, where: str
) -> tuple[dict[str, Any], list[Finding]]:
    """(the values of the table's variables that were given and are right; what is wrong or missing), without any default."""
    values: dict[str, Any] = {}
    wrong: list[Finding] = []
    for variable in table:
        if variable.name in given:
            try:
                values[variable.name] = value_types.read(variable, given[variable.name], regions)
            except Unfit as error:
                wrong.append(_invalid(variable, error, where))
        elif variable.required:
            wrong.append(missing(variable, where))
    return values, wrong


def _region_groups(groups: Collection[str], regions: Collection[str] | None) -> list[str]:
    """Those of the host's groups that can be its region."""
    return [name for name in groups if (name not in NO_REGIONS if regions is None else name in regions)]


def _region(values: Mapping[str, Any], given: Mapping[str, Any], candidates: list[str], where: str) -> list[Finding]:
    region = values.get("coder_region")
    if region is not None and region not in candidates:
        return [
            finding(
                "wrong_region",
                f"coder_region is {region}, which is no group of this host below coder_regions",
                where=f"{where}; its groups there: {', '.join(candidates) or 'none'}",
                why="consent and messages name the region; what is meant for one must not be done to another",
                next_step="take coder_region away (the group's name is its default), or put the host into that group",
            )
        ]
    if region is None and "coder_region" not in given and len(candidates) != 1:
        return [
            finding(
                "missing_variable",
                "coder_region is not given, and the host's groups do not tell it",
                where=f"{where}; its groups below coder_regions: {', '.join(candidates) or 'none'}",
                why="a provider belongs to one region",
                next_step="put the host into one group below coder_regions, or name the right one in coder_region",
            )
        ]
    return []


def _invalid(variable: Variable, error: Unfit, where: str) -> Finding:
    return finding(
        "invalid_variable",
        f"{variable.name} is {error.given}",
        where=where,
        why=f"it takes {error.allowed}. It says: {variable.what}",
        next_step=f"correct {variable.name}, or take it away where its default will do"
        if not variable.required
        else f"correct {variable.name}",
    )


def missing(variable: Variable, where: str) -> Finding:
    return finding(
        "missing_variable",
        f"{variable.name} is not given",
        where=where,
        why=f"it has no default. It says: {variable.what}",
        next_step=f"set {variable.name} in the inventory, or on the command line; docs/inventory.md says more",
    )


def unknown(names: Iterable[str], where: str) -> list[Finding]:
    """Typing errors: without this, a consent with a wrong letter in its name would not count, in silence."""
    strange = sorted(name for name in names if name.startswith(PREFIX) and name not in BY_NAME)
    nearest = {name: difflib.get_close_matches(name, BY_NAME, 1, 0.8) for name in strange}
    return [
        finding(
            "unknown_variable",
            f"{name} is no variable of this collection",
            where=where,
            why="names that begin with coder_ are this collection's",
            next_step=f"write {nearest[name][0]}, if that is meant" if nearest[name] else "take it away, or rename it",
        )
        for name in strange
    ]


def _unpinned(given: Mapping[str, Any], hostname: str) -> list[Finding]:
    if "coder_provider_cluster_uid" in given:
        return []
    return [
        finding(
            "unpinned_cluster",
            f"coder_provider_cluster_uid of {hostname} is not given",
            where=f"the variables of {hostname}",
            why="contexts move, and without the UID nothing says that a context leads to another cluster than it did",
            next_step="kubectl get namespace kube-system -o jsonpath='{.metadata.uid}' in the provider's cluster tells it",
        )
    ]
