# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small asynchronous client for one cluster: raw JSON calls, as the lab's own user or with a given token."""

from __future__ import annotations

import base64
import json
import ssl
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import yaml

TIMEOUT = aiohttp.ClientTimeout(total=10, sock_connect=3)
WATCHING = aiohttp.ClientTimeout(sock_connect=3)
#: Told by a watch when it has told what there is.
LISTED = "LISTED"


class KubeError(Exception):
    """``status`` is None when no API server answered; the text is the API server's own message otherwise."""

    def __init__(self, message: str, status: int | None = None):
        super().__init__(message)
        self.status = status


class Cluster:
    """Reads its kubeconfig at the first call, and opens its connections then."""

    def __init__(self, name: str, kubeconfig: str, context: str):
        self.name = name
        self._kubeconfig = Path(kubeconfig)
        self._context = context
        self._access: tuple[str, dict[str, str], ssl.SSLContext, ssl.SSLContext] | None = None
        self._session: aiohttp.ClientSession | None = None
        self._watches: set[aiohttp.ClientResponse] = set()

    @property
    def server(self) -> str:
        """The API server's address. KubeError when there is no kubeconfig."""
        return self._read()[0]

    async def call(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        body: dict | None = None,
        query: dict | None = None,
        content_type: str | None = None,
    ) -> dict:
        """The answer's JSON. With ``token`` nothing of the kubeconfig's own identity is used. KubeError otherwise."""
        server, headers, own_tls, foreign_tls = self._read()
        if token:
            headers = {"Authorization": f"Bearer {token}"}
        if content_type:
            headers = {**headers, "Content-Type": content_type}
        try:
            async with self._opened().request(
                method,
                server + path,
                headers=headers,
                json=body,
                params=query,
                ssl=foreign_tls if token else own_tls,
            ) as answer:
                text = await answer.text()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise KubeError(f"{server} does not answer: {error or type(error).__name__}") from error
        try:
            document = json.loads(text)
        except ValueError:
            raise KubeError(text.strip() or answer.reason or "no JSON", answer.status) from None
        if answer.status >= 300:
            raise KubeError(document.get("message") or str(answer.reason), answer.status)
        return document

    async def get(self, path: str, *, token: str | None = None) -> dict | None:
        """None for an object that is not there."""
        try:
            return await self.call("GET", path, token=token)
        except KubeError as error:
            if error.status == 404:
                return None
            raise

    async def watch(self, path: str) -> AsyncIterator[tuple[str, dict]]:
        """("ADDED", object) of all that the collection holds and (LISTED, {}), then ("ADDED", "MODIFIED" or "DELETED", object) of
        each change.

        Ends when the API server ends it or ``close`` is called. KubeError when it cannot be asked.
        """
        found = await self.call("GET", path)
        for item in found["items"]:
            yield "ADDED", item
        yield LISTED, {}
        server, headers, tls, _unused = self._read()
        query = {"watch": "1", "resourceVersion": found["metadata"]["resourceVersion"]}
        try:
            asked = self._opened().get(server + path, params=query, headers=headers, ssl=tls, timeout=WATCHING)
            async with asked as answer:
                self._watches.add(answer)
                try:
                    async for line in answer.content:
                        event = json.loads(line)
                        if event["type"] not in ("ADDED", "MODIFIED", "DELETED"):
                            return
                        yield event["type"], event["object"]
                finally:
                    self._watches.discard(answer)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise KubeError(f"watching {server}{path}: {error or type(error).__name__}") from error

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=TIMEOUT, connector=aiohttp.TCPConnector(limit=20))
        return self._session

    async def close(self) -> None:
        """Drops the connections; the next call opens new ones."""
        for answer in list(self._watches):
            answer.close()  # the end of the session alone leaves its reader waiting for ever
        session, self._session = self._session, None
        if session:
            await session.close()

    def _read(self) -> tuple[str, dict[str, str], ssl.SSLContext, ssl.SSLContext]:
        if self._access is None:
            try:
                self._access = read_kubeconfig(self._kubeconfig, self._context)
            except (OSError, KeyError, StopIteration, yaml.YAMLError) as error:
                raise KubeError(f"kubeconfig {self._kubeconfig} of {self.name}: {error!r}") from error
        return self._access


def read_kubeconfig(path: Path, context: str) -> tuple[str, dict[str, str], ssl.SSLContext, ssl.SSLContext]:
    """(server, headers, TLS with the user's certificate if it has one, TLS without)."""
    document = yaml.safe_load(path.read_text())
    chosen = _named(document["contexts"], context)["context"]
    cluster = _named(document["clusters"], chosen["cluster"])["cluster"]
    user = _named(document["users"], chosen["user"])["user"]
    own, foreign = _trust(cluster, path.parent), _trust(cluster, path.parent)
    if "client-certificate" in user:
        own.load_cert_chain(path.parent / user["client-certificate"], path.parent / user["client-key"])
    elif "client-certificate-data" in user:
        with tempfile.NamedTemporaryFile() as pair:
            pair.write(base64.b64decode(user["client-certificate-data"]))
            pair.write(b"\n" + base64.b64decode(user["client-key-data"]))
            pair.flush()
            own.load_cert_chain(pair.name)
    headers = {"Authorization": f"Bearer {user['token']}"} if "token" in user else {}
    return cluster["server"].rstrip("/"), headers, own, foreign


def _trust(cluster: dict, folder: Path) -> ssl.SSLContext:
    context = ssl.create_default_context()
    # An API server's self-made certificate lacks extensions that Python 3.13 demands by default.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if cluster.get("insecure-skip-tls-verify"):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif "certificate-authority-data" in cluster:
        context.load_verify_locations(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
    elif "certificate-authority" in cluster:
        context.load_verify_locations(folder / cluster["certificate-authority"])
    return context


def _named(entries: list[dict], name: str) -> dict:
    return next(entry for entry in entries if entry["name"] == name)
