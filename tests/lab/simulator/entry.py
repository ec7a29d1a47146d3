# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the users' address leads to the main pods, read from the objects that lead there. Pure.

Three ways: a Service of type LoadBalancer on 80 and 443 that selects them (serviceNext); nginx of the release behind Service
``ingress-nginx``, with an Ingress of the release; an Ingress that the site made itself, served by a controller of its own,
which is taken to work. With a custom ingress only the last counts, since there the users' name stands for that controller.
"""

from __future__ import annotations

from collections.abc import Iterable

#: Who serves users: the objects of the release, or the site's own ingress.
RELEASE, CUSTOM = "release", "custom"
MAIN = ("coderd", "cemanager")
NGINX = "ingress-nginx"
NEXT_PORTS = {80, 443}
API = "/api"
#: Every object of the charts carries it, rendered and live; what a site makes by hand does not.
MANAGED = ("app.kubernetes.io/managed-by", "Helm")


def main_pods(deployments: Iterable[dict], pods: Iterable[dict]) -> list[dict]:
    """The ready pods of the main Deployment, the newest first. ``pods``: all of the namespace."""
    by_name = {one["metadata"]["name"]: one for one in deployments}
    for name in MAIN:
        wanted = by_name[name]["spec"]["selector"]["matchLabels"] if name in by_name else {}
        found = [pod for pod in pods if wanted and is_ready(pod) and wanted.items() <= labels(pod).items()]
        if found:
            return sorted(found, key=lambda pod: pod["metadata"].get("creationTimestamp", ""), reverse=True)
    return []


def is_ready(pod: dict) -> bool:
    """Whether Services send anybody to it."""
    conditions = {one["type"]: one["status"] for one in pod.get("status", {}).get("conditions", [])}
    return conditions.get("Ready") == "True" and not pod["metadata"].get("deletionTimestamp")


def labels(obj: dict) -> dict[str, str]:
    return obj["metadata"].get("labels") or {}


def leads_directly(services: Iterable[dict], main: list[dict]) -> bool:
    """The serviceNext layout."""
    return any(
        one["spec"].get("type") == "LoadBalancer" and _numbers(one) >= NEXT_PORTS and _selects(one, main)
        for one in services
    )


def leads_by_ingress(
    ingresses: Iterable[dict], services: list[dict], pods: list[dict], main: list[dict], who: str
) -> bool:
    """Some Ingress that somebody serves sends Coder's API to the main pods. ``pods``: all of the namespace."""
    others = [pod for pod in pods if is_ready(pod) and pod not in main]
    nginx = who == RELEASE and any(
        one["metadata"]["name"] == NGINX and one["spec"].get("type") == "LoadBalancer" and _selects(one, others)
        for one in services
    )
    served = [one for one in ingresses if nginx or not _of_release(one)]
    return any(_reaches(backend, services, main) for one in served for backend in backends(one))


def backends(ingress: dict) -> list[dict]:
    """For each host but wildcards, which are those of dev URLs: where the API's requests go, whatever the type of the path:
    ``kubectl create ingress`` makes "Exact" of all, and no test is about that.
    """
    found = []
    for rule in ingress["spec"].get("rules") or []:
        paths = (rule.get("http") or {}).get("paths") or []
        matching = [one for one in paths if _covers(one.get("path") or "/")]
        if matching and not rule.get("host", "").startswith("*"):
            found.append(max(matching, key=lambda one: len(one.get("path") or "/"))["backend"])
    return found


def _covers(path: str) -> bool:
    return path.rstrip("/*") in ("", API)


def _of_release(ingress: dict) -> bool:
    """Served by the release's nginx. 1.22's ``coderd-ingress`` has no class, and counts only where that nginx is."""
    name, value = MANAGED
    return labels(ingress).get(name) == value


def _reaches(backend: dict, services: Iterable[dict], main: list[dict]) -> bool:
    wanted = backend.get("service") or {}
    port = wanted.get("port") or {}
    return any(
        one["metadata"]["name"] == wanted.get("name")
        and any(
            each["port"] == port["number"] if "number" in port else each.get("name") == port.get("name")
            for each in one["spec"].get("ports") or []
        )
        and _selects(one, main)
        for one in services
    )


def _selects(service: dict, pods: list[dict]) -> bool:
    """One without a selector leads nowhere."""
    selector = service["spec"].get("selector") or {}
    return bool(selector) and any(selector.items() <= labels(pod).items() for pod in pods)


def _numbers(service: dict) -> set[int]:
    return {one["port"] for one in service["spec"].get("ports") or []}
