# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way of a main deployment from 1.20 to 1.22 as data, and what follows from it alone. Pure; private to this collection.

Preflight, status, documentation (docs/versions.md, held to this by a test) and tests read it here and nowhere else. Sources: the
product's change log and updating guide, its chart's source, and the ranges of coder/coder-doctor.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ansible_collections.coder.classic.plugins.module_utils._coder import versions

Version = tuple[int, int, int]
Minor = tuple[int, int]


class Range(NamedTuple):
    """Kubernetes releases; newest None: no upper end is known. caveat: what to know inside of it, else None."""

    oldest: Minor
    newest: Minor | None
    caveat: str | None


class Gate(NamedTuple):
    """What must be so before the first version of a minor is installed."""

    before: str
    demand: str
    why: str


#: In the order in which they are passed; none is left out.
MINORS = ("1.20", "1.21", "1.22")
#: Where to stop in each minor that an update leads to: its newest patch, so far as is known.
STOPS = {"1.21": "1.21.7", "1.22": "1.22.3"}
#: The end of the way.
LAST_STOP = STOPS[MINORS[-1]]

_INGRESS_PORT = (
    "the chart's Ingress coderd-ingress names port 80 whatever the Service serves; 1.22.3 uses the port's name"
)
#: Versions that are never installed, and why.
NEVER = {
    "1.21.0": "its chart has no ServiceAccount environments, under which workspaces of older providers run",
    "1.22.0": _INGRESS_PORT,
    "1.22.1": _INGRESS_PORT,
    "1.22.2": _INGRESS_PORT,
}

GATES = (
    Gate(
        before="1.22",
        demand="every workspace provider, the built-in one too, is on Networking v2, and its workspaces were rebuilt since "
        "the switch",
        why="1.22 has no envproxy, which is the only way to a workspace that was built before the switch",
    ),
    Gate(
        before="1.22",
        demand=f"the main deployment is on the newest 1.21 patch ({STOPS['1.21']})",
        why="the updating guide goes from the newest 1.21 patch to 1.22; older ones lack fixes of satellites and of the switch",
    ),
)

#: Where each minor runs. 1.20 and 1.21: coder/coder-doctor; 1.22: the chart's kubeVersion, which helm enforces.
KUBERNETES = {
    "1.20": Range((1, 19), (1, 21), "its chart holds API versions that Kubernetes 1.22 removed"),
    "1.21": Range(
        (1, 19),
        (1, 22),
        "in the old layout its nginx controller 0.33.0 is older than the first one that works on Kubernetes 1.22",
    ),
    "1.22": Range((1, 19), None, "helm refuses an older cluster"),
}
#: The Kubernetes release on which the old layout's nginx controller stops to work (kubernetes/ingress-nginx).
NGINX_ENDS_AT: Minor = (1, 22)


def minor(version: str | None) -> str:
    """``1.21`` of ``1.21.7``. Raises ClassicError ``unsupported_version`` for a text that is none."""
    major, middle, _patch = versions.parse(version)
    return f"{major}.{middle}"


def exact(version: str) -> bool:
    """Whether it names one published version, as ``1.21.7`` does and ``1.21``, ``v1.21.7`` and ``1.21.7-rc.1`` do not."""
    return re.fullmatch(r"\d+\.\d+\.\d+", version) is not None


def satellite_fixes(version: str | None) -> str:
    """How far the fixes of satellites are in.

    ``never``: 1.21.0, 1.22.0 to 1.22.2 (never a stop) and what is older than satellites; ``old``: 1.21.1 to 1.21.5
    (agent timeouts, panics and 502 on dev URLs); ``good``: everything else.
    """
    known = versions.parse(version)
    if known < (1, 21) or never(version):
        return "never"
    return "old" if known < (1, 21, 6) else "good"


def never(version: str | None) -> str | None:
    """Why it is never installed, whatever build of it; None for any other. Raises as minor does."""
    return NEVER.get(".".join(map(str, versions.parse(version))))


def place(version: str | None) -> int:
    """The index of its minor in MINORS, -1 for one before, len(MINORS) for one beyond. Raises as minor does."""
    first, known = versions.parse(MINORS[0]), versions.parse(version)
    if known < first:
        return -1
    of = minor(version)
    return MINORS.index(of) if of in MINORS else len(MINORS)


def hops(running: str | None, target: str | None) -> list[str]:
    """The versions to install, in this order, the target last; empty where it is not ahead of what runs.

    A hop is at most one minor long, and 1.22 is only reached from the newest 1.21 patch. Raises as minor does.
    """
    now, end = versions.parse(running), versions.parse(target)
    if end <= now:
        return []
    stops = [stop for stop in STOPS.values() if now < versions.parse(stop) and place(stop) < place(target)]
    return [*stops, str(target)]


def next_stop(running: str | None) -> str | None:
    """The nearest stop ahead; None where there is none, also outside of the way. Raises as minor does."""
    if not 0 <= place(running) < len(MINORS):
        return None
    return next((stop for stop in STOPS.values() if versions.parse(running) < versions.parse(stop)), None)


def kubernetes(server: str | None) -> Minor | None:
    """``(1, 21)`` of an API server's ``v1.21.14-eks-1``; None for a text that is none."""
    match = re.match(r"v?(\d+)\.(\d+)", server or "")
    return (int(match[1]), int(match[2])) if match else None


def range_text(of: Range) -> str:
    """``1.19 to 1.22``, or ``1.19 or later``."""
    oldest = ".".join(map(str, of.oldest))
    return f"{oldest} to {'.'.join(map(str, of.newest))}" if of.newest else f"{oldest} or later"


def fits(server: str | None, version: str | None) -> str | None:
    """How an API server's version lies to the range of a version of Coder: ``in``, ``too_old`` or ``too_new``.

    None where either is not known, or Coder's is outside of the way.
    """
    found = kubernetes(server)
    if found is None or not version or not 0 <= place(version) < len(MINORS):
        return None
    of = KUBERNETES[minor(version)]
    if found < of.oldest:
        return "too_old"
    return "too_new" if of.newest and found > of.newest else "in"
