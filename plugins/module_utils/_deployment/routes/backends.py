# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which Services an Ingress (of any API version) or an HTTPRoute leads to, in one shape. Pure. Private to this collection."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

Pointer = tuple["str | int", ...]


class Backend(NamedTuple):
    """at: where it stands in the object. host and path are what leads there, several with commas; None for all.

    namespace is that of the Service; port a number, the name of a port of the Service, or None where none is said.
    """

    at: Pointer
    host: str | None
    path: str | None
    namespace: str
    service: str
    port: int | str | None


def of(obj: dict[str, Any]) -> list[Backend]:
    """All backends of the object that are Services; what leads to something else (a bucket, a redirect) is left out."""
    return list(_of_ingress(obj) if obj["kind"] == "Ingress" else _of_route(obj))


def value_at(obj: Any, at: Pointer) -> Any:
    for key in at:
        obj = obj[key]
    return obj


def service_fields(backend: dict[str, Any], service: str, port: int) -> dict[Pointer, Any]:
    """What the fields of a backend that name Service and port have to be, in the shape that this one has."""
    if "serviceName" in backend:
        return {("serviceName",): service, ("servicePort",): port}
    if "service" in backend:
        return {("service", "name"): service, ("service", "port"): {"number": port}}
    return {("name",): service, ("port",): port}


def _of_ingress(obj: dict[str, Any]) -> Iterator[Backend]:
    """v1 has service.name and service.port.{name,number}, v1beta1 of either group serviceName and servicePort."""
    for at, host, path, backend in _places(obj.get("spec") or {}):
        service = backend.get("service") or {}
        port = service.get("port") or {}
        name = service.get("name") or backend.get("serviceName")
        if name:
            number_or_name = port.get("number") or port.get("name") or backend.get("servicePort")
            yield Backend(at, host, path, obj["metadata"]["namespace"], name, number_or_name)


def _places(spec: dict[str, Any]) -> Iterator[tuple[Pointer, str | None, str | None, dict[str, Any]]]:
    for key in ("defaultBackend", "backend"):
        if spec.get(key):
            yield ("spec", key), None, None, spec[key]
    for number, rule in enumerate(spec.get("rules") or []):
        for index, entry in enumerate((rule.get("http") or {}).get("paths") or []):
            at = ("spec", "rules", number, "http", "paths", index, "backend")
            yield at, rule.get("host") or None, entry.get("path") or None, entry.get("backend") or {}


def _of_route(obj: dict[str, Any]) -> Iterator[Backend]:
    """Filters have backends too: a mirror would lead nowhere without anybody noticing."""
    spec, namespace = obj.get("spec") or {}, obj["metadata"]["namespace"]
    host = ", ".join(spec.get("hostnames") or []) or None
    for number, rule in enumerate(spec.get("rules") or []):
        paths = [(match.get("path") or {}).get("value") for match in rule.get("matches") or []]
        path = ", ".join(filter(None, paths)) or None
        for at, ref in _references(rule, ("spec", "rules", number)):
            if (ref.get("group") or "", ref.get("kind") or "Service") == ("", "Service"):
                yield Backend(at, host, path, ref.get("namespace") or namespace, ref["name"], ref.get("port"))


def _references(value: Any, at: Pointer) -> Iterator[tuple[Pointer, dict[str, Any]]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        if key == "backendRef" or at[-1] == "backendRefs":
            yield (*at, key), item
        yield from _references(item, (*at, key))
