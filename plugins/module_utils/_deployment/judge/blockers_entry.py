# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in the way of the layout serviceNext: certificates. Pure. Private to this collection.

Each takes the observation (observe.look), the view (report.describe) and the target, and answers findings, mostly none.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._deployment.judge.blockers_release import place
from ansible_collections.coder.classic.plugins.module_utils._deployment.judge.phase import View
from ansible_collections.coder.classic.plugins.module_utils._deployment.tell import layout
from ansible_collections.coder.classic.plugins.module_utils._deployment.tell.findings import (
    GOALS,
    SERVICE_NEXT,
    UPDATE,
    Finding,
    finding,
)

Seen = dict[str, Any]

NAMES = {"host": "coderd.tls.hostSecretName", "devurls": "coderd.tls.devurlsHostSecretName"}


def tls_half(_seen: Seen, view: View, _target: str | None) -> list[Finding]:
    """Both names or none (coder-charts.md, "Network and TLS")."""
    tls = view["tls"]
    if not tls or bool(tls["host"]) == bool(tls["devurls"]):
        return []
    given, lacking = ("host", "devurls") if tls["host"] else ("devurls", "host")
    breaks = given == "devurls" and not tls["ca_secret"]
    why = (
        "with the second name alone the charts of 1.21 and 1.22 render broken YAML, and helm fails"
        if breaks
        else "the pods would serve one of the two, host and dev URLs, without a certificate"
    )
    return [
        finding(
            "tls_half",
            f"Of the two TLS Secrets only {NAMES[given]} is named",
            where=place(view),
            why=why,
            next_step=f"name both in the values or none: add {NAMES[lacking]}, which may be the same Secret where its "
            "certificate has both names",
            goals=GOALS if breaks else _goals(view),
        )
    ]


def tls_missing(_seen: Seen, view: View, _target: str | None) -> list[Finding]:
    missing = (view["tls"] or {}).get("missing")
    if not missing:
        return []
    return [
        finding(
            "tls_secret_missing",
            f"The values name TLS Secrets that are not there: {', '.join(missing)}",
            where=place(view),
            why="from 1.21 on the pods serve TLS themselves; a pod that mounts a Secret which does not exist does not start",
            next_step=f"make them in namespace {view['release']['namespace']} (kubectl create secret tls), or correct the names",
            goals=_goals(view),
        )
    ]


def _goals(view: View) -> tuple[str, ...]:
    """Until serviceNext nginx has the certificates; from then on each upgrade needs them."""
    return (UPDATE,) if view["layout"] == layout.NEXT else (SERVICE_NEXT,)


ALL = (tls_half, tls_missing)
