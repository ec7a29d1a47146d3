# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The last step: saved, uninstalled, waited for, installed again. Private to this collection.

What it needs after the release's record is gone is in a journal before that, so that a run that was killed is gone on with.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import (
    chart_archive,
    helm_command,
    helm_record,
    release_backup,
    release_report,
    uninstall,
    uninstall_precheck,
)
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_record import Release
from ansible_collections.coder.classic.plugins.module_utils._helm.manifest import identity, label, objects
from ansible_collections.coder.classic.plugins.module_utils._helm.repair import (
    addresses,
    candidate,
    claims,
    reinstall_journal,
    saved,
)
from ansible_collections.coder.classic.plugins.module_utils._helm.repair.reinstall_journal import Journal
from ansible_collections.coder.classic.plugins.module_utils._helm.repair.work import Work
from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade import pending, release_upgrade
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import unless_forbidden

#: Errors of an uninstall that was not begun.
BEFORE_IT = ("refused", "cluster_mismatch", "cluster_unproved")


def step(work: Work, write: bool) -> list[str]:
    """Raises ClassicError: ``refused`` and those of uninstall_precheck before the first write, ``backup_failed``, those of uninstall
    and release_upgrade.
    """
    newest, journal = work.seen.newest, work.journal
    saved.demand_writable(work.params["backup_dir"])
    to_uninstall = newest is not None and (not work.seen.unfinished or reinstall_journal.is_the_one(journal, newest))
    if to_uninstall:
        planned = _prechecked(work, newest)
        lines = [f"{name}: uninstalled" for name in _names(planned.doomed)]
        lines += [f"{name}: stays, as its policy says" for name in _names(planned.kept)]
    else:
        _refuse_other_chart(work, journal)
        lines = [f"{one['kind']}/{one['name']}: waited for until it is gone" for one in journal.doomed]
    lines.append(f"installed again from {work.chart.chart.name} {work.chart.chart.version}")
    if not write:
        return lines
    if to_uninstall:
        journal = _saved(work, newest, planned)
        _uninstall(work, newest, planned)
    elif newest is None:
        _wait(work, journal)
    _install(work, journal)
    _finish(work, journal)
    return lines


def _refuse_other_chart(work: Work, journal: Journal) -> None:
    name = work.chart.chart.name
    if name != journal.chart:
        raise _refused(
            work,
            f"The release that was uninstalled is one of chart {journal.chart}, not of {name}.",
            None,
            "Correct chart_ref, then run again, which goes on with the install.",
        )


def _prechecked(work: Work, newest: Release) -> uninstall_precheck.Plan:
    # helm uninstalls no pending revision; that nobody's helm is at work was seen before.
    as_failed = replace(newest, status="failed") if newest.status.startswith("pending-") else newest
    planned = uninstall_precheck.plan(work.cluster, as_failed, [], work.chart.chart.name)
    lost = [obj for obj in planned.doomed if obj["kind"] in claims.HOLDS_DATA]
    if lost:
        raise _refused(
            work,
            f"An uninstall would delete what holds data: {', '.join(_names(lost))}.",
            "They are in the stored manifest without the keep policy.",
            "Seal them with coder.classic.helm_release_keep (objects), then run again.",
        )
    rendered = candidate.rendered_objects(work.cluster, work.chart, newest.name, newest.namespace, None)
    refusals = candidate.new_refusals(work.cluster, rendered, newest.name, newest.namespace)
    if refusals:
        raise _refused(
            work,
            f"The API server would refuse {len(refusals)} object(s) of the install.",
            "; ".join(refusals),
            "Correct the chart or the values, then run again.",
        )
    return planned


def _saved(work: Work, newest: Release, planned: uninstall_precheck.Plan) -> Journal:
    """Values, objects and journal, each written and read back."""
    # Of this very record: after a reinstall the numbers begin anew, and an older backup is not written over.
    written = re.sub(r"\D", "", newest.updated or "")[:14] or "unknown"
    own = f"{newest.namespace}.{newest.name}.v{newest.revision}.{written}"
    directory = saved.folder(Path(work.params["backup_dir"]) / own)
    values = directory / f"{newest.name}.v{newest.revision}.values.yaml"
    saved.text(values, chart_archive.yaml_text(newest.config))
    made = _backed_up(work, directory)
    stored = objects(newest.manifest, newest.namespace)
    found = list(zip(stored, release_report.live_objects(work.cluster, stored), strict=True))
    # Of a run that was killed: some of what it saw may be gone already. One that was never begun counts for nothing.
    old = work.journal if work.seen.unfinished else None
    journal = Journal(
        cluster=unless_forbidden(work.cluster.uid) or "unknown",
        host=pending.host_label(),
        name=newest.name,
        namespace=newest.namespace,
        revision=newest.revision,
        updated=newest.updated,
        chart=newest.chart_name,
        values_file=str(values),
        backup_file=made["path"],
        backup_sha256=made["sha256"],
        doomed=_with_uids(planned),
        addresses={**addresses.addresses(found), **(old.addresses if old else {})},
        hosts=addresses.hosts(stored),
        claims={**(claims.look(work.cluster, newest.namespace) or {}), **(old.claims if old else {})},
        note=work.params["note"],
    )
    reinstall_journal.write(work.journal_file, journal)
    if reinstall_journal.read(work.journal_file) != journal:
        raise _refused(
            work, "What the reinstall noted reads differently.", None, "Choose another backup_dir, then run again."
        )
    work.files.extend([str(values), made["path"], str(work.journal_file)])
    work.said.append(f"The values are in {values}, the objects in {made['path']}; both hold secrets.")
    return journal


