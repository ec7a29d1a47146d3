# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Command lines of one cluster's processes (pure)."""

from __future__ import annotations

from . import pod_commands
from .layout import PRIMARY, Layout

# What the product's charts and the collection's work need. Each further one costs memory in every cluster.
CONTROLLERS = (
    "namespace", "serviceaccount", "serviceaccount-token", "root-ca-cert-publisher", "clusterrole-aggregation",
    "deployment", "replicaset", "statefulset", "job", "garbagecollector", "endpoint", "endpointslice", "disruption",
    "resourcequota", "persistentvolume-binder", "pvc-protection", "pv-protection",
)  # fmt: skip

# In the order of their start.
COMPONENTS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok")


def name(cluster: str, component: str) -> str:
    """Name of a process: "sydney-1/etcd"."""
    return f"{cluster}/{component}"


def command(layout: Layout, cluster: str, component: str) -> list[str]:
    """The command line of one component."""
    arguments = {
        "etcd": _etcd,
        "kube-apiserver": _api_server,
        "kube-controller-manager": _controller_manager,
        "kube-scheduler": _scheduler,
        "kwok": _kwok,
    }[component]
    return [layout.programs[component], *arguments(layout, cluster)]


def environment(layout: Layout, cluster: str, component: str) -> dict[str, str]:
    """What its environment has besides the caller's."""
    if component != "kwok" or cluster != PRIMARY:
        return {}
    return {"PATH": pod_commands.path(layout.programs["postgresql"])}


def _etcd(layout: Layout, cluster: str) -> list[str]:
    peer = f"http://127.0.0.1:{layout.ports[f'{cluster}/etcd-peer']}"
    return [
        f"--name={cluster}",
        f"--data-dir={layout.folder(cluster) / 'etcd'}",
        f"--listen-client-urls={layout.etcd(cluster)}",
        f"--advertise-client-urls={layout.etcd(cluster)}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster={cluster}={peer}",
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]


def _api_server(layout: Layout, cluster: str) -> list[str]:
    folder = layout.folder(cluster)
    return [
        f"--etcd-servers={layout.etcd(cluster)}",
        f"--secure-port={layout.ports[f'{cluster}/kube-apiserver']}",
        "--bind-address=127.0.0.1",
        # Without these two it looks for an address of the machine, and fails where there is no network.
        "--advertise-address=127.0.0.1",
        "--endpoint-reconciler-type=none",
        f"--cert-dir={folder}",
        f"--tls-cert-file={folder / 'server.pem'}",
        f"--tls-private-key-file={folder / 'server.key'}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={folder / 'service-account.key'}",
        f"--service-account-signing-key-file={folder / 'service-account.key'}",
        "--authorization-mode=RBAC",
        f"--token-auth-file={folder / 'tokens.csv'}",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--allow-privileged=true",
        # It taints new nodes as not ready, and without the node lifecycle controller nobody takes that off.
        "--disable-admission-plugins=TaintNodesByCondition",
        f"--audit-policy-file={folder / 'audit-policy.yaml'}",
        f"--audit-log-path={layout.audit_log(cluster)}",
        "--enable-priority-and-fairness=false",
        "--profiling=false",
    ]


def _controller_manager(layout: Layout, cluster: str) -> list[str]:
    folder = layout.folder(cluster)
    return [
        f"--kubeconfig={layout.kubeconfig(cluster, 'kube-controller-manager')}",
        f"--service-account-private-key-file={folder / 'service-account.key'}",
        f"--root-ca-file={folder / 'ca.pem'}",
        f"--controllers={','.join(CONTROLLERS)}",
        "--kube-api-qps=200",
        "--kube-api-burst=400",
        *_alone(layout),
    ]


def _scheduler(layout: Layout, cluster: str) -> list[str]:
    return [f"--kubeconfig={layout.kubeconfig(cluster, 'kube-scheduler')}", *_alone(layout)]


def _kwok(layout: Layout, cluster: str) -> list[str]:
    # For `kubectl exec`, which only the database's cluster needs.
    port = layout.ports[name(PRIMARY, "kwok")]
    serving = [f"--server-address=127.0.0.1:{port}", "--node-ip=127.0.0.1", f"--node-port={port}"]
    return [
        f"--kubeconfig={layout.kubeconfig(cluster, 'kwok')}",
        f"--config={layout.folder(cluster) / 'kwok.yaml'}",
        "--manage-all-nodes=true",
        *(serving if cluster == PRIMARY else []),
    ]


def _alone(layout: Layout) -> list[str]:
    """One instance of each, and nobody asks it anything: no election, no port."""
    # 1.21 has a second, unprotected port on all addresses; later releases have neither it nor its flag.
    old = ["--port=0"] if layout.kubernetes == "1.21" else []
    return ["--leader-elect=false", "--secure-port=0", "--profiling=false", *old]
