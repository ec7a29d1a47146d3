# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A release that is not well, mended with the mildest step that helps: from the options to the result. Private to this
collection.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import release_report
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_record import Release
from ansible_collections.coder.classic.plugins.module_utils._helm.repair import (
    candidate,
    claims,
    ladder,
    observe,
    refusals,
    reinstall_journal,
    steps,
)
from ansible_collections.coder.classic.plugins.module_utils._helm.repair.diagnose import Finding, diagnose
from ansible_collections.coder.classic.plugins.module_utils._helm.repair.step_names import STEPS
from ansible_collections.coder.classic.plugins.module_utils._helm.repair.work import Work
from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade import release_upgrade
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster, unless_forbidden

#: What holds where nobody says otherwise, besides what an upgrade needs (release_upgrade.DEFAULTS).
DEFAULTS = {
    **release_upgrade.DEFAULTS,
    "chart_ref": None,
    "values_files": [],
    "helm_binary": "helm",
    "steps": list(STEPS),
    "up_to": None,
    "stuck_after": None,
    "adopt": [],
    "remove_unserved": [],
    "empty_claims": [],
    "rollback_allowed": True,
    "rollback_reason": None,
    "confirm_reinstall": None,
    "backup_dir": None,
    "note": None,
}
UNTOUCHED = "Nothing was changed."


