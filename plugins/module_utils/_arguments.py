# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Argument specs shared by the modules; the doc fragments of the same names describe them (HELM_PROGRAM: helm_release,
part PROGRAM).

Private to this collection.
"""

from __future__ import annotations

from ansible.module_utils.basic import env_fallback

CODER_AUTH = {
    "url": {"type": "str", "required": True, "fallback": (env_fallback, ["CODER_URL"])},
    "token": {"type": "str", "required": True, "no_log": True, "fallback": (env_fallback, ["CODER_TOKEN"])},
    "ca_path": {"type": "path"},
    "timeout": {"type": "int", "default": 30},
    "proxy_authorization": {
        "type": "str",
        "no_log": True,
        "fallback": (env_fallback, ["ENDPOINT_AUTH_HEADER"]),
    },
}

# Without fallbacks to the environment: one option from here and one from there name a cluster that nobody meant. The rule
# is that of _cluster.kubeconfig.resolve.
CLUSTER_AUTH = {
    "kubeconfig": {"type": "path"},
    "context": {"type": "str"},
    "host": {"type": "str"},
    "api_key": {"type": "str", "no_log": True},
    "cluster_ca_path": {"type": "path"},
    "validate_cluster_certs": {"type": "bool", "default": True},
    "cluster_uid": {"type": "str"},
}

HELM_RELEASE = {
    "name": {"type": "str", "required": True},
    "namespace": {"type": "str", "required": True},
}

HELM_PROGRAM = {
    "helm_binary": {"type": "path", "default": "helm"},
    "timeout": {"type": "int", "default": 120},
}
