# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Observations of a healthy region in each phase of its life, to be spoilt by the tests."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._region.judge.phase import PHASES
from ansible_collections.coder.classic.plugins.module_utils._region.observe import observation

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SWITCHED_AT, IDLE_SINCE = "2026-03-02T10:00:00Z", "2026-03-02T11:30:00Z"
BEFORE, AFTER, LATE = "2026-03-01T08:00:00Z", "2026-03-02T10:30:00Z", "2026-03-02T11:45:00Z"
NAMES = (
    ("ServiceAccount", "coder"),
    ("Role", "coder"),
    ("RoleBinding", "coder"),
    ("ServiceAccount", "prov-environments"),
)

WANTED = {
    "region": "sydney",
    "provider": "sydney-1",
    "release": "prov",
    "namespace": "coder",
    "cluster_uid": "uid-1",
    "satellite": {
        "name": "sydney",
        "url": "https://sydney.coder.test",
        "ca_path": None,
        "authorization": None,
        "namespace": "coder-satellite",
        "release": "coder-satellite",
        "kubeconfig": None,
        "context": "sydney-1",
        "cluster_uid": "uid-1",
        "expected_fingerprint": None,
        "chart_version": "1.21.7",
        "chart_ref": "coder",
        "chart_repo_url": None,
        "values_file": None,
        "values": {"coderd": {}},
        "values_sha256": None,
        "ready_timeout": 600,
    },
    "other_providers": [],
    "primary": None,
    "leave_workspaces": [],
    "canary": None,
    "chart_ref": "workspace-provider",
    "chart_repo_url": None,
    "chart_version": None,
    "pinned_images": "auto",
    "confirm_rebuild": [],
    "confirm_retire": [],
    "allow_resets": [],
    "gitops_suspended": [],
    "lock_takeover": [],
    "consent_in_use": False,
    "consent_retire": False,
    "consent_resets": False,
    "consent_takeover": False,
    "gitops_is_suspended": False,
    "cordoned_by_this_run": False,
    "wait_for_idle_minutes": 0,
    "idle_minutes": 60,
    "soak_seconds": 600,
    "drain_timeout": 14700,
    "envproxy_timeout": 600,
    "uninstall_timeout": 900,
    "parallel": 5,
    "max_failures": 0,
    "build_timeout": 1200,
    "deadline": 14400,
    "cordon_reason": "maintenance",
    "external_connect": None,
    "backup_dir": "/backups",
    "allow_old_satellite_fixes": False,
    "candidate_chart": None,
    "helm_binary": "helm",
    "url": "https://coder.test",
    "ca_path": None,
    "timeout": 10,
    "run": None,
}


def workspace(name: str, built: str | None = BEFORE, **more: Any) -> dict[str, Any]:
    status = more.pop("status", "ON")
    row = {"id": f"id-{name}", "name": name, "last_built_at": built, "updating": False, "last_connection_at": BEFORE}
    return {**row, "latest_stat": {"container_status": status}, **more}


def provider(name: str = "sydney-1", **more: Any) -> dict[str, Any]:
    return {"id": f"id-{name}", "name": name, "status": "ready", "status_message": "", "enable_net_v2": False, **more}


def access() -> list[dict[str, Any]]:
    return [
        {"kind": kind, "name": name, "live": True, "uid": f"{kind}-{name}", "owner": "prov"} for kind, name in NAMES
    ]


def release(**more: Any) -> dict[str, Any]:
    staying = [{**row, "reason": "access", "kept": False, "hand_kept": False, "tools": []} for row in access()]
    return {
        "name": "prov",
        "namespace": "coder",
        "revision": 3,
        "status": "deployed",
        "chart": "workspace-provider",
        "chart_version": "1.21.3",
        "app_version": "1.21.3",
        "updated": BEFORE,
        "description": "Upgrade complete",
        "record_bytes": 40_000,
        "interrupted_sealing": False,
        "removed_apis": [],
        "must_stay": staying,
        **more,
    }


def candidate(name: str, namespace: str = "coder", chart: str = "workspace-provider") -> dict[str, Any]:
    return {"name": name, "namespace": namespace, "chart": chart, "status": "deployed"}


