# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the variables say of the main deployment, as the options of the modules that concern it. Pure. Private to this collection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._region.tell.findings import Finding
from ansible_collections.coder.classic.plugins.module_utils._site import defaults, intake
from ansible_collections.coder.classic.plugins.module_utils._site.variable import ALL, DEPLOYMENT
from ansible_collections.coder.classic.plugins.module_utils._site.variables import BY_NAME, TABLE
from ansible_collections.coder.classic.plugins.module_utils._site.variables_repair import OF_BACKUP

#: What a consent names in place of a region.
NAME = "coder_primary"
TAKEOVER = "coder_lock_takeover"
#: Of the built-in provider's rebuilds.
REBUILDS = {
    "confirm_rebuild": "coder_confirm_rebuild",
    "wait_for_idle_minutes": "coder_wait_for_idle_minutes",
    "idle_minutes": "coder_idle_minutes",
    "parallel": "coder_rebuild_parallel",
    "max_failures": "coder_rebuild_max_failures",
    "build_timeout": "coder_rebuild_timeout",
    "deadline": "coder_rebuild_deadline",
}
BESIDES = (TAKEOVER, *REBUILDS.values(), *OF_BACKUP.values())
VARIABLES = tuple(one for one in TABLE if one.scope in (ALL, DEPLOYMENT) or one.name in BESIDES)
WHERE = "the variables of all hosts (group_vars/all), or the command line"

#: Option → variable; what is not given is left out, the module has a default of its own then.
LOOK = {
    "url": "coder_url",
    "token": "coder_token",
    "ca_path": "coder_ca_path",
    "kubeconfig": "coder_primary_kubeconfig",
    "context": "coder_primary_context",
    "namespace": "coder_primary_namespace",
    "cluster_uid": "coder_primary_cluster_uid",
    "release": "coder_primary_release",
    "version": "coder_version",
}
STEP = {
    **LOOK,
    **REBUILDS,
    "chart_ref": "coder_chart_ref",
    "chart_repo_url": "coder_chart_repo_url",
    "values_file": "coder_values_file",
    "set": "coder_values",
    "pinned_images": "coder_pinned_images",
    "service_next": "coder_service_next",
    "rewrite_routes": "coder_rewrite_routes",
    "remove_dead": "coder_remove_dead_values",
    "update_timeout": "coder_update_timeout",
    "answer_timeout": "coder_answer_timeout",
    "snapshot_done": "coder_snapshot_done",
    "helm_binary": "coder_helm_binary",
    "database_image": "coder_database_image",
    "database_programs": "coder_database_programs",
    "database_user": "coder_database_user",
    "database_password": "coder_database_password",
    "database_ca_path": "coder_database_ca_path",
    "snapshot_verify": "coder_snapshot_verify",
    "snapshot_keep": "coder_snapshot_keep",
    "snapshot_timeout": "coder_snapshot_timeout",
    "snapshot_max_age_hours": "coder_snapshot_max_age_hours",
    "restore_snapshot": "coder_restore_snapshot",
    "confirm_restore": "coder_confirm_restore",
    "restore_drop_former": "coder_restore_drop_former",
    "repair_up_to": "coder_repair_up_to",
    "repair_adopt": "coder_repair_adopt",
    "repair_remove_unserved": "coder_repair_remove_unserved",
    "confirm_reinstall": "coder_confirm_reinstall",
    "schema_untouched": "coder_schema_untouched",
}


def take(variables: Mapping[str, Any]) -> tuple[dict[str, Any], list[Finding]]:
    """(values in their types, with defaults; all that is wrong). variables: as intake.take has them."""
    given = {one.name: variables[one.name] for one in VARIABLES if variables.get(one.name) is not None}
    values, wrong = intake.read_all(VARIABLES, given, [NAME], WHERE)
    filled = {name: value for name, value in defaults.plain(VARIABLES).items() if name not in given}
    return defaults.with_repository({**filled, **values}, given, "coder_chart_ref", "coder_chart_repo_url"), wrong


def options(values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """names: LOOK or STEP."""
    found = {option: values[name] for option, name in names.items() if name in values}
    if names is STEP:
        found["lock_takeover"] = NAME in values.get(TAKEOVER, [])
        # Off is what the file says: this only turns it on.
        found["service_next"] = values.get("coder_service_next") or None
    return found


def missing(name: str) -> Finding:
    """What is said of a variable that only one playbook demands."""
    return intake.missing(BY_NAME[name], WHERE)
