# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the caller allows, and why a step cannot be taken without more than that. Pure; private to this collection."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ansible_collections.coder.classic.plugins.module_utils._helm import going
from ansible_collections.coder.classic.plugins.module_utils._helm.repair.diagnose import Finding, Observation
from ansible_collections.coder.classic.plugins.module_utils._helm.repair.step_names import (
    ADOPT,
    MAP_APIS,
    REINSTALL,
    RESTORE_LOST,
    ROLLBACK,
    STEPS,
    UPGRADE,
)

ALL = "all"
CLAIM = "PersistentVolumeClaim"
#: With these an uninstall would one day take all that they hold: they are adopted only by their names.
HOLDING = ("CustomResourceDefinition", "Namespace", "PersistentVolume", CLAIM)


@dataclass(frozen=True)
class Consent:
    """What the caller allows; the options of the same names."""

    steps: tuple[str, ...] = STEPS
    adopt: tuple[str, ...] = ()
    remove_unserved: tuple[str, ...] = ()
    empty_claims: tuple[str, ...] = ()
    rollback_allowed: bool = True
    rollback_reason: str | None = None
    confirm_reinstall: str | None = None
    has_backup_dir: bool = False
    gitops_suspended: bool = False


class Refusal(NamedTuple):
    code: str
    what: str
    why: str | None
    next_step: str
    details: dict[str, Any] | None = None


def of_busy(seen: Observation) -> Refusal:
    return Refusal(
        "pending",
        f"Release {seen.name} is {seen.newest.status if seen.newest else 'at work'}, and its helm may still be at work.",
        seen.busy,
        f"See helm history {seen.name} -n {seen.namespace} and wait while it runs. Where it is gone for sure, set stuck_after "
        "to fewer seconds than that, then run again.",
    )


def of_going(seen: Observation) -> Refusal:
    return Refusal(
        "terminating",
        f"Objects of the release are still being deleted: {'; '.join(seen.going)}.",
        going.WHY,
        going.NEXT,
    )


def of_gitops(seen: Observation) -> Refusal:
    return Refusal(
        "gitops",
        f"The release is managed by {', '.join(seen.tools)}, which would undo the repair.",
        "Its objects carry that tool's marks.",
        "Repair it where that tool takes it from, or suspend it for this release and say so (gitops_suspended), then run again.",
    )


def none_allowed(findings: Sequence[Finding], remedies: str) -> Refusal:
    if not remedies:
        return Refusal(
            "chart_does_not_fit",
            "No step of a repair helps: the chart or its values do not fit this cluster.",
            "; ".join(one.why for one in findings),
            "Correct the values or the objects that are named, or take another version of the chart; then run again.",
        )
    return Refusal(
        "step_not_allowed",
        "The release needs a repair, and none that helps is among the allowed steps.",
        "; ".join(one.why for one in findings),
        f"Allow one of these, mildest first: {remedies} (option steps), then run again.",
    )


def first(step: str, other: str, why: str) -> Refusal:
    return Refusal(
        "step_not_allowed",
        f"Step {step} cannot come before step {other}.",
        why[0].upper() + why[1:] + ".",
        f"Allow {other} too (option steps), then run again.",
    )


def _unnamed(consent: Iterable[str], labels: Iterable[str]) -> list[str]:
    """Those of the labels (Kind/name) that the consent does not name; ALL names each."""
    said = set(consent)
    return [one for one in dict.fromkeys(labels) if not {one, ALL} & said]


def _of_adopt(seen: Observation, consent: Consent) -> Refusal | None:
    living = [one for one in seen.foreign if one.living]
    if living:
        return Refusal(
            "foreign_owner",
            f"The release needs objects that somebody else has: {', '.join(one.label for one in living)}.",
            "; ".join(f"{one.label} {one.owner}" for one in living),
            "Give them another name in the values, or let their owner give them up. They are never taken from a living owner.",
            {"objects": [one.label for one in living]},
        )
    by_name = set(consent.adopt) - {ALL}
    unnamed = [
        name
        for said, are_holding in ((consent.adopt, False), (by_name, True))
        for name in _unnamed(said, (one.label for one in seen.foreign if (one.of[0] in HOLDING) is are_holding))
    ]
    if unnamed:
        return Refusal(
            "consent_needed",
            f"Nobody said that the release may have {', '.join(unnamed)}.",
            "; ".join(f"{one.label} {one.owner}" for one in seen.foreign),
            f"Look at them. If they are the release's, say so: adopt: [{', '.join(one.label for one in seen.foreign)}], then run "
            "again.",
            {"objects": unnamed},
        )
    return None


