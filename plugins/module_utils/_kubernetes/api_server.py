# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where an API server is and how it is reached: the cluster of a kubeconfig, made complete. Private to this collection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

from ansible_collections.coder.classic.plugins.module_utils._kubernetes import exec_credential, proxies, tls_material
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.kubeconfig_entry import (
    Entry,
    flag,
    refusal,
    text,
)

PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")


def fields(cluster: Entry, environment: Mapping[str, str]) -> dict[str, Any]:
    """The cluster of a complete kubeconfig. Raises ClassicError ``invalid``."""
    server = _server(cluster)
    found: dict[str, Any] = {
        "server": server,
        "certificate-authority-data": tls_material.authority(cluster),
        "insecure-skip-tls-verify": flag(cluster, "insecure-skip-tls-verify"),
        "tls-server-name": text(cluster, "tls-server-name"),
        "disable-compression": flag(cluster, "disable-compression"),
        # Of the environment as well: so the one rule for it is ours.
        "proxy-url": text(cluster, "proxy-url") or proxies.for_url(server, environment),
    }
    if found["insecure-skip-tls-verify"] and found["certificate-authority-data"]:
        raise refusal(
            cluster,
            "insecure-skip-tls-verify",
            "There is an authority for the certificate as well, and only one of the two can be meant.",
        )
    if found["proxy-url"]:
        proxy = _url(found["proxy-url"])
        if proxy is None or proxy.scheme not in PROXY_SCHEMES:
            is_own = text(cluster, "proxy-url")
            its = cluster if is_own else cluster._replace(labels={"proxy-url": "The proxy of the environment"})
            raise refusal(its, "proxy-url", f"It must be a URL that begins with {', '.join(PROXY_SCHEMES)}.")
    return {name: value for name, value in found.items() if value}


def _server(cluster: Entry) -> str:
    server = (text(cluster, "server") or "").strip()
    if not server:
        raise refusal(cluster, "server", "It is missing or empty.")
    url = _url(server)
    if url is None or url.scheme not in ("http", "https") or url.query or url.fragment:
        raise refusal(cluster, "server", "It must be the URL of an API server, like https://host:6443.")
    if "@" in url.netloc:
        raise refusal(
            cluster, "server", "It holds a user's name or password; these belong to the user, not to the address."
        )
    return server.rstrip("/")


def _url(said: str) -> SplitResult | None:
    if not said.isascii() or not said.isprintable() or " " in said:
        return None
    try:
        url = urlsplit(said)
        return url if url.hostname and url.port != 0 else None
    except ValueError:
        return None


def config_of_plugin(cluster: Entry) -> dict[str, Any]:
    """What the cluster's entry says to credential plugins, for those that ask for it."""
    listed = cluster.fields.get("extensions")
    for item in listed if isinstance(listed, list) else []:
        if isinstance(item, dict) and item.get("name") == exec_credential.EXTENSION and "extension" in item:
            return {"config": item["extension"]}
    return {}
