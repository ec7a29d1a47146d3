# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The region's satellite: deployed, registered, its key backed up. Private to this collection."""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import satellite_state
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import release_uninstall
from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade import release_upgrade, values_files
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import objects
from ansible_collections.coder.classic.plugins.module_utils._region.observe import satellite_pods
from ansible_collections.coder.classic.plugins.module_utils._region.rights.rights import MARK
from ansible_collections.coder.classic.plugins.module_utils._region.steps import address, backup
from ansible_collections.coder.classic.plugins.module_utils._region.steps.here import Here, View

CHART = "coder"
POLL_SECONDS = 1.0


def deploy(here: Here, view: View) -> dict[str, Any]:
    """The chart in a namespace of its own, waited for until its pods are ready. What a killed helm has left is gone on with."""
    cluster, wanted = here.satellite_cluster, here.wanted["satellite"]
    if here.check_mode and not view["satellite"]["namespace_exists"]:
        # Nothing can be tried where it would be.
        return {"diff": {"before": "", "after": f"{_place(here)}\n"}}
    if view["satellite"]["namespace_exists"] is False:
        here.demand_lock()
        cluster.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": wanted["namespace"]}})
    if not here.check_mode and _is_first_install(view["satellite"]):
        _mark(here)
    options = {
        "name": wanted["release"],
        "namespace": wanted["namespace"],
        "chart_ref": wanted["chart_ref"],
        "chart_repo_url": wanted["chart_repo_url"],
        "chart_version": wanted["chart_version"] or view["deployment"]["version"],
        "chart_name": CHART,
        "values_files": [values_files.written(wanted["values"], here.folder)],
        "install": True,
        # What is slow is waited for by name, below: a load balancer without an address is nothing that a satellite waits for.
        "wait": False,
        "atomic": False,
        "timeout": wanted["ready_timeout"],
        "gitops_suspended": here.wanted["gitops_is_suspended"],
        "helm_binary": here.wanted["helm_binary"],
    }
    tools = {"tell": here.tell, "demand": here.demand_lock}
    result = release_upgrade.run(cluster, options, here.check_mode, here.folder, **tools)
    here.said += result["said"]
    if not here.check_mode:
        wait(here, view)
    return {key: result[key] for key in ("changed", "diff")}


def _is_first_install(satellite: View) -> bool:
    """Also one that did not come to its end; whom Coder knows already was installed by somebody."""
    is_first = satellite["revision"] in (None, 1) and satellite["status"] != "deployed"
    return is_first and not (satellite["deployed"] and satellite["registered"])


def wait(here: Here, view: View) -> dict[str, Any]:
    """Until the pods are ready, each told with what it waits for."""
    cluster, wanted, waiting = here.satellite_cluster, here.wanted["satellite"], []

    def is_ready() -> bool:
        pods = satellite_pods.look(cluster, wanted["namespace"])
        waiting[:] = pods["waiting"] or []
        return pods["ready"]

    def told() -> str:
        return "waiting for the pods of the satellite" + (f": {'; '.join(waiting)}" if waiting else "")

    if here.until(is_ready, wanted["ready_timeout"], POLL_SECONDS, told):
        return {}
    raise ClassicError(
        f"The pods of satellite {wanted['name']} are not ready after {wanted['ready_timeout']} seconds.",
        code="timeout",
        where=f"{_place(here)}, {cluster.where}",
        why="; ".join(waiting) or "its Deployment is not available",
        untouched=f"Provider {here.wanted['provider']} and its workspaces.",
        next_step="Remove the cause, or allow more time (coder_satellite_ready_timeout), then run it again.",
    )


def register(here: Here, view: View) -> dict[str, Any]:
    """Under the key that its cluster holds, which its URL must serve: a wrong DNS entry, a wrong cluster or somebody in
    between shows before Coder trusts it.
    """
    wanted = here.wanted["satellite"]
    if not view["satellite"]["public_key"] and not here.check_mode:
        raise ClassicError(
            f"The key of satellite {wanted['name']} is not in its cluster.",
            code="key_missing",
            where=f"{_place(here)}, {here.satellite_cluster.where}",
            why="Its chart makes it once; without it nobody can tell whether the URL leads to this satellite.",
            untouched=f"Provider {here.wanted['provider']}, and what Coder knows.",
            next_step="Restore the Secret from the backup, or uninstall the satellite's release, then run it again.",
        )
    params = {
        "state": "present",
        "name": wanted["name"],
        "satellite_url": wanted["url"],
        "satellite_ca_path": wanted["ca_path"],
        "satellite_authorization": wanted["authorization"],
        "public_key": view["satellite"]["public_key"] or "",
        "expected_fingerprint": wanted["expected_fingerprint"],
        "trust_on_first_use": None,
        "replace_changed_key": False,
        "served_timeout": wanted["ready_timeout"],
        "timeout": here.wanted["timeout"],
    }
    here.demand_lock()
    _changed, _satellite, before, after = satellite_state.run(here.coder, params, here.check_mode)
    if not here.check_mode:
        address.demand_fit(here)
    return {"diff": {"before": before, "after": after}}


def back_up(here: Here, view: View) -> dict[str, Any]:
    """With its Secret the key is lost, and with it what Coder trusts."""
    if here.check_mode and not view["satellite"]["deployed"]:
        # It would be there by then.
        return {}
    wanted = here.wanted["satellite"]
    release = {"name": wanted["release"], "namespace": wanted["namespace"]}
    result = backup.write(here.satellite_cluster, here.wanted, "satellite", release, here.check_mode)
    here.say(f"Backup of the satellite and its key: {result['path']}")
    return {"changed": result["changed"]}


def unregister(here: Here, view: View) -> dict[str, Any]:
    """Before the release goes: Coder must not send users to something that is about to go."""
    here.demand_lock()
    params = {"state": "absent", "name": here.wanted["satellite"]["name"]}
    _changed, _satellite, before, after = satellite_state.run(here.coder, params, here.check_mode)
    return {"diff": {"before": before, "after": after}}


def remove(here: Here, view: View) -> dict[str, Any]:
    """The release, once its key is written down, then the mark that says that it is ours."""
    if view["satellite"]["deployed"]:
        back_up(here, view)
    _uninstall(here)
    here.demand_lock()
    here.satellite_cluster.delete("v1", "ConfigMap", MARK, here.wanted["satellite"]["namespace"])
    return {}


def _uninstall(here: Here) -> None:
    wanted, cluster = here.wanted["satellite"], here.satellite_cluster
    here.demand_lock()
    params = {
        "name": wanted["release"],
        "namespace": wanted["namespace"],
        "keep": [],
        "chart": CHART,
        "timeout": here.wanted["uninstall_timeout"],
        "helm_binary": here.wanted["helm_binary"],
    }
    release_uninstall.run(cluster, params, here.check_mode, here.folder, here.tell)


def _mark(here: Here) -> None:
    """Only a satellite that was installed from here may be removed from here."""
    wanted, cluster = here.wanted["satellite"], here.satellite_cluster
    data = {"release": wanted["release"], "installed_at": here.now()}
    here.demand_lock()
    objects.put_config_map(cluster, MARK, wanted["namespace"], data)


def _place(here: Here) -> str:
    wanted = here.wanted["satellite"]
    return f"release {wanted['release']} in namespace {wanted['namespace']}"
