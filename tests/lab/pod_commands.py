# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``kubectl exec`` finds in the pods of the main deployment's namespace (pure).

kwok runs the command on this machine, whatever image the pod has. In the database's own pod PostgreSQL's programs are at
hand and find the server by its socket, in others they find none. kwok looks for the program by its own PATH (``path``), and
takes pods by their names only: so what must not run is told by its container.
"""

from __future__ import annotations

from .layout import NAMESPACE, Layout

DATABASE_POD = "timescale-0"
#: Containers of the charts without PostgreSQL's programs.
WITHOUT = ("cemanager", "coderd", "dashboard", "envproxy", "nginx-ingress-controller", "dev")


def path(programs: str) -> str:
    """PATH of kwok and of every command."""
    return f"{programs}:/usr/local/bin:/usr/bin:/bin"


def targets(layout: Layout, programs: str, folder: str) -> list[dict]:
    """kwok's configuration of it. ``folder``: where commands begin."""
    found = {"PATH": path(programs)}
    server = {"PGHOST": layout.sockets, "PGPORT": str(layout.ports["database"])}
    return [
        _target("database", {"matchNames": [DATABASE_POD]}, [{"local": _local(found | server, folder)}]),
        _target("client", {}, [{"containers": list(WITHOUT)}, {"local": _local(found, folder)}]),
    ]


def _target(name: str, selector: dict, execs: list[dict]) -> dict:
    return {
        "apiVersion": "kwok.x-k8s.io/v1alpha1",
        "kind": "ClusterExec",
        "metadata": {"name": name},
        "spec": {"selector": {"matchNamespaces": [NAMESPACE], **selector}, "execs": execs},
    }


def _local(environment: dict[str, str], folder: str) -> dict:
    return {"workDir": folder, "envs": [{"name": name, "value": value} for name, value in environment.items()]}
