# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's own calls to a cluster's API server, as user ``admin``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import requests
import yaml

from .errors import LabError

TIMEOUT = 10.0  # seconds for one call


class Kube(NamedTuple):
    """Where and how to call. Not for use by two threads at once."""

    server: str
    session: requests.Session


def connect(kubeconfig: Path) -> Kube:
    """Read one of the lab's own kubeconfigs; nothing is sent yet."""
    content = yaml.safe_load(kubeconfig.read_text())
    cluster = content["clusters"][0]["cluster"]
    session = requests.Session()
    session.trust_env = False  # no proxy and no CA of the caller's environment between the lab and itself
    session.verify = cluster["certificate-authority"]
    session.headers["Authorization"] = f"Bearer {content['users'][0]['user']['token']}"
    return Kube(cluster["server"], session)


def ready(kube: Kube) -> bool:
    """Whether the API server answers and its start is complete."""
    try:
        return kube.session.get(f"{kube.server}/readyz", timeout=TIMEOUT).status_code == 200
    except requests.RequestException:
        return False


def get(kube: Kube, path: str) -> dict | None:
    """The JSON at ``path``; None when there is none. Other answers raise LabError."""
    answer = _call(kube, "GET", path)
    return None if answer.status_code == 404 else _json(kube, answer, path)


def create(kube: Kube, path: str, body: dict) -> dict:
    """Create ``body`` in the collection ``path``; one that is there already is left as it is."""
    answer = _call(kube, "POST", path, body)
    if answer.status_code == 409:
        return _json(kube, _call(kube, "GET", f"{path}/{body['metadata']['name']}"), path)
    return _json(kube, answer, path)


def merge(kube: Kube, path: str, body: dict) -> None:
    """Merge ``body`` into the object at ``path``."""
    _json(kube, _call(kube, "PATCH", path, body, {"Content-Type": "application/merge-patch+json"}), path)


def delete(kube: Kube, path: str) -> None:
    """Ask for the deletion of the object at ``path``, which may be gone already."""
    answer = _call(kube, "DELETE", path)
    if answer.status_code != 404:
        _json(kube, answer, path)


def watch(kube: Kube, path: str) -> Iterator[dict]:
    """Every object of the collection, then each new or changed one. Ends when the API server ends the watch."""
    everything = _json(kube, _call(kube, "GET", path), path)
    yield from everything["items"]
    query = {"watch": "1", "resourceVersion": everything["metadata"]["resourceVersion"]}
    try:
        with kube.session.get(kube.server + path, params=query, stream=True, timeout=(TIMEOUT, None)) as answer:
            for line in answer.iter_lines(chunk_size=None):
                event = json.loads(line)
                if event["type"] in ("ADDED", "MODIFIED"):
                    yield event["object"]
                elif event["type"] == "ERROR":
                    return
    except requests.RequestException as error:
        raise LabError(f"watching {kube.server}{path}: {error}") from error


def pods(kube: Kube) -> dict[str, bool]:
    """Every pod as "namespace/name", and whether it is running, ready and not being deleted."""
    items = _json(kube, _call(kube, "GET", "/api/v1/pods"), "/api/v1/pods")["items"]
    return {f"{pod['metadata']['namespace']}/{pod['metadata']['name']}": _running(pod) for pod in items}


def _running(pod: dict) -> bool:
    conditions = {one["type"]: one["status"] for one in pod["status"].get("conditions", [])}
    return (
        pod["status"].get("phase") == "Running"
        and conditions.get("Ready") == "True"
        and "deletionTimestamp" not in pod["metadata"]
    )


def _call(
    kube: Kube, method: str, path: str, body: dict | None = None, headers: dict | None = None
) -> requests.Response:
    try:
        return kube.session.request(method, kube.server + path, json=body, headers=headers, timeout=TIMEOUT)
    except requests.RequestException as error:
        raise LabError(f"{method} {kube.server}{path}: {error}") from error


def _json(kube: Kube, answer: requests.Response, path: str) -> dict:
    if not answer.ok:
        raise LabError(f"{answer.request.method} {kube.server}{path}: {answer.status_code} {answer.text[:500]}")
    return answer.json()
