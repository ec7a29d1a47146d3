# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The provider's old chart: what must stay is sealed, then the release goes. Private to this collection."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._helm import release_keep, release_uninstall
from ansible_collections.coder.classic.plugins.module_utils._region.observe import observation
from ansible_collections.coder.classic.plugins.module_utils._region.steps import backup
from ansible_collections.coder.classic.plugins.module_utils._region.steps.here import Here, View


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
    result = release_uninstall.run(here.cluster, {**params, **options}, here.check_mode, here.folder)
    return {key: result[key] for key in ("changed", "diff") if key in result}


def _has_begun(view: View) -> bool:
    """What stays is compared with what there was before the uninstall, not with what a killed one has left."""
    return view["release"]["status"] == "uninstalling" and bool(view["record"]["kept_uids"])


def _release(here: Here) -> dict[str, Any]:
    keys = ("release", "namespace", "helm_binary")
    return {("name" if key == "release" else key): here.wanted[key] for key in keys}


def _must_stay(view: View) -> list[dict[str, str]]:
    return [{"kind": row["kind"], "name": row["name"]} for row in view["release"]["must_stay"]]
