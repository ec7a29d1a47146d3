# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Coder's API: the only place that knows its paths, verbs and names. Private to this collection.

Answers are plain dicts that hold the fields named here and nothing else: until 1.26 Coder put secrets into provider
answers. "inferred" marks a request that nothing public shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from ansible_collections.coder.classic.plugins.module_utils._coder.transport import VERSION, Transport
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

PROVIDER_CONFIG = ("cluster_address", "default_namespace", "storage_class", "cluster_domain_suffix", "ssh_enabled")
# status_message is inferred: Coder has a message for the status "error"; its name on the wire is not public.
PROVIDER = (
    "id",
    "name",
    "status",
    "status_message",
    "built_in",
    "envproxy_access_url",
    "devurl_host",
    "org_whitelist",
    "enable_net_v2",
)
CREATED_PROVIDER = ("id", "name", "status", "envproxy_token")
SATELLITE = ("id", "name", "fingerprint")
USER = ("id", "username", "roles")
WORKSPACE_STAT = ("time", "last_online", "container_status", "stat_error")
WORKSPACE = (
    "id",
    "name",
    "image_id",
    "image_tag",
    "organization_id",
    "user_id",
    "last_built_at",
    "cpu_cores",
    "memory_gb",
    "disk_gb",
    "gpus",
    "updating",
    "rebuild_messages",
    "created_at",
    "updated_at",
    "last_opened_at",
    "last_connection_at",
    "auto_off_threshold",
    "use_container_vm",
    "resource_pool_id",
)

_PROVIDERS = "/api/private/resource-pools"
_SATELLITES = "/api/private/satellites"
_WORKSPACES = "/api/v0/workspaces"


