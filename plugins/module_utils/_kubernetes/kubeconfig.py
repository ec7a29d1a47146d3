# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One access to a cluster, resolved once: from options and environment to one complete kubeconfig, which our client and helm
both get. The rule is that of doc_fragments/cluster_auth.py. Private to this collection.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import (
    access_choice,
    api_server,
    credentials,
    kubeconfig_files,
)
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.kubeconfig_entry import Entry, unusable

SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
SECONDS_BETWEEN_TRIES = 10.0


@dataclass(frozen=True)
class Access:
    """config: a kubeconfig (secret!) with one context, cluster and user, which refers to no other file that must be there.

    source: who said it, for a person. expires: when the credential of a plugin ends. renew asks for the credential anew,
    to be done by current from renew_at on.
    """

    config: dict[str, Any] = field(repr=False)
    context: str
    server: str
    source: str
    expires: datetime | None = None
    renew_at: float | None = None
    renew: Callable[[], credentials.Credential] | None = field(default=None, repr=False, compare=False)

    @property
    def cluster(self) -> dict[str, Any]:
        return self.config["clusters"][0]["cluster"]

    @property
    def user(self) -> dict[str, Any]:
        return self.config["users"][0]["user"]

    @property
    def secrets(self) -> list[str]:
        """What may be in no message."""
        fields = ("token", "password", "client-key-data")
        proxy = urlsplit(self.cluster.get("proxy-url") or "").password
        # The header holds user name and password in base64.
        sent = (credentials.authorization(self.user) or "").rpartition(" ")[2]
        return [secret for secret in (*(self.user.get(name) for name in fields), proxy, sent) if secret]


def resolve(params: Mapping[str, Any], environment: Mapping[str, str]) -> Access:
    """The access that options like those of _arguments.CLUSTER_AUTH and the environment say; params may lack any key.

    Nothing is asked of the cluster, but a credential plugin is run. Raises ClassicError: ``invalid`` for access data that
    cannot be used, ``credential_plugin``.
    """
    chosen = access_choice.choose(params, environment)
    if chosen is None:
        return _of_pod(environment)
    if isinstance(chosen, access_choice.Direct):
        access = _access("direct", chosen.cluster, chosen.user, environment, chosen.said)
        return replace(access, source=f"{chosen.said}: {access.server}")
    found = kubeconfig_files.load(chosen)
    by = "" if chosen.context_said == chosen.said else f" {chosen.context_said}"
    source = f"kubeconfig {os.pathsep.join(chosen.paths)} {chosen.said}, context {found.context}{by}"
    return _access(found.context, found.cluster, found.user, environment, source)


def current(access: Access, *, at_once: bool = False) -> Access:
    """The access with a credential that is still good: a new one from its plugin or file when it is time (or at once)."""
    now = time.time()
    if access.renew is None or not (at_once or (access.renew_at is not None and now >= access.renew_at)):
        return access
    try:
        renewed = access.renew()
    except ClassicError:
        if at_once or (access.expires and now >= access.expires.timestamp()):
            raise
        return replace(access, renew_at=now + SECONDS_BETWEEN_TRIES)
    users = [{**access.config["users"][0], "user": renewed.fields}]
    return replace(access, config={**access.config, "users": users}, expires=renewed.expires, renew_at=renewed.renew_at)


def _access(context: str, cluster: Entry, user: Entry | None, environment: Mapping[str, str], source: str) -> Access:
    fields = api_server.fields(cluster, environment)

    def ask() -> credentials.Credential:
        return credentials.of_user(user, {**fields, **api_server.config_of_plugin(cluster)}, environment)

    credential = ask()
    user_name = user.name if user else "anonymous"
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": cluster.name, "cluster": fields}],
        "users": [{"name": user_name, "user": credential.fields}],
        "contexts": [{"name": context, "context": {"cluster": cluster.name, "user": user_name}}],
        "current-context": context,
    }
    renew = ask if credential.can_renew else None
    return Access(config, context, fields["server"], source, credential.expires, credential.renew_at, renew)


def _of_pod(environment: Mapping[str, str]) -> Access:
    """With the ServiceAccount of the pod that this runs in."""
    host, port = (environment.get(f"KUBERNETES_SERVICE_{name}") for name in ("HOST", "PORT"))
    if not (host and port and os.path.exists(os.path.join(SERVICE_ACCOUNT, "token"))):
        raise unusable(
            "No access to the cluster is given.",
            where="options and environment",
            why="There is neither an option (kubeconfig, context, host) nor a variable (K8S_AUTH_HOST, "
            "K8S_AUTH_KUBECONFIG, KUBECONFIG), no ~/.kube/config, and no ServiceAccount of a pod.",
            next_step="Give kubeconfig and context in the inventory, then run again.",
        )
    source = "ServiceAccount of this pod"
    server = f"https://{f'[{host}]' if ':' in host else host}:{port}"
    cluster = {"server": server, "certificate-authority": "ca.crt"}
    return _access(
        "in-cluster",
        Entry("cluster", "in-cluster", cluster, source, SERVICE_ACCOUNT),
        Entry("user", "in-cluster", {"tokenFile": "token"}, source, SERVICE_ACCOUNT),
        environment,
        source,
    )