def scene(phase: str) -> dict[str, Any]:
    """A fresh observation of a healthy region in this phase (one workspace off, one on and idle)."""
    reached = PHASES.index(phase)
    seen = _envproxy()
    steps = (None, _satellite_up, _registered, _switched, _moved, _sealed, _idle, _retired)
    for step in steps[1 : reached + 1]:
        step(seen)
    return seen


def _envproxy() -> dict[str, Any]:
    coder = {
        **observation.coder("https://coder.test"),
        "version": "1.21.7",
        "user": {"id": "u", "username": "ops", "roles": ["site-manager"]},
        "server_time": NOW,
        "skew_seconds": 1.0,
        "providers": [provider(), provider("frankfurt-1", status="error")],
        "satellites": [],
        "workspaces": [workspace("ana"), workspace("off", status="OFF")],
        "key": {"key": "PRIMARY", "fingerprint": "p:p"},
    }
    cluster = {
        **observation.cluster("context sydney-1 (https://k8s.test)"),
        "url": "https://k8s.test",
        "uid": "uid-1",
        "version": "v1.21.14",
        "release_seen": True,
        "release": release(),
        "access": access(),
        "envproxy": {
            "exists": True,
            "replicas": 2,
            "ready": 2,
            "manifest_replicas": 2,
            "tools": [],
            "pods": 2,
            "terminating": [],
        },
        "token_secret": True,
        "record_seen": True,
    }
    satellite = {
        **observation.satellite("context sydney-1 (https://k8s.test)"),
        "uid": "uid-1",
        "release_seen": True,
        "ready": False,
        "foreign": [],
        "served_problem": failure("unreachable", why="Connection refused"),
    }
    wanted = copy.deepcopy(WANTED)
    return {
        "wanted": wanted,
        "coder": coder,
        "cluster": cluster,
        "satellite": satellite,
        "primary": None,
        "backups": None,
    }


def failure(code: str, *, why: str = "because") -> dict[str, Any]:
    return {
        "code": code,
        "message": f"It is {code}",
        "where": "GET /somewhere",
        "why": why,
        "untouched": "all",
        "next": "do",
    }


def _satellite_up(seen: dict[str, Any]) -> None:
    seen["satellite"].update(
        release={"revision": 1, "status": "deployed", "chart_version": "1.21.7", "values_sha256": "0"},
        ready=True,
        public_key="SYDNEY",
        served={"key": "SYDNEY", "fingerprint": "s:s"},
        served_problem=None,
        same_key=True,
        version="1.21.7",
        namespace_exists=True,
        mark="coder-satellite",
        backed_up=False,
    )


def _registered(seen: dict[str, Any]) -> None:
    seen["coder"]["satellites"] = [{"id": "s1", "name": "sydney", "fingerprint": "s:s"}]
    seen["satellite"]["backed_up"] = True


def _switched(seen: dict[str, Any]) -> None:
    seen["coder"]["providers"][0]["enable_net_v2"] = True
    record(seen, switched_at=SWITCHED_AT)


def _moved(seen: dict[str, Any]) -> None:
    rebuilt(seen, AFTER)
    record(seen, connected_at=AFTER)


def _sealed(seen: dict[str, Any]) -> None:
    for row in seen["cluster"]["release"]["must_stay"]:
        row["kept"] = True


def _idle(seen: dict[str, Any]) -> None:
    seen["cluster"]["envproxy"].update(replicas=0, ready=0, pods=0)
    record(seen, idle_since=IDLE_SINCE, envproxy_replicas=2)
    seen["coder"]["workspaces"][1]["last_built_at"] = LATE


def _retired(seen: dict[str, Any]) -> None:
    uids = {f"{row['kind']}/{row['name']}": row["uid"] for row in access()}
    seen["cluster"].update(release=None, recorded=dict(uids))
    seen["cluster"]["envproxy"].update(exists=False, manifest_replicas=None)
    record(seen, kept_uids=uids, retired_at=LATE)


def record(seen: dict[str, Any], **values: Any) -> None:
    seen["cluster"]["record"] = {**seen["cluster"]["record"], **values}


def rebuilt(seen: dict[str, Any], when: str) -> None:
    for row in seen["coder"]["workspaces"]:
        row["last_built_at"] = when
