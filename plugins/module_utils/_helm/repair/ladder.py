# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which step is taken, if any, and which one would be next. Pure; private to this collection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ansible_collections.coder.classic.plugins.module_utils._helm.repair import refusals
from ansible_collections.coder.classic.plugins.module_utils._helm.repair.diagnose import Finding, Observation
from ansible_collections.coder.classic.plugins.module_utils._helm.repair.refusals import Consent, Refusal
from ansible_collections.coder.classic.plugins.module_utils._helm.repair.step_names import (
    ADOPT,
    MAP_APIS,
    REINSTALL,
    RESTORE_LOST,
    ROLLBACK,
    STEPS,
    UPGRADE,
)

#: What has to be done before these, since helm or the API server would fail with it.
WITH_OBJECTS_OF_ALL_APIS = (RESTORE_LOST, UPGRADE, ROLLBACK, REINSTALL)
WITH_A_CHART = (UPGRADE, REINSTALL)


@dataclass(frozen=True)
class Decision:
    """step None: nothing is done, either since nothing is wrong or since of the remedies none is allowed. plan: what would be
    done from here on, mildest first, as (step, why).
    """

    step: str | None
    finding: Finding | None
    refusal: Refusal | None
    plan: list[tuple[str, str]] = field(default_factory=list)


def decide(seen: Observation, findings: Sequence[Finding], consent: Consent) -> Decision:
    remedies = _remedies(findings)
    plan = [(step, one.why) for step, one in remedies]
    if not findings:
        return Decision(None, None, None, plan)
    allowed = [(step, one) for step, one in remedies if step in consent.steps]
    if seen.busy:
        return Decision(None, None, refusals.of_busy(seen), plan)
    if not allowed:
        return Decision(None, None, refusals.none_allowed(findings, ", ".join(step for step, _why in plan)), plan)
    if seen.tools and not consent.gitops_suspended:
        return Decision(None, None, refusals.of_gitops(seen), plan)
    step, finding = allowed[0]
    return Decision(step, finding, _refusal(seen, findings, step, consent), plan)


def after(plan: Iterable[tuple[str, str]], step: str) -> str | None:
    """The heavier step that is left where this one does not help. Pure."""
    return next((other for other, _why in plan if STEPS.index(other) > STEPS.index(step)), None)


def _remedies(findings: Sequence[Finding]) -> list[tuple[str, Finding]]:
    """Each step once, mildest first."""
    found: dict[str, Finding] = {}
    for finding in findings:
        for step in finding.remedies:
            found.setdefault(step, finding)
    return sorted(found.items(), key=lambda one: STEPS.index(one[0]))


def _refusal(seen: Observation, findings: Sequence[Finding], step: str, consent: Consent) -> Refusal | None:
    """Why the step that is due cannot be taken."""
    problems = {one.problem for one in findings}
    if step in WITH_OBJECTS_OF_ALL_APIS and "unserved_apis" in problems:
        return refusals.first(step, MAP_APIS, "helm fails with what the cluster does not serve, or deletes nothing")
    if step in WITH_A_CHART and "foreign_objects" in problems:
        return refusals.first(step, ADOPT, "helm refuses objects that exist and are not the release's")
    if step in (ROLLBACK, RESTORE_LOST) and seen.going:
        return refusals.of_going(seen)
    return refusals.OF_STEP[step](seen, consent)
