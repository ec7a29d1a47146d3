# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of one cluster: certificates, keys, users, kubeconfigs, audit policy; made before anything starts."""

from __future__ import annotations

import secrets

import trustme
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from . import files
from .layout import Layout

# The lab's own work, what the collection does, and each component: told apart in the audit log.
OPERATOR = "operator"
# May do nothing but act as the operator.
IMPERSONATOR = "impersonator"
USERS = ("admin", OPERATOR, IMPERSONATOR, "kube-controller-manager", "kube-scheduler", "kwok")
# Nothing stands above RBAC for the operator, so that its rights can be taken away and given one by one.
OPERATORS, MASTERS = "coder-operators", "system:masters"
GROUPS = dict.fromkeys(USERS, MASTERS) | {OPERATOR: OPERATORS, IMPERSONATOR: "lab-impersonators"}

AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [
        {"level": "None", "resources": [{"group": "", "resources": ["events"]}, {"group": "events.k8s.io"}]},
        {"level": "None", "resources": [{"group": "coordination.k8s.io", "resources": ["leases"]}],
         "namespaces": ["kube-system", "kube-node-lease"]},
        # Questions, not writes.
        {"level": "None", "resources": [{"group": "authorization.k8s.io"}, {"group": "authentication.k8s.io"}]},
        {"level": "Metadata", "verbs": ["create", "update", "patch", "delete", "deletecollection"]},
        # No write by itself, and its arguments are read by whoever may read the log.
        {"level": "Metadata", "resources": [{"group": "", "resources": ["pods/exec"]}]},
    ],
}  # fmt: skip


def write(layout: Layout, cluster: str) -> None:
    """Make the cluster's folder. Every cluster has a CA and a ServiceAccount key of its own."""
    folder = layout.folder(cluster)
    folder.mkdir(parents=True, mode=0o700)
    authority = trustme.CA(organization_name=f"coder.classic lab, cluster {cluster}")
    server = authority.issue_cert("127.0.0.1", "localhost", "kubernetes.default.svc")
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    files.write(folder / "server.key", server.private_key_pem.bytes().decode())
    files.write(folder / "server.pem", "".join(pem.bytes().decode() for pem in server.cert_chain_pems))
    files.write(folder / "service-account.key", _private_key())
    files.write(folder / "audit-policy.yaml", yaml.safe_dump(AUDIT_POLICY))
    tokens = {user: secrets.token_urlsafe(24) for user in USERS}
    files.write(folder / "tokens.csv", "".join(f'{tokens[user]},{user},{user},"{GROUPS[user]}"\n' for user in USERS))
    for user in USERS:
        files.write(layout.kubeconfig(cluster, user), _kubeconfig(layout, cluster, user, tokens[user]))


def _private_key() -> str:
    return (
        ec.generate_private_key(ec.SECP256R1())
        .private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
        .decode()
    )


def _kubeconfig(layout: Layout, cluster: str, user: str, token: str) -> str:
    authority = str(layout.folder(cluster) / "ca.pem")
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": cluster,
        "clusters": [
            {"name": cluster, "cluster": {"server": layout.server(cluster), "certificate-authority": authority}}
        ],
        "users": [{"name": user, "user": {"token": token}}],
        "contexts": [{"name": cluster, "context": {"cluster": cluster, "user": user}}],
    }
    return yaml.safe_dump(content, sort_keys=False)
