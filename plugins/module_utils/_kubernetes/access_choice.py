# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which access to a cluster is meant: options, else the environment, else the pod's own. Pure but for a look whether
~/.kube/config exists; private to this collection.

What the options say is never mixed with what the environment says, but for a context without a kubeconfig.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.coder.classic.plugins.module_utils._kubernetes.kubeconfig_entry import Entry, unusable

INVENTORY = "(inventory)"
#: field of a kubeconfig's user or cluster -> variable, as kubernetes.core calls them
VARIABLES = {
    "server": "K8S_AUTH_HOST",
    "certificate-authority": "K8S_AUTH_SSL_CA_CERT",
    "insecure-skip-tls-verify": "K8S_AUTH_VERIFY_SSL",
    "proxy-url": "K8S_AUTH_PROXY",
    "token": "K8S_AUTH_API_KEY",
    "username": "K8S_AUTH_USERNAME",
    "password": "K8S_AUTH_PASSWORD",
    "client-certificate": "K8S_AUTH_CERT_FILE",
    "client-key": "K8S_AUTH_KEY_FILE",
    "as": "K8S_AUTH_IMPERSONATE_USER",
    "as-groups": "K8S_AUTH_IMPERSONATE_GROUPS",
}
OPTIONS = {
    "server": "host",
    "certificate-authority": "cluster_ca_path",
    "insecure-skip-tls-verify": "validate_cluster_certs",
    "token": "api_key",
}
#: what may be left over in the environment: without it a connection is refused, not made otherwise
HARMLESS = ("certificate-authority", "insecure-skip-tls-verify")
CLUSTER_FIELDS = ("server", "certificate-authority", "insecure-skip-tls-verify", "proxy-url")


class Files(NamedTuple):
    """paths of kubeconfigs, the context (None: the current one), who said them"""

    paths: list[str]
    context: str | None
    said: str
    context_said: str


class Direct(NamedTuple):
    """An API server's address and what goes with it, without a kubeconfig."""

    cluster: Entry
    user: Entry
    said: str


def choose(params: Mapping[str, Any], environment: Mapping[str, str]) -> Files | Direct | None:
    """None: nothing is said. params may lack any key. Raises ClassicError ``invalid``: said twice, or half."""
    option = {field: params.get(name) or None for field, name in OPTIONS.items()}
    option["insecure-skip-tls-verify"] = params.get("validate_cluster_certs") is False or None
    kubeconfig, context = params.get("kubeconfig") or None, params.get("context") or None
    if option["server"]:
        if kubeconfig or context:
            raise unusable(
                "The access to the cluster is said twice.",
                where="options host, kubeconfig, context",
                why="host names an API server, kubeconfig and context name one too.",
                next_step="Give either host (with api_key) or kubeconfig and context.",
            )
        return _direct(option, {field: f"Option {name}" for field, name in OPTIONS.items()}, "host", INVENTORY)
    _refuse_half([OPTIONS[field] for field, value in option.items() if value], "option", "host")
    if kubeconfig:
        return Files(_paths(kubeconfig), context, INVENTORY, INVENTORY)
    found = _files_of(environment)
    if context:
        if not found:
            raise unusable(
                f"There is no kubeconfig for context {context}.",
                where="option context",
                why="No kubeconfig is given, neither K8S_AUTH_KUBECONFIG nor KUBECONFIG is set, and there is no "
                "~/.kube/config.",
                next_step="Give kubeconfig as well.",
            )
        return Files(*found[:1], context, found[1], INVENTORY)
    return _of_environment(environment, found)


def _of_environment(environment: Mapping[str, str], found: tuple[list[str], str] | None) -> Files | Direct | None:
    if environment.get("K8S_AUTH_HOST"):
        said: dict[str, Any] = {field: environment.get(name) or None for field, name in VARIABLES.items()}
        verify = said["insecure-skip-tls-verify"]
        try:
            said["insecure-skip-tls-verify"] = (verify is not None and not boolean(verify)) or None
        except TypeError:
            raise unusable(
                "The environment variable K8S_AUTH_VERIFY_SSL cannot be used.",
                where="environment",
                why="It must be true or false.",
            ) from None
        said["as-groups"] = [name.strip() for name in (said["as-groups"] or "").split(",") if name.strip()] or None
        labels = {field: f"The environment variable {name}" for field, name in VARIABLES.items()}
        return _direct(said, labels, "environment variable K8S_AUTH_HOST", "")
    # Most say whom to act as. A kubeconfig says that itself; to drop them in silence is to act as somebody else.
    half = [name for field, name in VARIABLES.items() if environment.get(name) and field not in HARMLESS]
    _refuse_half(half, "environment variable", "K8S_AUTH_HOST")
    context = environment.get("K8S_AUTH_CONTEXT") or None
    if not found:
        _refuse_half(["K8S_AUTH_CONTEXT"] if context else [], "environment variable", "a kubeconfig")
        return None
    return Files(found[0], context, found[1], "(environment variable K8S_AUTH_CONTEXT)" if context else found[1])


def _files_of(environment: Mapping[str, str]) -> tuple[list[str], str] | None:
    """The kubeconfigs that the environment names, and who says so."""
    for name in ("K8S_AUTH_KUBECONFIG", "KUBECONFIG"):
        if environment.get(name):
            return _paths(environment[name]), f"(environment variable {name})"
    path = os.path.join(environment.get("HOME") or os.path.expanduser("~"), ".kube", "config")
    return ([path], "(found by itself)") if os.path.exists(path) else None


def _paths(said: str) -> list[str]:
    whole = os.path.expanduser(said)
    if os.path.exists(whole):
        return [os.path.abspath(whole)]
    parts = [os.path.abspath(os.path.expanduser(part)) for part in said.split(os.pathsep) if part]
    return list(dict.fromkeys(parts))


def _direct(said: dict[str, Any], labels: dict[str, str], place: str, who: str) -> Direct:
    if said["insecure-skip-tls-verify"]:
        # AWX's credential gives both.
        said["certificate-authority"] = None
    for field in ("certificate-authority", "client-certificate", "client-key"):
        if said.get(field):
            said[field] = os.path.expanduser(said[field])

    def entry(kind: str, fields: dict[str, Any]) -> Entry:
        return Entry(kind, "direct", fields, f"{place} {who}".strip(), os.getcwd(), labels)

    cluster = {field: value for field, value in said.items() if field in CLUSTER_FIELDS}
    user = {field: value for field, value in said.items() if field not in CLUSTER_FIELDS}
    return Direct(entry("cluster", cluster), entry("user", user), f"{place} {who}".strip())


def _refuse_half(names: list[str], kind: str, needed: str) -> None:
    if names:
        raise unusable(
            f"The access to the cluster is only half said: {', '.join(names)}.",
            where=f"{kind} {', '.join(names)}",
            why=f"It counts only together with {needed}, which is not given in the same place.",
            next_step=f"Give {needed} as well, or leave it out.",
        )
