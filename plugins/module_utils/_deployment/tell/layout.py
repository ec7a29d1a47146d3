# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which way users come in, read from Deployments and Services and not from values. Pure. Private to this collection.

The chart decides by lookup at render time (coder-charts.md, "Which Service, which ingress"), so that the same values stand for
several layouts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from ansible_collections.coder.classic.plugins.module_utils._deployment.observe.observation import MAIN

#: nginx in front; the main pods on 80 and 443; an ingress of the site's own.
OLD, NEXT, CUSTOM = "old", "service_next", "custom_ingress"
NGINX = "ingress-nginx"
NEXT_PORTS = {80, 443}

Row = dict[str, Any]


class Layout(NamedTuple):
    """name is OLD, NEXT, CUSTOM or None where what is there fits none; main and entry are rows of observation.cluster."""

    name: str | None
    main: Row | None
    entry: Row | None


def read(
    deployments: Iterable[Row] | None, services: Iterable[Row] | None, *, release: str, custom: bool, main: str | None
) -> Layout:
    """custom: whether the values say ingress.useDefault false; main: the name of the main Deployment where it is known."""
    if deployments is None or services is None:
        return Layout(None, main_of(deployments, main), None)
    found, services = main_of(deployments, main), list(services)
    if found is None:
        return Layout(None, None, None)
    to_main = [row for row in services if selects(row, found)]
    direct = [row for row in to_main if set(row["ports"]) >= NEXT_PORTS]
    if direct:
        return Layout(NEXT, found, direct[0])
    # One of another release is the site's own nginx.
    nginx = [row for row in services if row["name"] == NGINX and row["owner"] in (None, release)]
    if nginx and not selects(nginx[0], found):
        return Layout(OLD, found, nginx[0])
    # Beside it may be the Service dashboard, which leads to the main pods from 1.21 on.
    own = [row for row in to_main if row["name"] == found["name"]]
    return Layout(CUSTOM if custom else None, found, own[0] if own else None)


def main_of(deployments: Iterable[Row] | None, name: str | None) -> Row | None:
    """The main Deployment: the one of that name, else the first of MAIN."""
    by_name = {row["name"]: row for row in deployments or []}
    return next((by_name[each] for each in (name, *MAIN) if each in by_name), None)


def selects(service: Row, deployment: Row) -> bool:
    """Whether a Service leads to the pods of a Deployment; one without a selector leads nowhere."""
    return bool(service["selector"]) and service["selector"].items() <= deployment["labels"].items()