class Coder:
    """The calls of one deployment. Each raises ClassicError as Transport does, and ``not_json`` for a strange shape."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def version(self) -> str | None:
        """The header ``coder-version``, for example ``1.21.7``; None when it is not told. Asked for where no answer had it."""
        return self.transport.version or self.transport.get_header("/api", VERSION)

    def server_time(self, *, anew: bool = False) -> datetime:
        """Coder's clock (UTC, whole seconds): the newest Date header; asks for one when there was no answer yet, or anew."""
        if anew or self.transport.date is None:
            self.transport.get_header("/api", VERSION)
        if self.transport.date is None:
            raise ClassicError(
                "Coder's answers carry no Date header",
                code="invalid",
                where=self.transport.url,
                why="builds and connections can only be dated by Coder's own clock",
                untouched="nothing was changed",
                next_step="look whether a proxy in front of Coder drops the Date header",
            )
        return self.transport.date

    def me(self) -> dict[str, Any]:
        """The token's user: ``{id, username, roles}``."""
        return _only(USER, self._mapping("/api/v0/users/me"))

    def providers(self) -> list[dict[str, Any]]:
        """All workspace providers, Coder's order."""
        answer = self.transport.get(_PROVIDERS)
        # Before 1.17 the list was bare.
        pools = answer.get("kubernetes") if isinstance(answer, dict) else answer
        return [_provider(pool) for pool in self._rows(_PROVIDERS, pools)]

    def provider(self, provider_id: str) -> dict[str, Any]:
        return self.provider_and_config(provider_id)[0]

    def provider_and_config(self, provider_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """The provider, and its config with what is not known here too: to be sent back, never to be shown."""
        answer = self._mapping(_one(_PROVIDERS, provider_id))
        return _provider(answer), answer.get("config") or {}

    def create_provider(self, name: str, hostname: str, cluster_address: str) -> dict[str, Any]:
        """``{id, name, status, envproxy_token}``: the token is a secret that Coder tells only here."""
        body = {"name": name, "type": "kubernetes", "hostname": hostname, "cluster_address": cluster_address}
        return _only(CREATED_PROVIDER, self._shape(_PROVIDERS, self.transport.send("POST", _PROVIDERS, body)))

    def update_provider(self, provider_id: str, fields: Mapping[str, Any]) -> None:
        """Change the named fields. Renaming is public; the others are inferred from it and from the UI's form."""
        self.transport.send("PATCH", _one(_PROVIDERS, provider_id), dict(fields))

    def delete_provider(self, provider_id: str) -> None:
        self.transport.send("DELETE", _one(_PROVIDERS, provider_id))

    def cordon(self, provider_id: str, reason: str) -> None:
        """No new workspaces are placed there. No answer of Coder tells later whether this is so."""
        self.transport.send("POST", _one(_PROVIDERS, provider_id) + "/cordon", {"reason": reason})

    def uncordon(self, provider_id: str) -> None:
        self.transport.send("POST", _one(_PROVIDERS, provider_id) + "/uncordon")

    def provider_workspaces(self, provider_id: str) -> list[dict[str, Any]]:
        path = _one(_PROVIDERS, provider_id) + "/workspaces"
        return [_workspace(row) for row in self._rows(path, self.transport.get(path))]

    def workspaces(self) -> list[dict[str, Any]]:
        return [_workspace(row) for row in self._rows(_WORKSPACES, self.transport.get(_WORKSPACES))]

    def workspace(self, workspace_id: str) -> dict[str, Any]:
        return _workspace(self._mapping(_one(_WORKSPACES, workspace_id)))

    def rebuild(self, workspace_id: str) -> None:
        """Ask for a rebuild with unchanged parameters (seen in the CLI: all of them null)."""
        unchanged = ("image_id", "image_tag", "cpu_cores", "memory_gb", "disk_gb", "gpus", "template_id")
        self.transport.send("PATCH", _one(_WORKSPACES, workspace_id), dict.fromkeys(unchanged))

    def stop(self, workspace_id: str) -> None:
        self.transport.send("PUT", _one(_WORKSPACES, workspace_id) + "/stop")

    def satellites(self) -> list[dict[str, Any]]:
        """``{id, name, fingerprint}`` of each; from 1.21 on."""
        answer = self._mapping(_SATELLITES)
        # Go writes an empty list that was never filled as null.
        return [_only(SATELLITE, row) for row in self._rows(_SATELLITES, answer.get("data") or [])]

    def create_satellite(self, name: str, public_key: str) -> dict[str, Any]:
        answer = self.transport.send("POST", _SATELLITES, {"name": name, "public_key": public_key})
        return _only(SATELLITE, self._shape(_SATELLITES, self._shape(_SATELLITES, answer).get("data")))

    def delete_satellite(self, satellite_id: str) -> None:
        self.transport.send("DELETE", _one(_SATELLITES, satellite_id))

    def _mapping(self, path: str) -> dict[str, Any]:
        return self._shape(path, self.transport.get(path))

    def _shape(self, path: str, answer: Any) -> dict[str, Any]:
        if not isinstance(answer, dict):
            raise self._strange(path)
        return answer

    def _rows(self, path: str, answer: Any) -> list[dict[str, Any]]:
        if answer is None:
            return []
        if not isinstance(answer, list) or not all(isinstance(row, dict) for row in answer):
            raise self._strange(path)
        return answer

    def _strange(self, path: str) -> ClassicError:
        return ClassicError(
            "The answer is JSON, but not of the shape that Coder has here",
            code="not_json",
            where=self.transport.url + path,
            next_step="check that the URL is Coder's own and that no proxy answers in its place",
        )


def coder_from_params(params: Mapping[str, Any]) -> Coder:
    """A client from the options of the doc fragment coder_auth."""
    return Coder(
        Transport(
            params["url"],
            params["token"],
            ca_path=params["ca_path"],
            timeout=params["timeout"],
            proxy_authorization=params["proxy_authorization"],
        )
    )


def _one(collection: str, identifier: str) -> str:
    return f"{collection}/{quote(identifier, safe='')}"


def _only(fields: tuple[str, ...], answer: Mapping[str, Any]) -> dict[str, Any]:
    return {field: answer[field] for field in fields if field in answer}


def _provider(answer: Mapping[str, Any]) -> dict[str, Any]:
    config = answer.get("config")
    nested = {"config": _only(PROVIDER_CONFIG, config)} if isinstance(config, dict) else {}
    return {**_only(PROVIDER, answer), **nested}


def _workspace(answer: Mapping[str, Any]) -> dict[str, Any]:
    stat = answer.get("latest_stat")
    return {**_only(WORKSPACE, answer), "latest_stat": _only(WORKSPACE_STAT, stat) if isinstance(stat, dict) else {}}
