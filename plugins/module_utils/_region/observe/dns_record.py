# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a person has to enter into DNS so that a satellite can be reached. Pure. Private to this collection."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit


def wanted(url: str, address: list[str] | None) -> str:
    """The record for the URL's host; address is that of the satellite's Service, None when it was not seen."""
    host = urlsplit(url).hostname or url
    if address is None:
        return f"make the DNS record of {host} lead to the satellite's Service, whose address could not be read here"
    if not address:
        return (
            f"wait until the satellite's Service has an address (its load balancer gives it none yet), then make the "
            f"DNS record of {host} lead to it"
        )
    records = ", ".join(f"{_type(target)} {host} → {target}" for target in address)
    return f"make the DNS record {records}, unless something of yours in front of that address has the name"


def _type(target: str) -> str:
    try:
        return "AAAA" if ip_address(target).version == 6 else "A"
    except ValueError:
        return "CNAME"
