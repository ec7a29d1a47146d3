# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The steps of the ladder: each tells what it would do, and does it. Private to this collection."""

from __future__ import annotations

from collections.abc import Callable

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import helm_command
from ansible_collections.coder.classic.plugins.module_utils._helm.manifest import identity, label
from ansible_collections.coder.classic.plugins.module_utils._helm.repair import (
    adopt,
    candidate,
    claims,
    map_apis,
    refusals,
    reinstall,
    rollback,
)
from ansible_collections.coder.classic.plugins.module_utils._helm.repair.step_names import (
    ADOPT,
    MAP_APIS,
    REINSTALL,
    RESTORE_LOST,
    ROLLBACK,
    UPGRADE,
)
from ansible_collections.coder.classic.plugins.module_utils._helm.repair.work import Work
from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade import pending, proof, release_upgrade

#: With write it is done, otherwise only told: a line for each thing that is (would be) written.
Step = Callable[[Work, bool], list[str]]


def _refuse(work: Work, refusals: list[str]) -> None:
    if refusals:
        raise ClassicError(
            f"The API server would refuse {len(refusals)} object(s) of this step.",
            code="refused",
            where=work.place,
            why="; ".join(refusals),
            untouched="Nothing was changed: each object was tried as a dry run.",
            next_step="Remove the cause, then run again.",
        )


def _adopt(work: Work, write: bool) -> list[str]:
    wanted = work.seen.foreign
    _refuse(work, adopt.refusals(work.cluster, wanted, work.seen.name, work.seen.namespace))
    if write:
        adopt.adopt(work.cluster, wanted, work.seen.name, work.seen.namespace, work.demand)
        work.said.extend(
            f"{one.label} goes with the release from now on when that is uninstalled, with all that it holds; "
            "coder.classic.helm_release_keep lets it stay."
            for one in wanted
            if one.of[0] in refusals.HOLDING
        )
        work.said.extend(f"To undo it: {line}" for line in adopt.undo(wanted))
    return [f"{one.label} ({one.owner}): given to release {work.seen.name}" for one in wanted]


def _restore_lost(work: Work, write: bool) -> list[str]:
    newest = work.seen.newest
    refusals = candidate.new_refusals(work.cluster, work.seen.missing, newest.name, newest.namespace)
    _refuse(work, refusals)
    if write:
        work.demand()
        work.cluster.prove_identity()
        proof.complete(work.cluster, newest)
    return [f"{label(identity(obj))}: put back as the release's" for obj in work.seen.missing]


def _upgrade(work: Work, write: bool) -> list[str]:
    newest, chart = work.seen.newest, work.chart.chart
    upgraded = f"upgraded to {chart.name} {chart.version}, without --force"
    if newest.status.startswith("pending-"):
        upgraded = f"revision {newest.revision}: marked as failed; then {upgraded}"
        if not write:
            # helm rehearses nothing over a pending revision.
            return [upgraded]
        # That nobody's helm is at work was seen before; the upgrade itself would wait for one of another machine.
        work.demand()
        pending.give_up(work.cluster, newest)
    # Where nothing ever stood, a failed install is gone on with.
    params = {**work.params, "values_files": work.chart.values.paths, "install": work.seen.last_good is None}
    result = release_upgrade.run(work.cluster, params, not write, work.own_folder(), tell=work.tell, demand=work.demand)
    work.said.extend(result["said"])
    changes = [f"{one['kind']}/{one['name']}: {one['change']}" for one in result["changes"]]
    return [upgraded, *changes] if not newest.status.startswith("pending-") else [upgraded]


def _rollback(work: Work, write: bool) -> list[str]:
    newest, target = work.seen.newest, work.seen.last_good
    rows = rollback.rows(work.cluster, newest, target)
    claims.refuse_to_remove(work.place, rows)
    lines = rollback.changes(work.cluster, target, rows, work.place)
    if write:
        helm = helm_command.helm_for(work.cluster.access, work.params["helm_binary"], work.own_folder())
        rollback.carry_out(work.cluster, helm, newest, target, work.params, work.said, work.demand)
    return [f"rolled back to revision {target.revision} ({target.chart_name} {target.chart_version})", *lines]


BY_NAME: dict[str, Step] = {
    ADOPT: _adopt,
    MAP_APIS: map_apis.step,
    RESTORE_LOST: _restore_lost,
    UPGRADE: _upgrade,
    ROLLBACK: _rollback,
    REINSTALL: reinstall.step,
}
