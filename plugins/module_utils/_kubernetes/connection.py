# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""From an Access to the connections that are made with it. Private to this collection."""

from __future__ import annotations

import contextlib
import importlib
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import credentials, side_by_side, tls_material
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.kubeconfig import Access
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.kubeconfig_entry import unusable

with contextlib.suppress(ImportError):
    import urllib3

#: what has to be imported -> what pip is asked for
LIBRARIES = {"urllib3": "urllib3>=2.0", "yaml": "PyYAML>=5.4.1"}


class Connection(NamedTuple):
    """The pools of open connections, the address that paths are put behind, the headers of every request (secret!), and
    what may be in no message.
    """

    pools: urllib3.PoolManager
    server: str
    headers: list[tuple[str, str]]
    secrets: list[str]

    def __repr__(self) -> str:
        return f"Connection({self.server})"


def require_libraries() -> None:
    """Raises ClassicError ``invalid`` when a library is missing."""
    for name, wanted in LIBRARIES.items():
        try:
            found = importlib.import_module(name)
            if name == "urllib3" and found.__version__.startswith("1."):
                # It joins headers whose name repeats: who acts as a member of two groups would be one of neither.
                raise ImportError(f"urllib3 {found.__version__} is too old")
        except ImportError as error:
            raise ClassicError(
                f"The Python library '{wanted.partition('>=')[0]}' is missing or too old.",
                code="invalid",
                why=str(error),
                untouched="Nothing was changed.",
                next_step=f"pip install '{wanted}' for the Python that runs Ansible's modules.",
            ) from None


def connect(access: Access) -> Connection:
    """Nothing is asked of the cluster yet. Raises ClassicError ``invalid``."""
    require_libraries()
    bearer = credentials.authorization(access.user)
    headers = [("Authorization", bearer)] if bearer else []
    headers += credentials.impersonation(access.user)
    return Connection(_pools(access), access.server, headers, access.secrets)


def _pools(access: Access) -> urllib3.PoolManager:
    settings: dict[str, Any] = {"maxsize": side_by_side.THREADS}
    if access.server.startswith("https:"):
        settings["ssl_context"] = tls_material.context_of(access.cluster, access.user)
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
