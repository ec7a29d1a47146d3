# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Everything about one access URL, as a client meets it. Reads only. Private to this collection."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from ansible_collections.coder.classic.plugins.module_utils._coder import certificates, endpoint
from ansible_collections.coder.classic.plugins.module_utils._coder.endpoint_findings import findings
from ansible_collections.coder.classic.plugins.module_utils._coder.transport import Transport
from ansible_collections.coder.classic.plugins.module_utils._coder.websockets import probe_upgrade


def look(
    url: str,
    *,
    ca_path: str | None,
    timeout: float,
    authorization: str | None,
    wildcard_host: str | None,
    samples: int,
) -> dict[str, Any]:
    """What coder_endpoint_info returns as endpoint; findings are empty when all is well. No token is sent."""
    transport = Transport(url, ca_path=ca_path, timeout=timeout, proxy_authorization=authorization)
    parts = urlsplit(transport.url)
    dns = {"host": parts.hostname, "addresses": endpoint.addresses(parts.hostname)}
    if wildcard_host:
        name_below = wildcard_host.replace("*", "coder-classic-probe", 1)
        dns |= {"wildcard_host": wildcard_host, "wildcard_addresses": endpoint.addresses(name_below)}
    certificate = endpoint.certificate(transport.url, ca_path, timeout) if parts.scheme == "https" else None
    if certificate and "names" in certificate:
        names = certificate["names"]
        certificate["covers_host"] = certificates.covers(names, parts.hostname)
        certificate["covers_wildcard"] = certificates.covers(names, wildcard_host) if wildcard_host else None
    http = endpoint.answer(transport)
    seen = {
        "url": transport.url,
        "dns": dns,
        "tls": certificate,
        "http": http,
        "websocket": probe_upgrade(transport.url, ca_path=ca_path, timeout=timeout),
        "latency": None if "error" in http else endpoint.latency(transport, samples),
    }
    return {**seen, "findings": findings(seen)}
