# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Coder would keep in its database, and the simulator keeps itself: one JSON document, written whole at every change.

Keys: ``settings``, ``site`` (organisation and site configuration), ``primary_key`` (PEM), ``claim`` (UID of the claim whose
data the built-in database holds; null before its first pod), and by id ``providers``, ``satellites``, ``workspaces``. Their
entries are the simulator's own; what a client sees is made in providers.py, satellites.py and workspaces.py.
"""

from __future__ import annotations

import copy
import json
import os
import uuid
from datetime import datetime, timedelta
from pathlib import Path

from . import clock, keys
from .config import Config

NAMESPACE = uuid.UUID("5c0de2c1-a551-4c00-8000-000000000000")
ORGANISATION = "default"
BROKEN_TAG = "does-not-exist"
#: How old a new workspace pretends to be, and since when nobody used it: idle by any measure.
AGE, UNUSED = timedelta(days=30), timedelta(days=2)


class Store:
    """``data`` is changed in place; ``save()`` makes the change last."""

    def __init__(self, path: Path, data: dict):
        self.path = path
        self.data = data

    def save(self) -> None:
        write_private(self.path, self.data)

    def snapshot(self, path: Path) -> None:
        write_private(path, self.data)

    def restore(self, path: Path) -> None:
        self.data = json.loads(path.read_text())
        self.save()


def open_store(config: Config, addresses: dict[str, str], now: datetime) -> Store:
    """``addresses``: cluster → its API server, for a state that is made anew."""
    if config.state_path.exists():
        return Store(config.state_path, json.loads(config.state_path.read_text()))
    store = Store(config.state_path, first_state(config, addresses, now))
    store.save()
    return store


def write_private(path: Path, data: dict) -> None:
    """Mode 0600 from the first byte, and whole or not at all."""
    partial = path.with_name(path.name + ".partial")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(data, file, indent=1)
    partial.replace(path)


def stable_id(kind: str, name: str) -> str:
    return str(uuid.uuid5(NAMESPACE, f"{kind}/{name}"))


def first_state(config: Config, addresses: dict[str, str], now: datetime) -> dict:
    state: dict = {
        "settings": copy.deepcopy(config.settings),
        "site": {
            "organisation": {"id": stable_id("organisation", ORGANISATION), "name": ORGANISATION, "default": True},
            "config": {"devurls": {"host": ""}, "ssh": {"enable_ssh": True}, "dormancy": {}, "workspaces": {}},
        },
        "primary_key": keys.new_private_key(),
        "claim": None,
        "providers": {},
        "satellites": {},
        "workspaces": {},
    }
    for entry in config.providers:
        address = addresses.get(entry["cluster"], "")
        provider = new_provider(
            stable_id("provider", entry["name"]),
            {"cluster_address": address, **entry},
            state["site"]["organisation"]["id"],
        )
        state["providers"][provider["id"]] = provider
        for wanted in entry.get("workspaces", []):
            workspace = new_workspace(wanted, provider["id"], state["site"]["organisation"]["id"], now)
            state["workspaces"][workspace["id"]] = workspace
    return state


def new_provider(provider_id: str, entry: dict, organisation: str) -> dict:
    return {
        "id": provider_id,
        "name": entry["name"],
        "cluster": entry["cluster"],
        "namespace": entry["namespace"],
        "release": entry["release"],
        "built_in": bool(entry.get("built_in")),
        "needs_envproxy": entry.get("needs_envproxy", not entry.get("built_in")),
        "envproxy_access_url": entry["envproxy_access_url"],
        "envproxy_token": entry["envproxy_token"],
        "devurl_host": entry.get("devurl_host", ""),
        "org_whitelist": [organisation],
        "enable_net_v2": False,
        "config": {
            "cluster_address": entry.get("cluster_address", ""),
            "default_namespace": entry["namespace"],
            "storage_class": "",
            "cluster_domain_suffix": ".svc.cluster.local",
            "ssh_enabled": True,
        },
        "cordoned": False,
        "cordon_reason": "",
        "service_account_token": None,
        "token_problem": "",
    }


def new_workspace(entry: dict, provider_id: str, organisation: str, now: datetime) -> dict:
    """``built`` is on, off or failed; ``wanted_on`` asks for a first build as soon as there is access."""
    created, last_used = clock.text(now - AGE), clock.text(now - UNUSED)
    return {
        "id": stable_id("workspace", entry["name"]),
        "name": entry["name"],
        "provider": provider_id,
        "organization_id": organisation,
        "username": entry["user"],
        "image_tag": BROKEN_TAG if entry["state"] == "broken" else "ubuntu",
        "live": entry["state"] == "on-live",
        "wanted_on": entry["state"].startswith("on-"),
        "built": "off",
        "updating": False,
        "network": "envproxy",
        "build_id": "",
        "log": [],
        "created_at": created,
        "updated_at": last_used,
        "last_built_at": last_used,
        "last_connection_at": last_used,
    }
