# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host's variables as the options of the modules that concern a region. Private to this collection.

The one way in: whatever runs a step reads the variables here, by their types, whether preflight did so before or not.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ansible.errors import AnsibleError

from ansible_collections.coder.classic.plugins.module_utils._arguments import REGION
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._region.tell.findings import GOALS, Finding
from ansible_collections.coder.classic.plugins.module_utils._site import intake, selection, twins
from ansible_collections.coder.classic.plugins.module_utils._site.unfit import Unreadable
from ansible_collections.coder.classic.plugins.module_utils._site.variables import BY_NAME
from ansible_collections.coder.classic.plugins.plugin_utils import run_memory

#: Option → variable; what is not given is left out, the module has a default of its own then.
OPTIONS = {
    "url": "coder_url",
    "token": "coder_token",
    "ca_path": "coder_ca_path",
    "region": "coder_region",
    "provider": "coder_provider_name",
    "release": "coder_provider_release",
    "namespace": "coder_provider_namespace",
    "kubeconfig": "coder_provider_kubeconfig",
    "context": "coder_provider_context",
    "cluster_uid": "coder_provider_cluster_uid",
    "leave_workspaces": "coder_workspaces_leave",
    "canary": "coder_canary_workspace",
    "confirm_rebuild": "coder_confirm_rebuild",
    "confirm_retire": "coder_confirm_retire",
    "allow_resets": "coder_allow_resets",
    "gitops_suspended": "coder_gitops_suspended",
    "lock_takeover": "coder_lock_takeover",
    "wait_for_idle_minutes": "coder_wait_for_idle_minutes",
    "idle_minutes": "coder_idle_minutes",
    "soak_seconds": "coder_soak_seconds",
    "drain_timeout": "coder_envproxy_drain_timeout",
    "envproxy_timeout": "coder_envproxy_timeout",
    "uninstall_timeout": "coder_uninstall_timeout",
    "parallel": "coder_rebuild_parallel",
    "max_failures": "coder_rebuild_max_failures",
    "build_timeout": "coder_rebuild_timeout",
    "deadline": "coder_rebuild_deadline",
    "cordon_reason": "coder_cordon_reason",
    "external_connect": "coder_external_connect",
    "allow_old_satellite_fixes": "coder_allow_old_satellite_fixes",
    "candidate_chart": "coder_provider_candidate_chart",
    "chart_ref": "coder_provider_chart_ref",
    "chart_repo_url": "coder_provider_chart_repo_url",
    "chart_version": "coder_provider_chart_version",
    "pinned_images": "coder_pinned_images",
    "helm_binary": "coder_helm_binary",
}
SATELLITE = {
    "name": "coder_satellite_name",
    "url": "coder_satellite_url",
    "ca_path": "coder_satellite_ca_path",
    "namespace": "coder_satellite_namespace",
    "release": "coder_satellite_release",
    "kubeconfig": "coder_satellite_kubeconfig",
    "context": "coder_satellite_context",
    "cluster_uid": "coder_satellite_cluster_uid",
    "chart_ref": "coder_satellite_chart_ref",
    "chart_repo_url": "coder_satellite_chart_repo_url",
    "chart_version": "coder_satellite_chart_version",
    "ready_timeout": "coder_satellite_ready_timeout",
    "expected_fingerprint": "coder_satellite_fingerprint",
}
PRIMARY = {
    "kubeconfig": "coder_primary_kubeconfig",
    "context": "coder_primary_context",
    "namespace": "coder_primary_namespace",
    "cluster_uid": "coder_primary_cluster_uid",
}
#: What Ansible says of a template that needs what nobody gave.
UNDEFINED = re.compile(r"'(\w+)' is undefined")
#: Those of coder_rights_info.
RIGHTS = {
    "release": "coder_provider_release",
    "namespace": "coder_provider_namespace",
    "kubeconfig": "coder_provider_kubeconfig",
    "context": "coder_provider_context",
    "cluster_uid": "coder_provider_cluster_uid",
    "goals": "coder_rights_goals",
    "group": "coder_rights_group",
}
#: What is to be known of the other hosts.
OF_OTHERS = (
    "coder_region",
    "coder_provider_name",
    "coder_provider_kubeconfig",
    "coder_provider_context",
    "coder_provider_cluster_uid",
    "coder_provider_namespace",
    "coder_satellite_name",
    "coder_shared_clusters",
)


VARIABLES_FIRST = "Correct the variables of this host first."


class Site(NamedTuple):
    """values by variable; wrong: findings because of which nothing may be done; said: findings that are only said."""

    values: dict[str, Any]
    wrong: list[Finding]
    said: list[Finding]
    options: dict[str, Any]


def of_host(variables: Mapping[str, Any], template: Callable[[Any], Any], run_folder: str) -> Site:
    """variables are a task's, template makes plain data of one of them, and may raise AnsibleError.

    The variables of other hosts are read once a run (run_folder: its own), with what its looks have seen of all of them.
    """
    host, groups = variables["inventory_hostname"], variables["groups"]
    regions = selection.region_groups(groups)
    given = {name: read(template, value) for name, value in variables.items() if name in BY_NAME}
    unknown = {name: None for name in variables if name.startswith(intake.PREFIX) and name not in BY_NAME}
    values, wrong, said = intake.take(
        {**given, **unknown}, hostname=host, groups=variables["group_names"], regions=regions
    )
    limit = selection.problem(variables.get("ansible_limit"), groups, groups["all"])
    hosts = list(groups.get(selection.REGIONS, ()))
    everybody = run_memory.once(
        run_folder, hosts, lambda: {name: _of_other(variables["hostvars"][name], name, regions) for name in hosts}
    )
    others = {name: its for name, its in everybody.items() if name != host}
    seen = run_memory.seen(run_folder)
    clusters = {name: its.get("cluster") for name, its in seen.items()}
    wrong = [*([limit] if limit else []), *wrong, *twins.problems(host, values, others, clusters)]
    options = _options(values, others, backup_dir(values, variables))
    # Contexts move: what this run looked at first stays the one, also where the inventory pins none.
    for pinned, part in ((options, "cluster"), (options["satellite"], "satellite")):
        if uid := seen.get(host, {}).get(part):
            pinned.setdefault("cluster_uid", uid)
    return Site(values, wrong, said, options)