def _of_map_apis(seen: Observation, consent: Consent) -> Refusal | None:
    gone = [one.label for one in seen.unserved if one.successor is None]
    unnamed = _unnamed(consent.remove_unserved, gone)
    if unnamed:
        return Refusal(
            "consent_needed",
            f"The cluster serves no successor of {', '.join(unnamed)}.",
            "They cannot be in the cluster any more, and the stored manifest still has them.",
            f"Let them be taken out of it: remove_unserved: [{', '.join(dict.fromkeys(gone))}], or install what serves them; then "
            "run again.",
            {"objects": unnamed},
        )
    return None if consent.has_backup_dir else _no_backup_dir("the record as it is")


def _no_backup_dir(what: str) -> Refusal:
    return Refusal(
        "backup_needed",
        f"There is no place to save {what}.",
        "What is written over or removed is saved first.",
        "Give backup_dir, a folder of this machine, then run again.",
    )


def _of_restore_lost(seen: Observation, consent: Consent) -> Refusal | None:
    claims = [f"{CLAIM}/{one['name']}" for one in seen.missing if one["kind"] == CLAIM]
    unnamed = _unnamed(consent.empty_claims, claims)
    if unnamed:
        return Refusal(
            "consent_needed",
            f"{', '.join(unnamed)} is gone, with what it held.",
            "Put back it would be empty, and whoever uses it would begin anew.",
            "Bring the volume back from its own backup. Where an empty one will do, say so: "
            f"empty_claims: [{', '.join(unnamed)}], then run again.",
            {"objects": unnamed},
        )
    return None


def _of_upgrade(seen: Observation, consent: Consent) -> Refusal | None:
    return None if seen.has_chart else _no_chart("The next step is the same upgrade again, without --force.", seen)


def _no_chart(what: str, seen: Observation) -> Refusal:
    back = " Or go back instead: steps: [rollback]." if seen.last_good else ""
    return Refusal(
        "chart_needed",
        what,
        "For that the chart and the values must be given.",
        f"Give chart_ref (chart_repo_url, chart_version) and values_files, then run again.{back}",
    )


def _of_rollback(seen: Observation, consent: Consent) -> Refusal | None:
    if consent.rollback_allowed:
        return None
    target = seen.last_good
    return Refusal(
        "rollback_not_allowed",
        f"The release must not be rolled back to revision {target.revision if target else 'any'}.",
        consent.rollback_reason or "The option rollback_allowed says so.",
        "Go forward: remove what made the upgrade fail and upgrade again, or allow the rollback once its cause is dealt with.",
    )


_BY_HAND = "Milder, where these objects alone may go for a moment: delete them by hand and upgrade. "


def _refused_ones(seen: Observation) -> str:
    return f" The API server refuses: {'; '.join(seen.refused)}." if seen.refused else ""


def _of_reinstall(seen: Observation, consent: Consent) -> Refusal | None:
    if consent.confirm_reinstall != seen.name:
        return Refusal(
            "consent_needed",
            f"The next step is the last one: release {seen.name} would be uninstalled and installed again.",
            "All its objects go and come anew: addresses of load balancers may change, and whoever uses it is without it "
            "meanwhile." + _refused_ones(seen),
            f"{_BY_HAND if seen.refused else ''}If that is meant: confirm_reinstall: {seen.name}, with backup_dir and chart_ref; then run again.",
        )
    if not consent.has_backup_dir:
        return _no_backup_dir("the values and the objects of the release")
    return None if seen.has_chart else _no_chart("A release is installed again from its chart.", seen)


#: Step → why it cannot be taken, or None.
OF_STEP: dict[str, Callable[[Observation, Consent], Refusal | None]] = {
    ADOPT: _of_adopt,
    MAP_APIS: _of_map_apis,
    RESTORE_LOST: _of_restore_lost,
    UPGRADE: _of_upgrade,
    ROLLBACK: _of_rollback,
    REINSTALL: _of_reinstall,
}
