# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""From an Access to a client of the official library that knows nothing else. Private to this collection."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import credentials, tls_material
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.kubeconfig import Access
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.kubeconfig_entry import unusable

try:
    import kubernetes.client
    import urllib3
except ImportError as error:
    IMPORT_ERROR: ImportError | None = error
else:
    IMPORT_ERROR = None


class Connection(NamedTuple):
    """The official client, the headers of every request (secret!), and what may be in no message."""

    client: kubernetes.client.ApiClient
    headers: list[tuple[str, str]]
    secrets: list[str]

    def __repr__(self) -> str:
        return f"Connection({self.client.configuration.host})"


def require_libraries() -> None:
    """Raises ClassicError ``invalid`` when a library is missing."""
    if IMPORT_ERROR:
        raise ClassicError(
            "The Python library 'kubernetes' is missing.",
            code="invalid",
            why=str(IMPORT_ERROR),
            untouched="Nothing was changed.",
            next_step="pip install 'kubernetes>=29.0.0' for the Python that runs Ansible's modules.",
        )


def api_client(access: Access) -> Connection:
    """Nothing is asked of the cluster yet. Raises ClassicError ``invalid``."""
    require_libraries()
    client = kubernetes.client.ApiClient(kubernetes.client.Configuration(host=access.server))
    # Its own connections take certificates from files only, proxies from the environment by a rule that is not kubectl's,
    # and differ in all that from one release to the next.
    client.rest_client.pool_manager = _pools(access)
    bearer = credentials.authorization(access.user)
    headers = [("Authorization", bearer)] if bearer else []
    return Connection(client, headers + credentials.impersonation(access.user), access.secrets)


def _pools(access: Access) -> urllib3.PoolManager:
    # Bounded patience: a connection is tried twice; only reading is tried again, after a lost answer or one that says
    # that the server is busy. How long to wait is not left to the server, which may say an hour.
    retries = urllib3.Retry(
        connect=1,
        read=1,
        redirect=0,
        status=2,
        other=0,
        allowed_methods=["GET"],
        status_forcelist=[429, 502, 503, 504],
        respect_retry_after_header=False,
        raise_on_status=False,
        backoff_factor=0.5,
    )
    settings: dict[str, Any] = {"retries": retries, "maxsize": 10}
    if access.server.startswith("https:"):
        settings["ssl_context"] = tls_material.context_of(access.cluster, access.user)
        if urllib3.__version__.startswith("1."):
            # It compares the name itself, and gives none to Python for an address of numbers.
            settings["ssl_context"].check_hostname = False
        if "tls-server-name" in access.cluster:
            settings["server_hostname"] = access.cluster["tls-server-name"]
    if "proxy-url" not in access.cluster:
        return urllib3.PoolManager(**settings)
    return _through_proxy(access, settings)


def _through_proxy(access: Access, settings: dict[str, Any]) -> urllib3.PoolManager:
    url = urlsplit(access.cluster["proxy-url"])
    if url.scheme.startswith("socks"):
        try:
            from urllib3.contrib.socks import SOCKSProxyManager
        except ImportError:
            raise unusable(
                "The proxy of the cluster cannot be used.",
                where=access.source,
                why="It is a SOCKS proxy, and the Python library PySocks is missing.",
                next_step="pip install pysocks for the Python that runs Ansible's modules.",
            ) from None
        # Go resolves no name for a SOCKS proxy, with socks5 as little as with socks5h.
        return SOCKSProxyManager(url._replace(scheme="socks5h").geturl(), **settings)
    without_user = url._replace(netloc=url.netloc.rpartition("@")[2]).geturl()
    if url.username is not None:
        user = f"{unquote(url.username)}:{unquote(url.password or '')}"
        settings["proxy_headers"] = urllib3.make_headers(proxy_basic_auth=user)
    return urllib3.ProxyManager(without_user, **settings)
