# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong with an endpoint. Pure. Private to this collection."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

# A certificate that ends sooner is worth a word before a region depends on it.
SOON_DAYS = 14


def findings(seen: Mapping[str, Any]) -> list[dict[str, str]]:
    """``[{code, message}]`` from what the module coder_endpoint_info returns; empty when all is well."""
    return [{"code": code, "message": message} for code, message in _findings(seen)]


def _findings(seen: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    dns, wildcard = seen["dns"], seen["dns"].get("wildcard_host")
    if not dns["addresses"]:
        yield "dns_unresolved", f"the name {dns['host']} does not resolve: make a DNS record for it"
        return
    if wildcard and not dns["wildcard_addresses"]:
        yield "wildcard_unresolved", f"names of {wildcard} do not resolve: make a wildcard DNS record for it"
    if seen["tls"] is not None:
        yield from _of_certificate(seen["tls"], dns["host"], wildcard)
    yield from _of_answers(seen)


def _of_certificate(tls: Mapping[str, Any], host: str, wildcard: str | None) -> Iterator[tuple[str, str]]:
    if "error" in tls:
        yield "tls_failed", f"there is no TLS handshake with {host}: {tls['error']}"
        return
    if tls["refused"] == "tls_expired":
        yield (
            "tls_expired",
            f"the certificate of {host}, or one that it depends on, ended (its own: {tls['not_after']})",
        )
    elif tls["refused"]:
        yield "tls_untrusted", f"the authority {tls['issuer']} of the certificate is not trusted here: give its CA file"
    elif tls["days_left"] < SOON_DAYS:
        yield "tls_expires_soon", f"the certificate of {host} ends in {tls['days_left']} days, on {tls['not_after']}"
    named = ", ".join(tls["names"]) or "no name"
    if not tls["covers_host"]:
        yield "tls_name", f"the certificate is for {named} and not for {host}"
    if wildcard and not tls["covers_wildcard"]:
        yield "wildcard_not_covered", f"the certificate is for {named} and not for {wildcard}: dev URLs will be refused"


def _of_answers(seen: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    http, websocket = seen["http"], seen["websocket"]
    if "error" in http:
        # A refused certificate was told already.
        if not http["code"].startswith("tls_"):
            yield "no_answer", f"GET /api is not answered: {http['error']}"
        return
    if http["status"] >= 500:
        yield "server_error", f"GET /api is answered with {http['status']}"
    elif not http["coder_version"]:
        yield "not_coder", f"GET /api is answered with {http['status']} without the header coder-version"
    if not websocket["coder"]:
        yield "websocket_refused", f"WebSockets do not get through to Coder: {websocket['reason']}"
