# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The provider's chart: brought to another version while it is needed; sealed and uninstalled when it is not. Private to this
collection.
"""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import provider_roots, value_changes, value_wish
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import (
    release_keep,
    release_report,
    release_uninstall,
)
from ansible_collections.coder.classic.plugins.module_utils._helm.manifest import label
from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade import plan, release_upgrade, values_files
from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade.chart_source import Chart
from ansible_collections.coder.classic.plugins.module_utils._region.judge import blockers_release
from ansible_collections.coder.classic.plugins.module_utils._region.observe import envproxy, observation
from ansible_collections.coder.classic.plugins.module_utils._region.steps import backup
from ansible_collections.coder.classic.plugins.module_utils._region.steps.envproxy import await_rollout
from ansible_collections.coder.classic.plugins.module_utils._region.steps.here import Here, View
from ansible_collections.coder.classic.plugins.module_utils._region.tell.findings import joined


def update(here: Here, view: View) -> dict[str, Any]:
    """To another version, by the release's own values; refused where the chart drops envproxy or what Coder needs."""
    wanted, version = here.wanted, view["release"]["chart_wanted"]
    release = release_report.demanded(here.cluster, here.namespace, wanted["release"])
    mode = None if wanted["pinned_images"] == value_wish.AUTO else wanted["pinned_images"]
    values = value_changes.cleaned(release.config, version, mode=mode)
    here.said += [note["message"] for note in values.notes]
    options = {
        **_release(here),
        "chart_ref": wanted["chart_ref"],
        "chart_repo_url": wanted["chart_repo_url"],
        "chart_version": version,
        "chart_name": observation.CHART,
        "values_files": [values_files.written(values.values, here.folder)],
        # A load balancer without an address is as it was before; envproxy is waited for by name.
        "wait": False,
        "atomic": False,
        "timeout": wanted["envproxy_timeout"],
        "gitops_suspended": wanted["gitops_is_suspended"],
    }
    tools = {"tell": here.tell, "demand": here.demand_lock, "judge": partial(_demand_what_is_needed, here)}
    result = release_upgrade.run(here.cluster, options, here.check_mode, here.folder, **tools)
    here.said += result["said"]
    if not here.check_mode:
        await_rollout(here)
    return {key: result[key] for key in ("changed", "diff")}


def _demand_what_is_needed(here: Here, chart: Chart, rows: list[plan.Row]) -> None:
    """Raises ClassicError ``drops_envproxy``, ``drops_access``: by what this very chart renders, whatever its number says."""
    removed = {row.of for row in rows if row.change == plan.REMOVED}
    roots = {of for of, _reason in provider_roots.access_roots(here.wanted["release"], here.namespace)}
    found = blockers_release.dropped(
        f"Chart {chart.name} {chart.version}",
        f"release {here.wanted['release']} in namespace {here.namespace}, {here.cluster.where}",
        envproxy=("Deployment", here.namespace, envproxy.NAME) in removed,
        access=sorted(map(label, roots & removed)),
        instead="give a chart that has it (coder_provider_chart_ref, coder_provider_chart_version), or leave the release as it is: "
        "migrate_region.yml moves the region, and retire_region.yml takes its chart away",
    )
    if found:
        raise ClassicError(
            joined(found, "message") + ".",
            code=found[0]["code"],
            where=found[0]["where"],
            why=joined(found, "why"),
            untouched="The release and all its objects.",
            next_step=joined(found, "next"),
        )


def seal(here: Here, view: View) -> dict[str, Any]:
    """On uninstall helm reads only the manifest stored in the release: an annotation on the live object protects nothing."""
    here.demand_lock()
    params = {**_release(here), "objects": _must_stay(view), "allow_resets": here.wanted["consent_resets"]}
    options = {"timeout": 120, "consent": f"coder_allow_resets={here.region}"}
    result = release_keep.run(here.cluster, {**params, **options}, here.check_mode, here.folder)
    for hook in result.get("changed_hooks", []):
        here.say(f"Helm rendered hook {hook} differently than the release had it.")
    return {key: result[key] for key in ("changed", "diff")}


def uninstall(here: Here, view: View) -> dict[str, Any]:
    """The point of no return: backup, record of what must stay, then the uninstall, which proves all once more."""
    params = _release(here)
    saved = backup.write(here.cluster, here.wanted, here.wanted["provider"], params, here.check_mode)
    here.say(f"Backup of the release: {saved['path']}")
    if not here.check_mode and not _has_begun(view):
        here.note(kept_uids=json.dumps(view["release"]["kept_uids"], sort_keys=True), retired_at=None)
    if here.check_mode and not view["release"]["sealed"]:
        # A check run cannot know more before the release is sealed.
        return {}
    here.demand_lock()
    options = {"chart": observation.CHART, "keep": _must_stay(view), "timeout": here.wanted["uninstall_timeout"]}
    result = release_uninstall.run(here.cluster, {**params, **options}, here.check_mode, here.folder, here.tell)
    return {key: result[key] for key in ("changed", "diff") if key in result}


def _has_begun(view: View) -> bool:
    """What stays is compared with what there was before the uninstall, not with what a killed one has left."""
    return view["release"]["status"] == "uninstalling" and bool(view["record"]["kept_uids"])


def _release(here: Here) -> dict[str, Any]:
    keys = ("release", "namespace", "helm_binary")
    return {("name" if key == "release" else key): here.wanted[key] for key in keys}


def _must_stay(view: View) -> list[dict[str, str]]:
    return [{"kind": row["kind"], "name": row["name"]} for row in view["release"]["must_stay"]]