def _backed_up(work: Work, directory: Path) -> dict[str, Any]:
    try:
        made = release_backup.run(work.cluster, {**work.params, "directory": str(directory)}, False)
        content = Path(made["path"]).read_bytes()
    except OSError as error:
        raise _refused(
            work,
            "The backup cannot be written.",
            str(error),
            "Make backup_dir writable or choose another one, then run again.",
        ) from error
    if hashlib.sha256(content).hexdigest() != made["sha256"]:
        raise _refused(work, "The backup reads differently than it was written.", None, "Choose another backup_dir.")
    return made


def _with_uids(planned: uninstall_precheck.Plan) -> list[dict[str, Any]]:
    return [
        {key: obj[key] for key in ("api_version", "kind", "namespace", "name")}
        | {"uid": planned.before[identity(obj)]["uid"]}
        for obj in planned.doomed
    ]


def _uninstall(work: Work, newest: Release, planned: uninstall_precheck.Plan) -> None:
    work.demand()
    work.cluster.prove_identity()
    if newest.status.startswith("pending-"):
        newest = pending.give_up(work.cluster, newest)
    helm = helm_command.helm_for(work.cluster.access, work.params["helm_binary"], work.own_folder())
    work.tell(f"uninstalling release {newest.name}")
    try:
        uninstall.carry_out(work.cluster, helm, newest, planned, uninstall.Deadline(work.params["timeout"]), work.tell)
    except ClassicError as error:
        raise _half_way(work, error) from error


def _wait(work: Work, journal: Journal) -> None:
    """For what a run that was killed left going."""
    doomed = [{**one, "document": {}, "keep": False, "goes": True} for one in journal.doomed]
    planned = uninstall_precheck.Plan([], doomed, {identity(one): {"uid": one["uid"]} for one in doomed})
    try:
        uninstall.wait_until_gone(work.cluster, planned, uninstall.Deadline(work.params["timeout"]), work.tell)
    except ClassicError as error:
        raise _half_way(work, error) from error


def _half_way(work: Work, error: ClassicError) -> ClassicError:
    """The same error, with the way on that there is here; one from before the uninstall as it is."""
    if error.code in BEFORE_IT:
        return error
    error.changed = True
    error.next_step = (
        "Wait until they are gone, then run this again with the same options: it goes on where it stopped. "
        f"Values, objects and what it noted are in {work.params['backup_dir']}."
    )
    return error


def _install(work: Work, journal: Journal) -> None:
    # Not atomic: helm would uninstall what fails, with all that the chart has and the old manifest alone would keep.
    params = {**work.params, "install": True, "atomic": False, "values_files": work.chart.values.paths}
    work.tell(f"installing release {journal.name}")
    try:
        result = release_upgrade.run(work.cluster, params, False, work.own_folder(), tell=work.tell, demand=work.demand)
    except ClassicError as error:
        error.changed = True
        error.untouched = f"Values and objects as they were are in {journal.values_file} and {journal.backup_file}."
        error.next_step = (
            f"{error.next_step or 'Remove the cause, then run again.'} The next run goes on with the install."
        )
        raise
    work.said.extend(result["said"])


def _finish(work: Work, journal: Journal) -> None:
    claims.prove(work.cluster, journal.namespace, journal.claims)
    now = helm_record.current(work.cluster, journal.namespace, journal.name)
    stored = objects(now.manifest, now.namespace) if now else []
    after = addresses.addresses(zip(stored, release_report.live_objects(work.cluster, stored), strict=True))
    hosts = {**journal.hosts, **addresses.hosts(stored)}
    work.addresses.extend(addresses.changes(journal.addresses, after, hosts))
    work.said.extend(addresses.lines(work.addresses))
    work.journal_file.unlink(missing_ok=True)
    with_file = str(work.journal_file)
    work.files[:] = [one for one in work.files if one != with_file]


def _names(found: list[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(label(identity(obj)) for obj in found))


def _refused(work: Work, what: str, why: str | None, next_step: str) -> ClassicError:
    return ClassicError(
        what,
        code="refused",
        where=work.place,
        why=why,
        untouched="Nothing was changed in the cluster.",
        next_step=next_step,
    )
