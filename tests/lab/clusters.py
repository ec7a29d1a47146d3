# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings one control plane to life, from its files to a node that takes pods."""

from __future__ import annotations

import threading
import time

from . import cloud, cluster_files, files, kube, processes
from .control_plane import COMPONENTS, command, environment, name
from .errors import LabError, Stopped
from .kube import Kube
from .layout import NAMESPACE, Layout
from .waiting import until

START = 120.0  # seconds for an API server; 4 to 9 on an idle machine, and four start on what may be two cores
RBAC = "/apis/rbac.authorization.k8s.io/v1"

NODE = {
    "apiVersion": "v1",
    "kind": "Node",
    "metadata": {
        "name": "node-1",
        "labels": {
            "kubernetes.io/hostname": "node-1",
            "kubernetes.io/os": "linux",
            "kubernetes.io/arch": "amd64",
            # Charts of Coder 1.20's time select on it.
            "beta.kubernetes.io/os": "linux",
        },
    },
}

# What the operator starts with: everything. `kubectl delete clusterrolebinding lab-operator` leaves what RBAC gives else.
OPERATOR_BINDING = {
    "metadata": {"name": "lab-operator"},
    "subjects": [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": cluster_files.OPERATOR}],
    "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
}

# Other ways to be the operator: somebody who acts as it (`as:`), and a ServiceAccount with a token of its own.
IMPERSONATION = {
    "metadata": {"name": "lab-impersonator"},
    "rules": [
        {"apiGroups": [""], "resources": ["users"], "resourceNames": [cluster_files.OPERATOR], "verbs": ["impersonate"]},
        {"apiGroups": [""], "resources": ["groups"], "resourceNames": [cluster_files.OPERATORS],
         "verbs": ["impersonate"]},
    ],
}  # fmt: skip
IMPERSONATION_BINDING = {
    "metadata": {"name": "lab-impersonator"},
    "subjects": [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": cluster_files.IMPERSONATOR}],
    "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "lab-impersonator"},
}
ACCOUNT_NAMESPACE, ACCOUNT = "kube-system", "lab-operator"
ACCOUNT_BINDING = {
    "metadata": {"name": "lab-operator-account"},
    "subjects": [{"kind": "ServiceAccount", "namespace": ACCOUNT_NAMESPACE, "name": ACCOUNT}],
    "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
}


def write_files(layout: Layout, cluster: str, stages: str) -> None:
    """All files of the cluster; ``stages`` is kwok's configuration."""
    cluster_files.write(layout, cluster)
    files.write(layout.folder(cluster) / "kwok.yaml", stages)


def run(layout: Layout, cluster: str, stop: threading.Event) -> None:
    """Start what of the cluster does not run, and wait until its API server is ready."""
    running = processes.find(layout.state)
    for component in COMPONENTS:
        if stop.is_set():
            raise Stopped(f"starting {name(cluster, component)}")
        if name(cluster, component) not in running:
            extra = environment(layout, cluster, component)
            processes.start(layout.state, name(cluster, component), command(layout, cluster, component), extra)
        if component == "kube-apiserver":
            wait_ready(layout, cluster, stop)


def wait_ready(layout: Layout, cluster: str, stop: threading.Event) -> None:
    """Wait for the API server; fails at once, with its last words, when it or its etcd has ended."""
    client = kube.connect(layout.kubeconfig(cluster, "admin"))

    def look() -> bool:
        must_run(layout, name(cluster, "etcd"), name(cluster, "kube-apiserver"))
        return kube.ready(client)

    until(f"API server of cluster {cluster} ready", look, stop, START, explain=lambda: last_words(layout, cluster))


def must_run(layout: Layout, *names: str) -> None:
    """Raise LabError with the end of its log if one of these processes of the lab has ended."""
    ended: list[str] = []
    # A process in the middle of its start has no environment to be found by: look twice.
    for pause in (0.5, 0):
        running = processes.find(layout.state)
        ended = [one for one in names if one not in running]
        if not ended:
            return
        time.sleep(pause)
    log = processes.log_path(layout.state, ended[0])
    raise LabError("\n".join([f"{ended[0]} has ended. The end of {log}:", *_quoted(files.tail(log))]))


def last_words(layout: Layout, cluster: str) -> str:
    """The end of the API server's log."""
    log = processes.log_path(layout.state, name(cluster, "kube-apiserver"))
    return "\n".join([f"The end of {log}:", *_quoted(files.tail(log))])


def furnish(layout: Layout, cluster: str, stop: threading.Event) -> None:
    """A node, storage, the namespace and the operator's rights; waits until pods can be created."""
    client = kube.connect(layout.kubeconfig(cluster, "admin"))
    kube.create(client, "/api/v1/nodes", NODE)
    kube.create(client, "/apis/storage.k8s.io/v1/storageclasses", cloud.STORAGE_CLASS)
    kube.create(client, "/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
    kube.create(client, f"/api/v1/namespaces/{ACCOUNT_NAMESPACE}/serviceaccounts", {"metadata": {"name": ACCOUNT}})
    kube.create(client, f"{RBAC}/clusterroles", IMPERSONATION)
    for binding in (OPERATOR_BINDING, IMPERSONATION_BINDING, ACCOUNT_BINDING):
        kube.create(client, f"{RBAC}/clusterrolebindings", binding)

    def look() -> bool:
        must_run(layout, *(name(cluster, component) for component in COMPONENTS))
        # Pretty, as curl gets it: another serializer, which was broken in 1.21 (pins.toml).
        node = kube.get(client, "/api/v1/nodes/node-1?pretty=true") or {}
        account = kube.get(client, f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/default")
        return account is not None and "allocatable" in node.get("status", {})

    until(f"cluster {cluster} takes pods", look, stop, 60, explain=lambda: last_words(layout, cluster))


def uid(client: Kube) -> str:
    """The cluster's identity: the UID of namespace kube-system."""
    namespace = kube.get(client, "/api/v1/namespaces/kube-system")
    if namespace is None:
        raise LabError(f"{client.server} has no namespace kube-system")
    return namespace["metadata"]["uid"]


def _quoted(lines: list[str]) -> list[str]:
    return [f"  | {line}" for line in lines]
