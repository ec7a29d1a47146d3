# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a release is reached: addresses of its load balancers, and the names whose DNS records lead there. Pure; private to this
collection.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._helm.manifest import identity, label

KINDS = ("Service", "Ingress")


def addresses(found: Iterable[tuple[dict[str, Any], dict[str, Any] | None]]) -> dict[str, list[str]]:
    """Kind/name → IPs or host names, of (entry of manifest.objects, live object); only what has one, or is to get one."""
    result = {}
    for obj, live in found:
        if live is None or obj["kind"] not in KINDS:
            continue
        status = ((live.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
        where = sorted(str(one.get("ip") or one.get("hostname")) for one in status)
        if where or (live.get("spec") or {}).get("type") == "LoadBalancer":
            result[label(identity(obj))] = where
    return result


def hosts(stored: Iterable[dict[str, Any]]) -> dict[str, list[str]]:
    """Ingress/name → the names that it serves."""
    return {
        label(identity(obj)): sorted({str(rule["host"]) for rule in _rules(obj) if rule.get("host")})
        for obj in stored
        if obj["kind"] == "Ingress"
    }


def _rules(obj: dict[str, Any]) -> list[dict[str, Any]]:
    return (obj["document"].get("spec") or {}).get("rules") or []


def changes(
    before: dict[str, list[str]], after: dict[str, list[str]], named: dict[str, list[str]]
) -> list[dict[str, Any]]:
    """``{object, before, after, hosts}`` of each whose address is not what it was. hosts of a Service: all that are known, since
    nobody can tell which of them lead through it.
    """
    everything = sorted({host for names in named.values() for host in names})
    return [
        {"object": name, "before": old, "after": after.get(name, []), "hosts": named.get(name, everything)}
        for name, old in before.items()
        if old != after.get(name, [])
    ]


def lines(found: Iterable[dict[str, Any]]) -> list[str]:
    said = []
    for one in found:
        old, new = (", ".join(one[key]) or "nothing yet" for key in ("before", "after"))
        hosts_of = ", ".join(one["hosts"]) or "whatever leads there"
        said.append(f"{one['object']} had the address {old} and has {new}. DNS: point {hosts_of} to the new one.")
    return said
