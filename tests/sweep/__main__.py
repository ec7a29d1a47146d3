# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""``make sweep``: tries everything of attempts.py, says how far it is, and ends with a table of what was tried.

Exit status: 0, 1 (something was written without its consent, or ended in raw words), 130 (Ctrl-C).
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from subprocess import TimeoutExpired
from typing import Any

import stages
from region_lab import RegionLab
from site_runs import CHECKOUT

from ansible_collections.coder.classic.plugins.module_utils._site.variables import TABLE
from lab import endings, snapshots
from sweep import attempts, judge
from sweep.attempts import Attempt

REFUSED, WELL, BAD = "refused", "ended well", "NOT GUARDED"


def main() -> int:
    options = parser().parse_args()
    endings.end_on_signals(lambda _number: KeyboardInterrupt())
    chosen = [
        one
        for one in attempts.attempts(CHECKOUT, TABLE)
        if one.part in options.parts and one.phase in options.phases and one.playbook in options.playbooks
    ][options.first :: options.every]
    if options.list:
        print(*(f"{one.phase}: {one.command}" for one in chosen), f"{len(chosen)} attempts", sep="\n")
        return 0
    lab = RegionLab.up(options.state.resolve(), options.kubernetes)
    try:
        return Sweep(lab, CHECKOUT / "build" / "sweep").run(chosen)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    finally:
        if not options.keep_lab:
            lab.down()


class Sweep:
    """outputs: folder for what the runs said that were not as they should be."""

    def __init__(self, lab: RegionLab, outputs: Path) -> None:
        self.lab, self.outputs = lab, outputs
        self.tried: Counter[tuple[str, str, str, str]] = Counter()
        self.bad: list[str] = []
        self._phase = ""
        self._before: dict[str, Any] = {}

    def run(self, chosen: list[Attempt]) -> int:
        self.outputs.mkdir(parents=True, exist_ok=True)
        if not set(attempts.PHASES) <= set(snapshots.names(self.lab.state)):
            stages.save(self.lab)
        started = time.monotonic()
        try:
            for number, attempt in enumerate(chosen, 1):
                outcome = self.try_one(number, attempt)
                self.tried[attempt.part, attempt.phase, attempt.playbook, outcome] += 1
                passed = time.strftime("%H:%M:%S", time.gmtime(time.monotonic() - started))
                print(
                    f"[{number}/{len(chosen)} {passed}] {attempt.phase}: {attempt.command[:150]}: {outcome}", flush=True
                )
        finally:
            print(*self.table(), *self.bad, sep="\n")
        return 1 if self.bad else 0

    def try_one(self, number: int, attempt: Attempt) -> str:
        self._set_up(attempt.phase)
        operator = replace(self.lab.operator, more=dict(attempt.environment))
        # What the attempt gives comes last, and wins.
        arguments = ["-e", f"coder_backup_dir={self.lab.state / 'backups'}", *attempt.arguments]
        try:
            run = operator.play(attempt.playbook, *arguments, limit="frankfurt")
            status, output = run.status, run.output
        except TimeoutExpired:
            status, output = None, "it did not end"
        writes = (self.lab.coder_writes(), self.lab.cluster_writes())
        wrong = judge.unconsented(attempt, *writes)
        if any(writes):
            wrong += judge.lost(self._before, self._look())
            self._phase = ""
        if status is None or judge.raw(attempt, status, output):
            wrong.append("raw words, or none: see the output")
        if not wrong:
            return REFUSED if status else WELL
        file = self.outputs / f"{number}.txt"
        file.write_text(f"{attempt.phase}: {attempt.command}\n" + "\n".join(wrong) + f"\n\n{output}")
        self.bad.append(f"{BAD} in phase {attempt.phase}: {attempt.command}: {'; '.join(wrong)[:400]} ({file})")
        return BAD

    def _set_up(self, phase: str) -> None:
        """The saved state, unless the last attempt left it as it was."""
        if phase != self._phase:
            self.lab.begin(phase)
            self._phase, self._before = phase, self._look()
        self.lab.forget()

    def _look(self) -> dict[str, Any]:
        lab, name = self.lab, judge.REGION
        provider, scale = lab.provider(name), ("get", "deployment", "envproxy", "-o", "jsonpath={.spec.replicas}")
        leases = lab.kubectl("primary", "get", "leases", "-A", "-o", "name").split()
        return {
            "provider": {key: provider[key] for key in ("status", "enable_net_v2", "cordoned")},
            "uids": lab.uids(name),
            "revisions": lab.revisions(name),
            "replicas": int(lab.kubectl(name, *scale)),
            "built": {one: its["last_built_at"] for one, its in lab.workspaces(name).items()},
            "locks": [lease for lease in leases if "coder-classic" in lease],
        }

    def table(self) -> list[str]:
        """How often what was tried, and how it ended."""
        rows = sorted({key[:3] for key in self.tried})
        form = "{:<12}{:<12}{:<22}{:>9}{:>12}{:>13}"
        lines = ["", form.format("part", "phase", "playbook", REFUSED, WELL, BAD)]
        lines += [form.format(*row, *(self.tried[(*row, one)] for one in (REFUSED, WELL, BAD))) for row in rows]
        return [*lines, f"{sum(self.tried.values())} attempts, {len(self.bad)} not guarded"]


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="make sweep SWEEP='...'", description=__doc__)
    every, several = (
        "only every so many-th attempt; two commands, with --every 2 and each a --first and a --state, share the work",
        {"nargs": "+", "metavar": "NAME"},
    )
    playbooks = (*attempts.CHANGING, *attempts.LOOKING)
    top.add_argument("--every", type=int, default=1, metavar="N", help=every)
    top.add_argument("--first", type=int, default=0, metavar="N", help="begin with this one, counted from 0")
    top.add_argument("--parts", choices=attempts.PARTS, default=attempts.PARTS, **several)
    top.add_argument("--phases", choices=list(attempts.PHASES), default=list(attempts.PHASES), **several)
    top.add_argument("--playbooks", choices=playbooks, default=playbooks, **several)
    top.add_argument("--list", action="store_true", help="only say what would be tried")
    top.add_argument("--kubernetes", default="1.21", help="default: %(default)s")
    top.add_argument("--state", type=Path, default=CHECKOUT / "build" / "lab-sweep", help="the lab's folder")
    top.add_argument("--keep-lab", action="store_true", help="let the lab run on")
    return top


if __name__ == "__main__":
    sys.exit(main())