def run(
    cluster: Cluster,
    params: dict[str, Any],
    check_mode: bool,
    folder: str,
    *,
    tell: Callable[[str], None] = lambda line: None,
    demand: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """The module's result; params: its options, over DEFAULTS, and ``note`` (JSON) for the journal of a reinstall; folder (0700)
    takes the files for helm. demand is called before each write and may raise.

    Raises ClassicError: the refusals of ladder.decide, ``release_not_found`` where there is neither a release nor anything to do
    for one, and what the steps raise.
    """
    params = with_defaults(params)
    consent = consent_of(params)
    chart = candidate.fetch(cluster, params, folder) if params["chart_ref"] else None
    held = claims.look(cluster, params["namespace"])
    work = _look(cluster, params, folder, chart, tell, demand)
    if held is None:
        work.said.append("PersistentVolumeClaims may not be read here: that they stay is not proved.")
    findings = diagnose(work.seen)
    if work.seen.newest is None and not findings:
        raise release_report.not_found(cluster, params["namespace"], params["name"])
    decision = ladder.decide(work.seen, findings, consent)
    result: dict[str, Any] = {"findings": [one._asdict() for one in findings], "taken": []}
    while decision.step and (not result["taken"] or _may_go_on(result["taken"], decision, params["up_to"])):
        if decision.refusal:
            break
        if check_mode:
            did = steps.BY_NAME[decision.step](work, False)
            result["taken"].append(_entry(decision, did))
            return _end(work, decision, ladder.after(decision.plan, decision.step), result, changed=True)
        work, findings, decision = _take(work, decision, consent, result, held)
    if decision.refusal and not result["taken"]:
        raise _refused(work, decision)
    if decision.refusal and params["up_to"]:
        work.said.append(f"Not gone on with: {decision.refusal.what} {decision.refusal.next_step}")
    return _end(work, decision, decision.step, result, changed=bool(result["taken"]))


def with_defaults(params: dict[str, Any]) -> dict[str, Any]:
    found = {**DEFAULTS, **{name: value for name, value in params.items() if value is not None}}
    # As long as a helm may take that upgrades and goes back (release_upgrade).
    if found["stuck_after"] is None:
        found["stuck_after"] = 2 * found["timeout"] + release_upgrade.RENDER_SECONDS
    return found


def consent_of(params: dict[str, Any]) -> refusals.Consent:
    return refusals.Consent(
        steps=tuple(params["steps"]),
        adopt=tuple(params["adopt"]),
        remove_unserved=tuple(params["remove_unserved"]),
        empty_claims=tuple(params["empty_claims"]),
        rollback_allowed=params["rollback_allowed"],
        rollback_reason=params["rollback_reason"],
        confirm_reinstall=params["confirm_reinstall"],
        has_backup_dir=bool(params["backup_dir"]),
        gitops_suspended=params["gitops_suspended"],
    )


def _look(
    cluster: Cluster,
    params: dict[str, Any],
    folder: str,
    chart: candidate.Candidate | None,
    tell: Callable[[str], None],
    demand: Callable[[], None],
) -> Work:
    file = journal = None
    if params["backup_dir"]:
        uid = unless_forbidden(cluster.uid) or "unknown"
        file = reinstall_journal.path(params["backup_dir"], uid, params["name"], params["namespace"])
        journal = reinstall_journal.read(file)
    history = observe.revisions(cluster, params["namespace"], params["name"], complete=journal is not None)
    if chart and not params["values_files"]:
        chart = _with_its_own_values(chart, history[-1] if history else None, journal)
    seen = observe.observe(cluster, params, history, chart, journal)
    return Work(cluster, params, folder, seen, chart, journal, file, tell, demand)


def _with_its_own_values(
    chart: candidate.Candidate, newest: Release | None, journal: reinstall_journal.Journal | None
) -> candidate.Candidate:
    """Those of the newest revision, which is the one that failed; where there is none, those that were saved."""
    if newest is not None:
        return candidate.with_values(chart, newest.config)
    return candidate.with_files(chart, [journal.values_file]) if journal else chart


def _may_go_on(taken: list[dict[str, Any]], decision: ladder.Decision, up_to: str | None) -> bool:
    """A further step in the same run: only as far as the caller said, and none twice. Pure."""
    is_new = all(one["step"] != decision.step for one in taken)
    return up_to is not None and is_new and STEPS.index(decision.step) <= STEPS.index(up_to)


def _take(
    work: Work, decision: ladder.Decision, consent: refusals.Consent, result: dict[str, Any], held: claims.Held | None
) -> tuple[Work, list[Finding], ladder.Decision]:
    """The step, the proof that it helped, and what is to do after it."""
    did = steps.BY_NAME[decision.step](work, True)
    result["taken"].append(_entry(decision, did))
    claims.prove(work.cluster, work.seen.namespace, held)
    now = _look(work.cluster, work.params, work.folder, work.chart, work.tell, work.demand)
    now = replace(now, said=work.said, files=work.files, addresses=work.addresses)
    findings = diagnose(now.seen)
    same = [one for one in findings if one.problem == decision.finding.problem]
    if same:
        heavier = ladder.after(decision.plan, decision.step)
        raise ClassicError(
            f"Step {decision.step} ended well and did not help.",
            code="verify_failed",
            where=now.place,
            why="; ".join(one.why for one in same),
            untouched="Namespace and PersistentVolumeClaims are the same as before.",
            next_step=f"The next step is {heavier}: steps: [{heavier}]."
            if heavier
            else "See helm history and the events.",
            details={"taken": result["taken"]},
            changed=True,
        )
    return now, findings, ladder.decide(now.seen, findings, consent)


def _entry(decision: ladder.Decision, did: list[str]) -> dict[str, Any]:
    return {"step": decision.step, "why": decision.finding.why, "did": did}


def _end(
    work: Work, decision: ladder.Decision, following: str | None, result: dict[str, Any], *, changed: bool
) -> dict[str, Any]:
    newest = work.seen.newest
    found = [f"{one['problem']}: {one['why']}" for one in result["findings"]]
    did = [f"{one['step']}: {line}" for one in result["taken"] for line in one["did"]]
    return {
        **result,
        "changed": changed,
        "diff": {
            "before": "".join(f"{line}\n" for line in found if did),
            "after": "".join(f"{line}\n" for line in did),
        },
        "next": following,
        "plan": [{"step": step, "why": why} for step, why in decision.plan],
        "release": release_report.summary(newest) if newest else None,
        "said": work.said,
        "files": work.files,
        "addresses": work.addresses,
    }


def _refused(work: Work, decision: ladder.Decision) -> ClassicError:
    refusal = decision.refusal
    plan = [{"step": step, "why": why} for step, why in decision.plan]
    return ClassicError(
        refusal.what,
        code=refusal.code,
        where=work.place,
        why=refusal.why,
        untouched=UNTOUCHED,
        next_step=refusal.next_step,
        details={**(refusal.details or {}), "plan": plan},
    )
