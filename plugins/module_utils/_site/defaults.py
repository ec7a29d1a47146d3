# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in for a variable that was not given and whose default is not one value. Pure. Private to this collection."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._site.variable import Variable
from ansible_collections.coder.classic.plugins.module_utils._site.variables import TABLE

CHARTS, CHART_REPOSITORY = ("coder", "workspace-provider"), "https://helm.coder.com"


def fill(values: dict[str, Any], given: Collection[str], *, hostname: str, region: str | None) -> dict[str, Any]:
    """The values with all defaults that can be known without looking at anything.

    given are the names that were given, also those whose value was refused: nothing stands in for these.
    """
    filled = plain(TABLE)
    filled |= {"coder_provider_name": hostname}
    if region is not None:
        filled |= {"coder_region": region, "coder_cordon_reason": f"Region {region} is being migrated"}
    filled = {name: value for name, value in filled.items() if name not in given} | values
    for name, other in (("coder_satellite_name", "coder_region"), ("coder_satellite_ca_path", "coder_ca_path")):
        if name not in given and other in filled:
            filled[name] = filled[other]
    for of in ("satellite", "provider"):
        filled = with_repository(filled, given, f"coder_{of}_chart_ref", f"coder_{of}_chart_repo_url")
    return filled


def plain(table: Iterable[Variable]) -> dict[str, Any]:
    """The defaults that are one value; a list or mapping is a new one."""
    return {one.name: type(one.default)(one.default) for one in table if one.default is not None}


def with_repository(values: Mapping[str, Any], given: Collection[str], chart: str, repository: str) -> dict[str, Any]:
    """The values with the product's repository where the chart is its plain name, and without one where it is a file or a URL.

    chart and repository are names of variables.
    """
    reference = values.get(chart)
    if reference is not None and is_file_or_url(reference):
        return {name: value for name, value in values.items() if name != repository}
    if reference in CHARTS and repository not in given:
        return {**values, repository: CHART_REPOSITORY}
    return dict(values)


def is_file_or_url(chart: str) -> bool:
    """Whether helm takes the chart from there itself; else it is a name in a repository."""
    return re.match(r"[a-z]+://", chart) is not None or chart.startswith(("/", ".", "~")) or chart.endswith(".tgz")
