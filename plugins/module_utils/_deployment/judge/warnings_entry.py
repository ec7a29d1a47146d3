# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an operator should know of the way in although it stops nothing. Pure. Private to this collection.

Each takes the observation (observe.look), the view (report.describe) and the target, and answers findings, mostly none.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._deployment.judge.blockers_release import place
from ansible_collections.coder.classic.plugins.module_utils._deployment.judge.phase import View
from ansible_collections.coder.classic.plugins.module_utils._deployment.tell import layout
from ansible_collections.coder.classic.plugins.module_utils._deployment.tell.findings import (
    Finding,
    warning,
)

Seen = dict[str, Any]


def layout_drift(seen: Seen, view: View, _target: str | None) -> list[Finding]:
    live, stored = view["layout"], view["stored_layout"]
    if live == stored or not _is_seen(seen, view):
        return []
    return warning(
        "layout_drift",
        f"Live the layout is {live or 'none that is known'}, in the stored manifest {stored or 'none that is known'}",
        where=place(view),
        why="the chart decides by what it finds in the cluster, so that the next upgrade may choose another one than the values say",
        next_step="look at the Services of the namespace; an upgrade says its layout with coderd.serviceNext",
    )


def layout_unknown(seen: Seen, view: View, _target: str | None) -> list[Finding]:
    if view["layout"] or view["stored_layout"] or not _is_seen(seen, view):
        return []
    return warning(
        "layout_unknown",
        "How users come in fits no layout that is known",
        where=place(view),
        why="no Service leads to the main pods on 80 and 443, there is no Service ingress-nginx of this release, and the values "
        "do not say ingress.useDefault: false",
        next_step="look at the Services of the namespace",
    )


def no_certificate(_seen: Seen, view: View, _target: str | None) -> list[Finding]:
    """E21; where TLS ends in front of Coder nothing is wrong."""
    tls = view["tls"]
    if not tls or tls["host"] or tls["devurls"] or not view["url"].startswith("https://"):
        return []
    return warning(
        "no_certificate",
        "The values name no TLS Secrets",
        where=place(view),
        why="with serviceNext the pods serve 443 themselves and then have no certificate",
        next_step="name both (coderd.tls.hostSecretName, coderd.tls.devurlsHostSecretName) unless TLS ends in front of Coder",
    )


def routes_not_seen(_seen: Seen, view: View, _target: str | None) -> list[Finding]:
    if not view["custom_ingress"] or view["layout"] == layout.NEXT:
        return []
    return warning(
        "routes_not_seen",
        "The routes of the site's own ingress were not looked at",
        where=place(view),
        why="those that lead to cemanager, dashboard or envproxy must lead to coderd once serviceNext is on",
        next_step="run update_coder.yml -e coder_service_next=true --check, which lists them, and look at other routers of the site",
    )


def _is_seen(seen: Seen, view: View) -> bool:
    """Whether there is enough to compare; what was not to be read has a blocker of its own."""
    return bool(view["release"]["exists"] and view["main"]) and seen["cluster"]["services"] is not None


ALL = (layout_drift, layout_unknown, no_certificate, routes_not_seen)
