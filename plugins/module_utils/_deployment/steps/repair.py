# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""An update that failed, mended with the mildest step that helps: Helm's part is helm_release_repair's, what Coder's database allows is
judged here. Private to this collection.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._deployment.database import before_reinstall
from ansible_collections.coder.classic.plugins.module_utils._deployment.observe.observation import CHART
from ansible_collections.coder.classic.plugins.module_utils._deployment.steps import guard, proof, snapshot
from ansible_collections.coder.classic.plugins.module_utils._deployment.steps.here import Here, View
from ansible_collections.coder.classic.plugins.module_utils._deployment.steps.restore import version_of
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import helm_record
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_record import Release
from ansible_collections.coder.classic.plugins.module_utils._helm.repair import addresses, release_repair, revisions

#: What a repair is there for.
MENDED = (*guard.LEFT_BY_A_KILL, "removed_apis", "already_there", "release_not_found")
#: Steps after which Coder is another than before.
REPLACE_CODE = ("upgrade", "rollback", "reinstall")
#: Option of helm_release_repair, as its refusals name it, and what it is in the playbooks.
WORDS = (
    (
        "coder.classic.helm_release_repair with adopt",
        "repair_upgrade.yml -e coder_version={version} with coder_repair_adopt",
    ),
    (
        "Give chart_ref (chart_repo_url, chart_version) and values_files, then run again.",
        "Run repair_upgrade.yml -e coder_version={version}.",
    ),
    (" Or go back instead: steps: [rollback].", " Back, with the database: restore_database.yml."),
    ("say so: adopt: [", "say so: coder_repair_adopt: ["),
    ("remove_unserved: [", "coder_repair_remove_unserved: ["),
    ("confirm_reinstall: ", "-e coder_confirm_reinstall="),
    (", with backup_dir and chart_ref;", " -e coder_version={version};"),
    ("Give backup_dir,", "Let coder_backup_dir name"),
    ("set stuck_after to fewer seconds than that", "set coder_update_timeout to less than half of that"),
    ("(option stuck_after)", "(twice coder_update_timeout, and some)"),
    ("(option steps)", "(coder_repair_up_to)"),
)


def demand(wanted: dict[str, Any], view: View, *, check_mode: bool) -> None:
    """With a version the same as for an update to it, but for what a repair mends. Raises ClassicError."""
    if wanted["version"] is None:
        return
    found = [entry for entry in guard.blockers(wanted, view) if entry["code"] not in MENDED]
    if found:
        raise guard.blocked(f"The main deployment cannot be repaired for {wanted['version']}", view, found)
    guard.demand_saved(wanted, before_reinstall.seen(wanted, view), check_mode=check_mode)


def repair(here: Here, view: View) -> dict[str, Any]:
    """``{changed, findings, taken, next, diff}`` of release_repair; Coder must answer where its code was replaced."""
    wanted = here.wanted
    history = helm_record.history(here.cluster, wanted["namespace"], wanted["release"])
    allowed, reason = rollback_allowed(history, untouched=wanted["schema_untouched"])
    if not here.check_mode and wanted["version"] is not None:
        snapshot.demand_unchanged(here, before_reinstall.seen(wanted, view))
    with in_words_of_the_playbook(wanted["version"]):
        result = release_repair.run(
            here.cluster,
            {
                **options(wanted),
                "rollback_allowed": allowed,
                "rollback_reason": reason,
                "note": before_reinstall.note(wanted, view),
            },
            here.check_mode,
            here.folder,
            tell=here.tell,
            demand=here.demand_lock,
        )
    taken = [one["step"] for one in result["taken"]]
    here.said += [f"{one['problem']}: {one['why']}" for one in result["findings"]]
    here.said += [f"{one['step']}: {line}" for one in result["taken"] for line in one["did"]]
    here.said += [*result["said"], *addresses.lines(result["addresses"])]
    if not result["findings"]:
        here.said.append("The release is well: there is nothing to repair.")
    elif result["next"]:
        here.said.append(f"Where that does not help the next step is {result['next']}.")
    if not here.check_mode and any(step in REPLACE_CODE for step in taken):
        newest = helm_record.current(here.cluster, wanted["namespace"], wanted["release"])
        version = version_of(newest) if newest else wanted["version"]
        proof.demand_version(replace(here, wanted={**wanted, "version": version}))
    return {key: result[key] for key in ("changed", "findings", "taken", "next", "diff")}


@contextlib.contextmanager
def in_words_of_the_playbook(version: str | None) -> Iterator[None]:
    """What the modules for any release call their options are variables here."""
    try:
        yield
    except ClassicError as error:
        for name in ("what", "why", "next_step"):
            setattr(error, name, translated(getattr(error, name), version))
        raise


def translated(text: str | None, version: str | None) -> str | None:
    """Pure."""
    for of_module, of_playbook in WORDS:
        text = text and text.replace(of_module, of_playbook.format(version=version or "<the version of that upgrade>"))
    return text


def options(wanted: dict[str, Any]) -> dict[str, Any]:
    """Those of release_repair. Without a version only what is there is judged. Pure but for looking for the values file."""
    chart = {"chart_ref": None}
    if wanted["version"] is not None:
        chart = {
            "chart_ref": wanted["chart_ref"],
            "chart_repo_url": wanted["chart_repo_url"],
            "chart_version": wanted["version"],
            "chart_name": CHART,
        }
    file = wanted["values_file"]
    return {
        **chart,
        "name": wanted["release"],
        "namespace": wanted["namespace"],
        "values_files": [file] if file and os.path.isfile(file) else [],
        "up_to": wanted["repair_up_to"],
        "adopt": wanted["repair_adopt"],
        "remove_unserved": wanted["repair_remove_unserved"],
        "confirm_reinstall": wanted["confirm_reinstall"],
        "backup_dir": before_reinstall.folder(wanted),
        "atomic": wanted["atomic"],
        "timeout": wanted["update_timeout"],
        "helm_binary": wanted["helm_binary"],
    }


def rollback_allowed(history: list[Release], *, untouched: bool) -> tuple[bool, str | None]:
    """Whether the code may go back alone, and why not: what a migration did to the schema stays. Pure."""
    newest, target = (history[-1], revisions.last_good(history)) if history else (None, None)
    if newest is None or target is None:
        return True, None
    there, back = version_of(newest), version_of(target)
    if there == back or untouched:
        return True, None
    return False, (
        f"The update to {there} may have migrated the database, and {back} must not run on a newer schema. Forward: run "
        f"update_coder.yml -e coder_version={there} again, or this with that version. Back: restore_database.yml brings back the "
        "snapshot and the chart together. Where the log of init container migrations shows that none began: "
        "-e coder_schema_untouched=true."
    )