def backup_dir(values: Mapping[str, Any], variables: Mapping[str, Any]) -> str | None:
    """What a job of AWX writes into its container is gone with the job: there the site has to name a place."""
    if "coder_backup_dir" in values:
        return values["coder_backup_dir"]
    if "awx_job_id" in variables or "tower_job_id" in variables:
        return None
    return beside_inventory(variables, "backups")


def beside_inventory(variables: Mapping[str, Any], name: str) -> str:
    """The path of a file or folder of that name beside the folder of the inventory."""
    return os.path.join(os.path.dirname(os.path.abspath(_inventory_dir(variables))), name)


def _inventory_dir(variables: Mapping[str, Any]) -> str:
    """Of the host, or of what Ansible was given: localhost is in no inventory, and the playbook's folder is the collection's."""
    if variables.get("inventory_dir"):
        return variables["inventory_dir"]
    sources = [source for source in variables.get("ansible_inventory_sources") or [] if os.path.exists(source)]
    if not sources:
        return variables.get("playbook_dir") or os.getcwd()
    return sources[0] if os.path.isdir(sources[0]) else os.path.dirname(os.path.abspath(sources[0]))


def _options(values: Mapping[str, Any], others: Mapping[str, Mapping[str, Any]], backups: str | None) -> dict[str, Any]:
    options = _picked(values, OPTIONS)
    if backups:
        options["backup_dir"] = backups
    options["satellite"] = _picked(values, SATELLITE)
    # What is wrong with another host is told when it is that host's turn.
    options["other_providers"] = [
        other["coder_provider_name"]
        for other in others.values()
        if "coder_provider_name" in other and other.get("coder_satellite_name") == values.get("coder_satellite_name")
    ]
    if "coder_primary_kubeconfig" in values or "coder_primary_context" in values:
        options["primary"] = _picked(values, PRIMARY)
    return options


def rights_options(values: Mapping[str, Any]) -> dict[str, Any]:
    return _picked(values, RIGHTS)


def _picked(values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {option: values[name] for option, name in names.items() if name in values}


def _of_other(variables: Mapping[str, Any], host: str, regions: list[str]) -> dict[str, Any]:
    given = {name: read(variables.__getitem__, name) for name in OF_OTHERS if name in variables}
    values = intake.take(given, hostname=host, groups=variables["group_names"], regions=regions)[0]
    return {name: value for name, value in values.items() if name in OF_OTHERS}


def read(template: Callable[[Any], Any], value: Any) -> Any:
    try:
        return template(value)
    except AnsibleError as error:
        missing = UNDEFINED.search(str(error))
        return Unreadable(missing[1] if missing else None)


def refusal(wrong: list[Finding]) -> dict[str, Any]:
    """A task's result where something is wrong with the variables, and nothing was begun."""
    errors = [
        ClassicError(
            entry["message"],
            code=entry["code"],
            where=entry["where"],
            why=entry["why"],
            untouched="Everything: nothing was begun.",
            next_step=entry["next"],
        )
        for entry in wrong
    ]
    return {"failed": True, "msg": "\n\n".join(map(str, errors)), "failure": errors[0].failure}


def can_be_looked_at(site: Site) -> bool:
    """Whether a look can tell more than what is wrong with the variables, so that all is known at once."""
    return has_all(REGION, site.options)


def has_all(described: Mapping[str, Any], options: Mapping[str, Any]) -> bool:
    """Whether no option that the module demands is missing, on any level: it would say so in Ansible's words. Pure but for
    the environment, from which some may come.
    """
    for name, about in described.items():
        fallback = about.get("fallback", (None, []))[1]
        if name not in options:
            if about.get("required") and not any(variable in os.environ for variable in fallback):
                return False
        elif "options" in about and not has_all(about["options"], options[name]):
            return False
    return True


def add_findings(region: dict[str, Any], site: Site) -> None:
    """What the variables alone tell, before what was seen."""
    region["blockers"] = [*site.wrong, *region["blockers"]]
    region["warnings"] = [*site.said, *region["warnings"]]
    if site.wrong:
        region["next_step"] = VARIABLES_FIRST


def blank(site: Site) -> dict[str, Any]:
    """A region of which nothing could be looked at, in the shape that coder_region_info answers."""
    values = site.values
    return {
        "region": values.get("coder_region", "?"),
        "phase": "unknown",
        "next_goal": None,
        "next_step": VARIABLES_FIRST,
        "provider": {"name": values.get("coder_provider_name", "?"), "status": None, "net_v2": None},
        "cluster": {"where": None, "uid": None, "version": None},
        "clusters": [],
        "satellite": {"name": values.get("coder_satellite_name"), "registered": False},
        "workspaces": {"total": None, "to_rebuild": [], "left": []},
        "plan": {goal: [] for goal in GOALS},
        "consents": {goal: [] for goal in GOALS},
        "blockers": site.wrong,
        "warnings": site.said,
    }
