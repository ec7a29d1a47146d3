# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of a site's routes must change when the main Service gets another name or other ports. Pure.

Private to this collection.
"""

from __future__ import annotations

from typing import NamedTuple

from ansible_collections.coder.classic.plugins.module_utils._deployment.observe.observation import MAIN
from ansible_collections.coder.classic.plugins.module_utils._deployment.routes import backends, by_hand
from ansible_collections.coder.classic.plugins.module_utils._deployment.routes.backends import Backend
from ansible_collections.coder.classic.plugins.module_utils._deployment.routes.find import Found, Object
from ansible_collections.coder.classic.plugins.module_utils._helm import gitops
from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade import plan

#: The main Service, under both names, and those whose work it takes over (coder-charts.md, "Custom ingress").
SERVICES = (*MAIN, "dashboard", "envproxy")
#: Ports of these Services in any layout: dashboard has 3000, without serviceNext the others 8080 and 8443.
HTTP, HTTPS = (8080, 80, 3000), (8443, 443)
#: What the charts' Services select by, also where no Helm marked them.
SELECTED_BY = "coder.deployment"


class Target(NamedTuple):
    """The deployment, and what its main Service is called and serves once the step is done."""

    namespace: str
    release: str
    service: str
    http_port: int
    https_port: int


class Move(NamedTuple):
    """A backend, and the port of the target that it must have; None where nobody can tell."""

    backend: Backend
    to_port: int | None


class Route(NamedTuple):
    """An object that has to change. moves: what can be rewritten, none where all is by_hand, lines for a person. managed_by: what
    would undo a change, or None. service: of an ExternalName Service, which one it stands for.
    """

    obj: Object
    moves: list[Move]
    by_hand: list[str]
    managed_by: str | None
    service: str | None = None

    @property
    def name(self) -> str:
        metadata = self.obj["metadata"]
        return f"{self.obj['kind']} {metadata['namespace']}/{metadata['name']}"


def routes(found: Found, target: Target) -> list[Route]:
    """Those that must change for the target, in the cluster's order; none of what leads elsewhere or is right already."""
    judged = [_route(obj, found, target) for obj in found.routes or []]
    return [one for one in judged if one.moves or one.by_hand] + _aliases(found, target)


def moves(obj: Object, found: Found, target: Target) -> list[Move]:
    """The backends of an object that lead to a Service of the deployment other than the target says."""
    named = [one for one in backends.of(obj) if _is_ours(one, found, target)]
    return [
        Move(one, _to_port(_number(one, found), target))
        for one in named
        if not _is_right(one, _number(one, found), target)
    ]


def managed_by(obj: Object) -> str | None:
    """Who would undo a change: tools of GitOps, a Helm release, a controller that made the object."""
    owner = plan.owner(obj)
    helm = [f"Helm release {owner[1]} in namespace {owner[0]}"] if owner else []
    controllers = [
        f"{one.get('kind')} {one.get('name')}"
        for one in obj["metadata"].get("ownerReferences") or []
        if one.get("controller")
    ]
    return ", ".join([*gitops.tools(obj), *helm, *controllers]) or None


def _route(obj: Object, found: Found, target: Target) -> Route:
    to_change = moves(obj, found, target)
    lines = by_hand.annotations(obj, target.namespace, _going(target), _ports(target), moves=bool(to_change))
    lines += [_unknown(move.backend) for move in to_change if move.to_port is None]
    leads_here = any(_is_ours(one, found, target) for one in backends.of(obj))
    if leads_here and obj["metadata"]["namespace"] != target.namespace:
        lines += by_hand.lacking_grant(obj, found.grants, target.namespace, target.service)
    return Route(obj, to_change, lines, managed_by(obj))


def _aliases(found: Found, target: Target) -> list[Route]:
    """Ingresses cannot lead to another namespace, but by such a Service they do."""
    found_aliases = [(obj, by_hand.alias_of(obj, target.namespace, _going(target))) for obj in found.aliases]
    return [
        Route(obj, [], [f"externalName leads to {name}; ports are with what leads to it"], managed_by(obj), name)
        for obj, name in found_aliases
        if name
    ]


def _is_ours(backend: Backend, found: Found, target: Target) -> bool:
    """dashboard is a name that others use too: one that is there must be the chart's."""
    if backend.namespace != target.namespace or backend.service not in (*SERVICES, target.service):
        return False
    service = (found.services or {}).get(backend.service)
    return (
        service is None
        or plan.owner(service) == (target.namespace, target.release)
        or SELECTED_BY in ((service.get("spec") or {}).get("selector") or {})
    )


def _number(backend: Backend, found: Found) -> int | None:
    if not isinstance(backend.port, str):
        return backend.port
    service = (found.services or {}).get(backend.service) or {}
    ports = (service.get("spec") or {}).get("ports") or []
    return next((row["port"] for row in ports if row.get("name") == backend.port), None)


def _to_port(number: int | None, target: Target) -> int | None:
    if number in (*HTTP, target.http_port):
        return target.http_port
    return target.https_port if number in (*HTTPS, target.https_port) else None


def _going(target: Target) -> list[str]:
    return [name for name in SERVICES if name != target.service]


def _ports(target: Target) -> list[int]:
    """Ports that are worth a word: those of the other layout."""
    return [port for port in (HTTP[0], HTTPS[0]) if port not in (target.http_port, target.https_port)]


def _is_right(backend: Backend, number: int | None, target: Target) -> bool:
    """Another port of the target than these two is somebody's own, which the layout does not move."""
    to_port = _to_port(number, target)
    return backend.service == target.service and (to_port is None or number == to_port)


def _unknown(backend: Backend) -> str:
    return f"port {backend.port} of Service {backend.service} is none that is known"
