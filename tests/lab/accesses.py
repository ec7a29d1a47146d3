# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways to be the operator of one of the lab's clusters, as kubectl takes them; some of them lead nowhere."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path
from typing import NamedTuple

import yaml

from . import clusters, files, kube
from .cluster_files import IMPERSONATOR, OPERATOR
from .layout import Layout

#: What the credential plugin that fails says on standard error.
LOGIN_EXPIRED = "the login has expired: run cloud-login first"
#: As Amazon's command line names contexts.
ARN = "arn:aws:eks:eu-central-1:123456789012:cluster/{cluster}"
#: Those with which kubectl fails or hangs. It reaches the cluster with the others, and has the operator's rights.
BROKEN = ("exec-fails", "exec-hangs", "exec-missing", "line-break")
ACCOUNT_SECONDS = 24 * 3600


class Access(NamedTuple):
    """One way to reach a cluster (secret). Either ``kubeconfig`` and ``context``, or the three others.

    ``kubeconfig`` is a value of KUBECONFIG: one path, or several with ``:`` between them.
    """

    kubeconfig: str | None
    context: str | None
    host: str | None = None
    api_key: str | None = None
    ca_cert: str | None = None

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead kubectl, and kubernetes.core where there is no file, to that cluster."""
        if self.kubeconfig:
            return {"KUBECONFIG": self.kubeconfig}
        return {
            "K8S_AUTH_HOST": self.host or "",
            "K8S_AUTH_API_KEY": self.api_key or "",
            "K8S_AUTH_SSL_CA_CERT": self.ca_cert or "",
        }


def write(layout: Layout, cluster: str) -> dict[str, Access]:
    """Write every kind into ``<state>/accesses/<cluster>/``, mode 0600, in place of an earlier call's.

    ``relative-ca`` (certificate-authority beside the file), ``exec`` (a credential plugin), ``exec-fails``,
    ``exec-hangs``, ``exec-missing``, ``impersonation`` (``as: operator`` by a user that may do nothing else),
    ``line-break`` (after the token), ``merged`` (cluster and context in one file, user in another), ``arn`` (a context
    with colons and a slash in its name), ``service-account`` (host, api_key and ca_cert, no file).
    """
    folder = layout.state / "accesses" / cluster
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    content = yaml.safe_load(layout.kubeconfig(cluster, OPERATOR).read_text())
    token = content["users"][0]["user"]["token"]
    impersonator = yaml.safe_load(layout.kubeconfig(cluster, IMPERSONATOR).read_text())["users"][0]["user"]
    authority = layout.folder(cluster) / "ca.pem"
    files.write(folder / "authority.pem", authority.read_text())
    users = {
        "exec": _plugin(folder / "credential-plugin", f"cat <<'END'\n{_credential(token)}\nEND"),
        "exec-fails": _plugin(folder / "failing-plugin", f"echo {shlex.quote(LOGIN_EXPIRED)} >&2\nexit 1"),
        "exec-hangs": _plugin(folder / "hanging-plugin", "exec sleep 1000000"),
        "exec-missing": _exec(folder / "missing-plugin"),
        "impersonation": impersonator | {"as": OPERATOR},
        "line-break": {"token": f"{token}\n"},
    }
    contents = {kind: _with(content, user=user) for kind, user in users.items()}
    contents["relative-ca"] = _with(content, cluster={"certificate-authority": "authority.pem"})
    contents["arn"] = _renamed(content, ARN.format(cluster=cluster))
    found = {kind: _file(folder, kind, one) for kind, one in contents.items()}
    halves = [
        _file(folder, "merged-cluster", content | {"users": []}),
        _file(folder, "merged-user", _only_user(content)),
    ]
    found["merged"] = Access(os.pathsep.join(str(half.kubeconfig) for half in halves), cluster)
    account = service_account_token(layout, cluster)
    found["service-account"] = Access(None, None, layout.server(cluster), account, str(authority))
    return found


def pod(layout: Layout, cluster: str) -> list[str]:
    """What starts a command where the files of a pod of that cluster are mounted (secret), for this command only.

    KUBERNETES_SERVICE_HOST and _PORT are the caller's. Needs a kernel that lets users make namespaces.
    """
    folder = layout.state / "accesses" / cluster / "pod"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    files.write(folder / "token", service_account_token(layout, cluster))
    files.write(folder / "ca.crt", (layout.folder(cluster) / "ca.pem").read_text())
    files.write(folder / "namespace", "default")
    script = (
        "mount -t tmpfs pod /var/run && mkdir -p /var/run/secrets/kubernetes.io "
        '&& cp -r "$0" /var/run/secrets/kubernetes.io/serviceaccount && exec "$@"'
    )
    return ["unshare", "--map-root-user", "--mount", "sh", "-c", script, str(folder)]


def service_account_token(layout: Layout, cluster: str) -> str:
    """A token (secret) of the ServiceAccount that has the operator's rights, good for a day."""
    client = kube.connect(layout.kubeconfig(cluster, "admin"))
    path = f"/api/v1/namespaces/{clusters.ACCOUNT_NAMESPACE}/serviceaccounts/{clusters.ACCOUNT}/token"
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest"}
    answer = kube.create(client, path, body | {"spec": {"expirationSeconds": ACCOUNT_SECONDS}})
    return answer["status"]["token"]


def _file(folder: Path, name: str, content: dict) -> Access:
    path = folder / f"{name}.kubeconfig"
    files.write(path, yaml.safe_dump(content, sort_keys=False))
    return Access(str(path), content.get("current-context"))


def _with(content: dict, user: dict | None = None, cluster: dict | None = None) -> dict:
    """The kubeconfig with another user, or other settings of its cluster (pure)."""
    (its_cluster,), (its_user,) = content["clusters"], content["users"]
    return content | {
        "clusters": [its_cluster | {"cluster": its_cluster["cluster"] | (cluster or {})}],
        "users": [its_user | {"user": its_user["user"] if user is None else user}],
    }


def _renamed(content: dict, name: str) -> dict:
    """The kubeconfig with another name for its context (pure)."""
    return content | {"current-context": name, "contexts": [content["contexts"][0] | {"name": name}]}


def _only_user(content: dict) -> dict:
    return {key: content[key] for key in ("apiVersion", "kind", "users")}


def _plugin(path: Path, script: str) -> dict:
    """Write the program, and answer the user of a kubeconfig that calls it."""
    files.write(path, f"#!/bin/sh\n{script}\n", 0o700)
    return _exec(path)


def _exec(program: Path) -> dict:
    # Kubernetes 1.21's kubectl knows this version, and today's still does.
    return {"exec": {"apiVersion": "client.authentication.k8s.io/v1beta1", "command": str(program)}}


def _credential(token: str) -> str:
    kind = {"apiVersion": "client.authentication.k8s.io/v1beta1", "kind": "ExecCredential"}
    return json.dumps(kind | {"status": {"token": token}})
