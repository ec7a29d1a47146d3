# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Argument specs shared by the modules; the doc fragments of the same names describe them (HELM_PROGRAM: helm_release,
part PROGRAM).

Private to this collection.
"""

from __future__ import annotations

from ansible.module_utils.basic import env_fallback

from ansible_collections.coder.classic.plugins.module_utils._helm.repair.step_names import STEPS

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
# is that of _kubernetes.kubeconfig.resolve.
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

#: Objects as a caller names them.
OBJECTS = {
    "type": "list",
    "elements": "dict",
    "options": {"kind": {"type": "str", "required": True}, "name": {"type": "str", "required": True}},
}

HELM_PROGRAM = {
    "helm_binary": {"type": "path", "default": "helm"},
    "timeout": {"type": "int", "default": 120},
}

NAMES = {"type": "list", "elements": "str", "default": []}

#: Of a backup, what is brought back.
SAVED_OBJECTS = {"path": {"type": "path", "required": True}, "objects": NAMES, "empty_claims": NAMES}

SATELLITE = {
    **CLUSTER_AUTH,
    "name": {"type": "str", "required": True},
    "url": {"type": "str", "required": True},
    "ca_path": {"type": "path"},
    "authorization": {"type": "str", "no_log": True},
    "namespace": {"type": "str", "required": True},
    "release": {"type": "str", "required": True},
    "chart_ref": {"type": "str"},
    "chart_repo_url": {"type": "str"},
    "chart_version": {"type": "str"},
    "values_file": {"type": "path"},
    "ready_timeout": {"type": "int", "default": 600},
    "expected_fingerprint": {"type": "str"},
}

#: One workspace provider of a region, and all that the site says about its move.
REGION = {
    **CODER_AUTH,
    **CLUSTER_AUTH,
    "region": {"type": "str", "required": True},
    "provider": {"type": "str", "required": True},
    "release": {"type": "str", "required": True},
    "namespace": {"type": "str", "required": True},
    "satellite": {"type": "dict", "required": True, "options": SATELLITE},
    "other_providers": NAMES,
    "primary": {"type": "dict", "options": {**CLUSTER_AUTH, "namespace": {"type": "str", "required": True}}},
    "leave_workspaces": NAMES,
    "canary": {"type": "str"},
    "confirm_rebuild": NAMES,
    "confirm_retire": NAMES,
    "allow_resets": NAMES,
    "gitops_suspended": NAMES,
    "lock_takeover": NAMES,
    "wait_for_idle_minutes": {"type": "int", "default": 0},
    "idle_minutes": {"type": "int", "default": 60},
    "soak_seconds": {"type": "int", "default": 600},
    "drain_timeout": {"type": "int", "default": 14700},
    "envproxy_timeout": {"type": "int", "default": 600},
    "uninstall_timeout": {"type": "int", "default": 900},
    "parallel": {"type": "int", "default": 5},
    "max_failures": {"type": "int", "default": 0},
    "build_timeout": {"type": "int", "default": 1200},
    "deadline": {"type": "int", "default": 14400},
    "cordon_reason": {"type": "str", "default": "maintenance"},
    "external_connect": {"type": "bool"},
    "backup_dir": {"type": "path"},
    "allow_old_satellite_fixes": {"type": "bool", "default": False},
    "candidate_chart": {"type": "path"},
    "chart_ref": {"type": "str", "default": "workspace-provider"},
    "chart_repo_url": {"type": "str"},
    "chart_version": {"type": "str"},
    "pinned_images": {"type": "str", "default": "auto", "choices": ["auto", "remove", "retag", "tell"]},
    "helm_binary": {"type": "path", "default": "helm"},
}

#: Of what looks: an older look of the same run may do.
KEPT_LOOK = {"max_age": {"type": "int", "default": 0}}

#: Its database: how it is reached, saved and brought back.
DATABASE = {
    "database_image": {"type": "str"},
    "database_programs": {"type": "path"},
    "database_user": {"type": "str"},
    "database_password": {"type": "str", "no_log": True},
    "database_ca_path": {"type": "path"},
    "snapshot_verify": {"type": "str", "choices": ["restore", "read"], "default": "restore"},
    "snapshot_keep": {"type": "int", "default": 5},
    "snapshot_timeout": {"type": "int", "default": 14400},
    "snapshot_max_age_hours": {"type": "int", "default": 1},
    "restore_snapshot": {"type": "path"},
    "confirm_restore": {"type": "str"},
    "restore_drop_former": {"type": "bool", "default": False},
}

#: How a failed update of it is repaired.
REPAIR = {
    "repair_up_to": {"type": "str", "choices": list(STEPS)},
    "repair_adopt": NAMES,
    "repair_remove_unserved": NAMES,
    "confirm_reinstall": {"type": "str"},
    "schema_untouched": {"type": "bool", "default": False},
}

#: The main deployment, and what is to be known of the regions for its way.
DEPLOYMENT = {
    "release": {"type": "str", "default": "coder"},
    "namespace": {"type": "str", "default": "coder"},
    "version": {"type": "str"},
    "regions": {
        "type": "list",
        "elements": "dict",
        "options": {
            "region": {"type": "str", "required": True},
            "phase": {"type": "str", "required": True},
            "satellite": {"type": "str"},
            "satellite_version": {"type": "str"},
        },
    },
}
