# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""simulator.json: read and checked once, at start. Its keys are explained in README.md."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import entry

TOP_KEYS = (
    "state_path",
    "ca_path",
    "certificates_dir",
    "listeners",
    "control_port",
    "charts_dir",
    "clusters",
    "primary",
    "database",
    "satellites",
    "users",
    "providers",
    "settings",
)
PROVIDER_KEYS = ("name", "cluster", "namespace", "release", "envproxy_access_url", "envproxy_token")
WORKSPACE_STATES = ("on-live", "on-idle", "off", "broken")

DEFAULT_SETTINGS: dict[str, Any] = {
    "token_source": "secret",
    "build_seconds": 0.5,
    "build_deadline_seconds": 60,
    "access_check_seconds": 1,
    "clock_offset_seconds": 0,
    "agent_connected": True,
    "cordoned_status": "ready",
}


class ConfigError(ValueError):
    """The text names the key."""


@dataclass(frozen=True)
class Config:
    state_path: Path
    ca_path: Path
    certificates_dir: Path
    listeners: dict[str, int]
    control_port: int
    charts_dir: Path
    clusters: dict[str, dict]
    primary: dict
    database: dict
    satellites: dict[str, dict]
    users: list[dict]
    providers: list[dict]
    settings: dict[str, Any]

    def url(self, listener: str) -> str:
        return f"https://127.0.0.1:{self.listeners[listener]}"


def load(path: Path) -> Config:
    try:
        raw = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: {error}") from error
    check(raw)
    paths = {key: Path(raw[key]) for key in ("state_path", "ca_path", "certificates_dir", "charts_dir")}
    settings = check_settings({**DEFAULT_SETTINGS, **raw["settings"]})
    return Config(**{**{key: raw[key] for key in TOP_KEYS}, **paths, "settings": settings})


def check(raw: dict) -> None:
    """Raises ConfigError naming the first key that is missing or refers to nothing."""
    _demand(raw, TOP_KEYS, "simulator.json")
    _demand(raw["primary"], ("cluster", "namespace"), "primary")
    _known(raw["primary"]["cluster"], raw["clusters"], "primary.cluster")
    _known(raw["primary"].get("entry", entry.RELEASE), (entry.RELEASE, entry.CUSTOM), "primary.entry")
    _demand(raw["database"], ("sockets", "port", "password_path"), "database")
    for name, cluster in raw["clusters"].items():
        _demand(cluster, ("admin_kubeconfig", "context"), f"clusters.{name}")
    for listener in raw["listeners"]:
        kind, _unused, name = listener.partition("/")
        if kind == "satellite":
            _known(name, raw["satellites"], f"listeners.{listener}")
        elif kind == "envproxy":
            _known(name, {provider.get("name") for provider in raw["providers"]}, f"listeners.{listener}")
        elif listener != "primary":
            raise ConfigError(f"listeners.{listener}: must be primary, satellite/<name> or envproxy/<provider>")
    _known("primary", raw["listeners"], "listeners")
    for name, satellite in raw["satellites"].items():
        _demand(satellite, ("url",), f"satellites.{name}")
        _known(f"satellite/{name}", raw["listeners"], f"satellites.{name}")
    for user in raw["users"]:
        _demand(user, ("token", "username", "roles"), "users")
    for provider in raw["providers"]:
        where = f"providers.{provider.get('name')}"
        _demand(provider, PROVIDER_KEYS, where)
        _known(provider["cluster"], raw["clusters"], f"{where}.cluster")
        for workspace in provider.get("workspaces", []):
            check_workspace(workspace, f"{where}.workspaces")


def check_workspace(workspace: dict, where: str) -> None:
    _demand(workspace, ("name", "user", "state"), where)
    _known(workspace["state"], WORKSPACE_STATES, f"{where}.{workspace['name']}.state")


def check_settings(settings: dict) -> dict:
    for key, value in settings.items():
        _known(key, DEFAULT_SETTINGS, "settings")
        if key == "token_source":
            _known(value, ("secret", "pod"), "settings.token_source")
        elif key == "cordoned_status":
            if not isinstance(value, str) or not value:
                raise ConfigError(f"settings.{key}: {value!r} is no status")
        elif isinstance(DEFAULT_SETTINGS[key], bool) != isinstance(value, bool) or not isinstance(value, int | float):
            raise ConfigError(f"settings.{key}: {value!r} is not usable")
    return settings


def _demand(mapping: dict, keys: tuple[str, ...], where: str) -> None:
    missing = [key for key in keys if key not in mapping]
    if missing:
        raise ConfigError(f"{where}: {', '.join(missing)} is missing")


def _known(name: str, names: Any, where: str) -> None:
    if name not in names:
        raise ConfigError(f"{where}: {name!r} is none of {', '.join(map(str, names)) or 'nothing'}")
