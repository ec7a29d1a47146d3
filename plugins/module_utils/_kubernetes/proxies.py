# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which proxy of the environment serves an address: the rule of Go's programs (helm, kubectl), not the one of Python's.

Pure; private to this collection.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

PORTS = {"https": 443, "http": 80}


def for_url(url: str, environment: Mapping[str, str]) -> str | None:
    """The proxy's URL, None for a direct connection. ALL_PROXY does not count, nor does a proxy for this machine."""
    address = urlsplit(url)
    name = f"{address.scheme}_proxy"
    proxy = environment.get(name.upper()) or environment.get(name)
    host, port = (address.hostname or "").rstrip("."), address.port or PORTS.get(address.scheme, 0)
    if not proxy or _is_this_machine(host):
        return None
    excepted = (environment.get("NO_PROXY") or environment.get("no_proxy") or "").lower().split(",")
    if any(_matches(entry.strip(), host, port) for entry in excepted):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _is_this_machine(host: str) -> bool:
    address = _ip(host)
    return host == "localhost" or (address is not None and address.is_loopback)


def _matches(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    address = _ip(host)
    if "/" in entry:
        try:
            return address is not None and address in ipaddress.ip_network(entry, strict=False)
        except ValueError:
            return False
    name, wanted = _split(entry)
    if not name or wanted not in ("", str(port)):
        return False
    if _ip(name) is not None:
        return address == _ip(name)
    domain = name.removeprefix("*").removeprefix(".")
    return host.endswith(f".{domain}") or (host == domain and not name.startswith((".", "*")))


def _split(entry: str) -> tuple[str, str]:
    """(name or address, port or nothing)"""
    if _ip(entry) is not None:
        return entry, ""
    name, colon, port = entry.rpartition(":")
    return (name.strip("[]"), port) if colon else (entry.strip("[]"), "")


def _ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
