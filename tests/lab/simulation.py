# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated Coder's configuration, process and control API, as the lab uses them. See ``simulator/README.md``."""

from __future__ import annotations

import json
import secrets
import sys
import threading
from pathlib import Path

import requests

from . import clusters, database, files, primaries, processes
from .errors import LabError
from .layout import NAMESPACE, PRIMARY, PRIMARY_RELEASE, PROVIDER_RELEASE, Layout, listeners
from .simulator import entry
from .waiting import until

PROCESS = "simulator"
CLOUD = "cloud"
TESTS = Path(__file__).resolve().parents[1]
WORKSPACES = (
    ("live", "ana", "on-live"),
    ("idle", "ben", "on-idle"),
    ("off", "cem", "off"),
    ("broken", "dora", "broken"),
)


def config_path(state: Path) -> Path:
    """The simulator's configuration."""
    return state / "simulator.json"


def ca_path(state: Path) -> Path:
    """The CA that all the simulator's certificates come from."""
    return state / "ca.pem"


def certificates_dir(state: Path) -> Path:
    """That CA with its key, and the certificates of the listeners."""
    return state / "certificates"


def broken_workspace(provider: str) -> str:
    """Name of the provider's workspace whose image cannot be built."""
    return f"{provider}-broken"


def write_config(layout: Layout) -> dict:
    """Write simulator.json with fresh tokens, and answer its content (secret)."""
    state = layout.state
    users = (("operator", "site-manager", False), ("member", "site-member", False), ("gone", "site-manager", True))
    content = {
        "state_path": str(state / "simulator-state.json"),
        "ca_path": str(ca_path(state)),
        "certificates_dir": str(certificates_dir(state)),
        "listeners": {name: layout.ports[f"listener/{name}"] for name in listeners(layout.regions)},
        "control_port": layout.ports["control"],
        "charts_dir": str(state / "charts"),
        "clusters": {
            cluster: {"admin_kubeconfig": str(layout.kubeconfig(cluster, "admin")), "context": cluster}
            for cluster in layout.clusters
        },
        "primary": primary(layout),
        "database": {
            "sockets": layout.sockets,
            "port": layout.ports[database.PROCESS],
            "password_path": str(database.password_path(state)),
        },
        "satellites": {region: {"url": layout.listener_url(f"satellite/{region}")} for region in layout.regions},
        "users": [
            {"token": secrets.token_urlsafe(24), "username": name, "roles": [role], "expired": expired}
            for name, role, expired in users
        ],
        "providers": [*(_provider(layout, provider) for provider in layout.providers), *built_in(layout)],
        "settings": {},
    }
    files.write_json(config_path(state), content)
    return content


def primary(layout: Layout) -> dict:
    """What the simulator must know of the main deployment (pure)."""
    found: dict = {"cluster": PRIMARY, "namespace": NAMESPACE}
    if layout.primary == primaries.NEW:
        return found
    return found | {"entry": entry.CUSTOM if layout.primary == primaries.CUSTOM else entry.RELEASE}


def built_in(layout: Layout) -> list[dict]:
    """The provider in the main deployment's own namespace, behind the main chart's envproxy; none in a lab by default."""
    if layout.primary == primaries.NEW:
        return []
    workspaces = [
        {"name": f"{primaries.BUILT_IN}-{suffix}", "user": user, "state": state}
        for suffix, user, state in primaries.BUILT_IN_WORKSPACES
    ]
    return [
        {
            "name": primaries.BUILT_IN,
            "cluster": PRIMARY,
            "namespace": NAMESPACE,
            "release": PRIMARY_RELEASE,
            "envproxy_access_url": f"{layout.coder_url}/proxy",
            "envproxy_token": secrets.token_urlsafe(24),
            "built_in": True,
            "needs_envproxy": True,
            "devurl_host": primaries.DEVURLS_HOST,
            "workspaces": workspaces,
        }
    ]


def _provider(layout: Layout, provider: str) -> dict:
    return {
        "name": provider,
        "cluster": provider,
        "namespace": NAMESPACE,
        "release": PROVIDER_RELEASE,
        "envproxy_access_url": layout.listener_url(f"envproxy/{provider}"),
        "envproxy_token": secrets.token_urlsafe(24),
        "built_in": False,
        "workspaces": [
            {"name": f"{provider}-{suffix}", "user": user, "state": state} for suffix, user, state in WORKSPACES
        ],
    }


def token(state: Path, username: str) -> str:
    """A user's session token (secret)."""
    users = json.loads(config_path(state).read_text())["users"]
    return next(user["token"] for user in users if user["username"] == username)


def run(layout: Layout, stop: threading.Event) -> None:
    """Start the simulator and the cloud unless they run, and wait for the simulator."""
    running = processes.find(layout.state)
    path = {"PYTHONPATH": str(TESTS), "PYTHONUNBUFFERED": "1"}
    if PROCESS not in running:
        command = [sys.executable, "-m", "lab.simulator", "--config", config_path(layout.state)]
        processes.start(layout.state, PROCESS, command, path)
    if CLOUD not in running:
        kubeconfigs = [layout.kubeconfig(cluster, "admin") for cluster in layout.clusters]
        processes.start(layout.state, CLOUD, [sys.executable, "-m", "lab.cloud", *kubeconfigs], path)

    def look() -> bool:
        clusters.must_run(layout, PROCESS)
        try:
            return _session().get(f"{layout.control_url}/health", timeout=5).ok
        except requests.RequestException:
            return False

    until("simulated Coder ready", look, stop, 30)


def control(layout: Layout, method: str, path: str, body: object = None, seconds: float = 30.0):
    """One call of the control API; answers its JSON."""
    url = layout.control_url + path
    try:
        answer = _session().request(method, url, json=body, timeout=seconds)
    except requests.RequestException as error:
        raise LabError(
            f"{method} {url}: {error}. Log: {processes.log_path(layout.state, PROCESS)}. "
            f"Is the lab running? `python -m lab status --state {layout.state}`"
        ) from error
    if not answer.ok:
        raise LabError(f"{method} {url}: {answer.status_code} {answer.text[:500]}")
    return answer.json()


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False  # no proxy between the lab and itself
    return session
