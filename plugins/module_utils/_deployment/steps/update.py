# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two steps of an update: the operator's values, then the upgrade and its proof. Private to this collection."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import values_file
from ansible_collections.coder.classic.plugins.module_utils._deployment.database import durations
from ansible_collections.coder.classic.plugins.module_utils._deployment.observe.observation import CHART
from ansible_collections.coder.classic.plugins.module_utils._deployment.routes import rewrite
from ansible_collections.coder.classic.plugins.module_utils._deployment.steps import (
    custom_routes,
    guard,
    proof,
    repair,
    snapshot,
    tls_secrets,
)
from ansible_collections.coder.classic.plugins.module_utils._deployment.steps.here import Here, View
from ansible_collections.coder.classic.plugins.module_utils._deployment.tell import layout
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import release_report
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_record import Release
from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade import release_upgrade, values_files


def values(here: Here, view: View) -> dict[str, Any]:
    """The operator's file as this version wants it: exported where there is none, else edited."""
    # Known before the file is touched, too.
    custom_routes.demand(here)
    release = _release(here)
    outcome = _values(here, view, release, check_mode=True)
    tls_secrets.demand(here, outcome.values)
    if not here.check_mode:
        here.demand_lock()
        outcome = _values(here, view, release, check_mode=False)
    here.said += [note["message"] for note in outcome.result["notes"]]
    if outcome.is_open:
        here.said.append(f"Others can read {outcome.result['path']}, which may hold secrets: chmod 600 it.")
    if outcome.result["backup"]:
        here.said.append(f"The values file as it was: {outcome.result['backup']}")
    return {key: outcome.result[key] for key in ("changed", "path", "exported", "diff")}


def upgrade(here: Here, view: View) -> dict[str, Any]:
    """By that file alone; afterwards Coder answers the version that was asked for, at the address that it had."""
    wanted, edits = here.wanted, custom_routes.demand(here)
    if not here.check_mode:
        snapshot.demand_unchanged(here, view)
    given = _values(here, view, _release(here), check_mode=True)
    tls_secrets.demand(here, given.values)
    if given.result["changed"] and not here.check_mode:
        raise _not_edited(here, given.result["path"])
    # A check run has not written the file, so that helm gets what it would hold.
    path = wanted["values_file"] if not given.result["changed"] else values_files.written(given.values, here.folder)
    options = {
        "name": wanted["release"],
        "namespace": wanted["namespace"],
        "chart_ref": wanted["chart_ref"],
        "chart_repo_url": wanted["chart_repo_url"],
        "chart_version": wanted["version"],
        "chart_name": CHART,
        "values_files": [path],
        "atomic": wanted["atomic"],
        "timeout": wanted["update_timeout"],
        "helm_binary": wanted["helm_binary"],
    }
    tools = {"tell": here.tell, "demand": here.demand_lock}
    begun = here.clock()
    words = repair.in_words_of_the_playbook(wanted["version"])
    with custom_routes.moved(here, edits), words, _with_way_back(wanted, view):
        result = release_upgrade.run(here.cluster, options, here.check_mode, here.folder, **tools)
    here.said += result["said"]
    if not here.check_mode:
        after = proof.look(here)
        before = view["versions"]["api"] or view["versions"]["release"]
        durations.note(wanted["backup_dir"], "upgrade", before, wanted["version"], here.clock() - begun)
        proof.tell_entry(here, view, after, given.values)
    moved = rewrite.diff(edits)
    diff = {side: result["diff"][side] + moved[side] for side in ("before", "after")}
    return {**{key: result[key] for key in ("changed", "changes", "protected", "put_back")}, "diff": diff}


@contextlib.contextmanager
def _with_way_back(wanted: dict[str, Any], view: View) -> Iterator[None]:
    """An upgrade that failed after a migration had begun names the command that brings the database back."""
    # Before it: an update may take longer than a snapshot is fresh.
    saved = guard.resting(wanted, view)
    try:
        yield
    except ClassicError as error:
        if saved and isinstance(error.details, dict) and error.details.get("begun"):
            error.next_step = f"{error.next_step} That is: {snapshot.way_back(saved)}."
        raise


def _release(here: Here) -> Callable[[], Release]:
    """Where there is no values file yet: read once, however often it is asked for."""
    return cache(lambda: release_report.demanded(here.cluster, here.wanted["namespace"], here.wanted["release"]))


def _values(here: Here, view: View, release: Callable[[], Release], *, check_mode: bool) -> values_file.Outcome:
    wanted = here.wanted
    options = {
        "path": wanted["values_file"],
        "version": wanted["version"],
        "set": wanted["set"],
        "service_next": wanted["service_next"],
        "remove_dead": wanted["remove_dead"],
        # With an ingress of the site's own the new names come with the step that moves its routes.
        "migrate": wanted["service_next"] is True or view["layout"] != layout.CUSTOM,
        "pinned_images": wanted["pinned_images"],
    }
    return values_file.run(options, release, check_mode=check_mode)


def _not_edited(here: Here, path: str) -> ClassicError:
    return ClassicError(
        "The values file is not as this version needs it.",
        code="out_of_order",
        where=path,
        why="Step values comes before the upgrade, or somebody changed the file between the two.",
        untouched="The release and all its objects.",
        next_step="Run update_coder.yml without --start-at-task and tags: it begins where it must.",
    )
