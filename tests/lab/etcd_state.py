# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads all objects of a cluster out of etcd, and sets a cluster back to them while its API server runs.

Setting back writes only what differs, as another API server would: watches and caches see ordinary changes, UIDs stay.
That takes a fraction of a second, where copying etcd's files needs every process of the control plane to start anew.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator

import requests

from .errors import LabError

# Everything that an API server stores.
FIRST, END = "/registry/", "/registry0"
# Kubernetes' own heartbeats: setting them back would only disturb.
SKIPPED = ("/registry/leases/kube-system/", "/registry/leases/kube-node-lease/")
PAGE = 500
# etcd's limits of one transaction: 128 operations, 1.5 MiB.
MOST_OPERATIONS, MOST_BYTES = 100, 1_000_000
TIMEOUT = 20.0

Objects = dict[str, str]  # key to value, both base64 as etcd's JSON API has them


def read(url: str) -> Objects:
    """All objects at one moment."""
    objects: Objects = {}
    query = {"key": _encode(FIRST), "range_end": _encode(END), "limit": str(PAGE)}
    with requests.Session() as session:
        session.trust_env = False
        while True:
            answer = _call(session, url, "kv/range", query)
            page = answer.get("kvs", [])
            objects.update((one["key"], one.get("value", "")) for one in page)
            if not answer.get("more"):
                return {key: value for key, value in objects.items() if not _decode(key).startswith(SKIPPED)}
            # Later pages show the moment of the first one, and begin after the last key.
            query |= {"revision": answer["header"]["revision"], "key": _encode(_decode(page[-1]["key"]) + "\0")}


def set_back(url: str, wanted: Objects) -> int:
    """Make the cluster hold exactly ``wanted``; answers how many objects differed."""
    operations = differences(read(url), wanted)
    with requests.Session() as session:
        session.trust_env = False
        for batch in batches(operations):
            _call(session, url, "kv/txn", {"success": batch})
    return len(operations)


def differences(present: Objects, wanted: Objects) -> list[dict]:
    """The operations of etcd's JSON API that turn ``present`` into ``wanted`` (pure)."""
    deleted = [{"requestDeleteRange": {"key": key}} for key in present if key not in wanted]
    written = [
        {"requestPut": {"key": key, "value": value}} for key, value in wanted.items() if present.get(key) != value
    ]
    return deleted + written


def batches(operations: list[dict]) -> Iterator[list[dict]]:
    """Split within etcd's limits, in order (pure)."""
    batch: list[dict] = []
    size = 0
    for operation in operations:
        weight = sum(len(text) for request in operation.values() for text in request.values())
        if batch and (len(batch) == MOST_OPERATIONS or size + weight > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(operation)
        size += weight
    if batch:
        yield batch


def _call(session: requests.Session, url: str, path: str, body: dict) -> dict:
    try:
        answer = session.post(f"{url}/v3/{path}", json=body, timeout=TIMEOUT)
    except requests.RequestException as error:
        raise LabError(f"etcd at {url}: {error}") from error
    if not answer.ok:
        raise LabError(f"etcd at {url}: {path} answered {answer.status_code} {answer.text[:300]}")
    return answer.json()


def _encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _decode(text: str) -> str:
    return base64.b64decode(text).decode()
