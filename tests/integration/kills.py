# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A playbook for the main deployment killed right after one of its writes: the same command gets to the same end."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from database_site import Database, files
from main_site import CLUSTER, Site

from lab import processes

#: Writes that do not say where a run is: it renews its lock by time.
LOCK_RENEWED = "update /apis/coordination.k8s.io"
LOCK = ("lease", "coder-classic--main-deployment")
#: Of what the server noted: statements of PostgreSQL's own programs that make, name or remove a whole database.
STATEMENT = re.compile(
    rb" coder coder\.classic \S+ LOG:  statement: ((?:CREATE|ALTER|DROP|COMMENT ON) DATABASE .*|COMMIT;)"
)


class Scene:
    """A saved state, the command, and what must be so at its end. demand_whole: what must be so at each kill.

    The folder of the site, with its values file and its snapshots, belongs to the state.
    """

    def __init__(
        self,
        site: Site,
        state: str,
        playbook: str,
        asked: dict[str, Any],
        demand_end: Callable[[], None],
        demand_whole: Callable[[], None] = lambda: None,
        *,
        is_once: bool = True,
    ) -> None:
        """is_once: a second run has nothing to do."""
        self.site, self.state, self.playbook, self.asked = site, state, playbook, asked
        self.demand_end, self.demand_whole = demand_end, demand_whole
        self.is_once = is_once
        self._folder, self._kept = site.values.parent, site.values.parent.with_name(f"{state}-kept")
        self._noted = 0
        shutil.copytree(self._folder, self._kept)
        site.lab.lab.snapshot(state)

    def begin(self) -> None:
        shutil.rmtree(self._folder)
        shutil.copytree(self._kept, self._folder)
        self.site.lab.begin(self.state)
        # The server forgets it with its lab.
        Database(self.site.lab).sql("ALTER SYSTEM SET log_statement = 'ddl'", "SELECT pg_reload_conf()")
        self._noted = self._log.stat().st_size

    @property
    def _log(self) -> Path:
        return processes.log_path(self.site.lab.state, "database")

    def writes(self) -> list[str]:
        """To the cluster, of whole databases, and files of snapshots; in this order, not in that in which they came."""
        found = [write for write in self.site.lab.cluster_writes(CLUSTER) if LOCK_RENEWED not in write]
        with self._log.open("rb") as log:
            log.seek(self._noted)
            found += [statement.decode() for statement in STATEMENT.findall(log.read())]
        return [*found, *(f"file {name}" for name in files(self.site))]

    def play(self) -> None:
        self.site.play(playbook=self.playbook, **self.asked).must_end_well()

    def killed_when(self, is_enough: Callable[[list[str]], bool]) -> list[str]:
        """What it had written."""
        self.begin()
        arguments = self.site.arguments(**self.asked)
        assert self.site.lab.operator.play_while(lambda: not is_enough(self.writes()), self.playbook, **arguments)
        self.demand_whole()
        return self.writes()

    def demand_same_end(self) -> None:
        self.play()
        self.demand_end()
        assert self.site.metadata(*LOCK) is None

    def demand_nothing_more(self) -> None:
        assert self.site.play(playbook=self.playbook, **self.asked).must_end_well().changed == {"localhost": 0}

    def kill_after_each(self, samples: list[Callable[[list[str]], bool]], *, every: bool) -> None:
        if every:
            self.begin()
            before = len(self.writes())
            self.play()
            # After the last one nothing is left to be killed for.
            samples = [enough(number) for number in range(before + 1, len(self.writes()))]
            print(f"\n{self.state}: {len(samples)} kills")
        for number, is_enough in enumerate(samples, 1):
            print(f"killed at {number}: {self.killed_when(is_enough)[-3:]}")
            self.demand_same_end()
        if self.is_once:
            self.demand_nothing_more()


def enough(number: int) -> Callable[[list[str]], bool]:
    return lambda writes: len(writes) >= number


def sample(*parts: str) -> list[Callable[[list[str]], bool]]:
    """As soon as a write with each of the parts was seen."""
    return [lambda writes, part=part: any(part in write for write in writes) for part in parts]
