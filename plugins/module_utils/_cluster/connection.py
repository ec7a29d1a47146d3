# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the options of _arguments.CLUSTER_AUTH to a client of the official library. Private to this collection."""

from __future__ import annotations

import os
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

try:
    import kubernetes.client
    import kubernetes.config
    import urllib3
    import yaml
except ImportError as error:
    IMPORT_ERROR: ImportError | None = error
else:
    IMPORT_ERROR = None

IN_CLUSTER_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token"


def api_client(params: dict[str, Any]) -> tuple[kubernetes.client.ApiClient, str]:
    """(client, name of the context in use); nothing is asked of the cluster yet.

    Raises ClassicError ``invalid``: unusable access data, or the library is missing.
    """
    if IMPORT_ERROR:
        raise ClassicError(
            "The Python library 'kubernetes' is missing.",
            code="invalid",
            why=str(IMPORT_ERROR),
            untouched="Nothing was changed.",
            next_step="pip install 'kubernetes>=29.0.0' for the Python that runs Ansible's modules.",
        )
    try:
        configuration, context = _configuration(params)
    except (kubernetes.config.ConfigException, yaml.YAMLError, OSError, ValueError, TypeError, KeyError) as error:
        raise ClassicError(
            "The access data of the cluster cannot be used.",
            code="invalid",
            where=_access_name(params),
            why=str(error) or type(error).__name__,
            untouched="Nothing was changed.",
            next_step="Check it with: kubectl --kubeconfig FILE --context NAME version",
        ) from error
    # Bounded patience: a connection is tried twice; only reading is tried again, after a lost answer or one that says
    # that the server is busy. How long to wait is not left to the server, which may say an hour.
    configuration.retries = urllib3.Retry(
        connect=1,
        read=1,
        redirect=0,
        status=2,
        other=0,
        allowed_methods=["GET"],
        status_forcelist=[429, 502, 503, 504],
        respect_retry_after_header=False,
        raise_on_status=False,
        backoff_factor=0.5,
    )
    return kubernetes.client.ApiClient(configuration), context


def kubeconfig_for_host(params: dict[str, Any]) -> dict[str, Any]:
    """A kubeconfig (secret!) with the one context ``direct`` for the options host, api_key, cluster_ca_path."""
    cluster: dict[str, Any] = {"server": params["host"]}
    if not params.get("validate_cluster_certs", True):
        cluster["insecure-skip-tls-verify"] = True
    elif params.get("cluster_ca_path"):
        cluster["certificate-authority"] = os.path.abspath(os.path.expanduser(params["cluster_ca_path"]))
    user = {"token": params["api_key"]} if params.get("api_key") else {}
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "direct", "cluster": cluster}],
        "users": [{"name": "direct", "user": user}],
        "contexts": [{"name": "direct", "context": {"cluster": "direct", "user": "direct"}}],
        "current-context": "direct",
    }


def _configuration(params: dict[str, Any]) -> tuple[kubernetes.client.Configuration, str]:
    if params.get("host"):
        return kubernetes.config.new_client_from_config_dict(kubeconfig_for_host(params)).configuration, "direct"
    path, context = params.get("kubeconfig"), params.get("context")
    found_by_itself = os.environ.get("KUBECONFIG") or os.path.exists(os.path.expanduser("~/.kube/config"))
    if not (path or context or found_by_itself) and os.path.exists(IN_CLUSTER_TOKEN):
        configuration = kubernetes.client.Configuration()
        kubernetes.config.load_incluster_config(client_configuration=configuration)
        return configuration, "in-cluster"
    client = kubernetes.config.new_client_from_config(config_file=path, context=context)
    return client.configuration, context or kubernetes.config.list_kube_config_contexts(path)[1]["name"]


def _access_name(params: dict[str, Any]) -> str:
    if params.get("host"):
        return f"host {params['host']}"
    kubeconfig = params.get("kubeconfig") or "found by the client"
    return f"kubeconfig {kubeconfig}, context {params.get('context') or 'current'}"
