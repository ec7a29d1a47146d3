# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every step of the ladder gets. Private to this collection."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._helm.repair.candidate import Candidate
from ansible_collections.coder.classic.plugins.module_utils._helm.repair.diagnose import Observation
from ansible_collections.coder.classic.plugins.module_utils._helm.repair.reinstall_journal import Journal
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster


@dataclass
class Work:
    """said, files and addresses grow: what a person should know, paths that were written, addresses before and after. demand is
    called before each write and may raise.
    """

    cluster: Cluster
    params: dict[str, Any]
    folder: str
    seen: Observation
    chart: Candidate | None
    journal: Journal | None
    journal_file: Path | None
    tell: Callable[[str], None]
    demand: Callable[[], None]
    said: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    addresses: list[dict[str, Any]] = field(default_factory=list)

    def own_folder(self) -> str:
        """A new one (0700) for a run of helm, whose files lie in no other's way."""
        return tempfile.mkdtemp(dir=self.folder)

    @property
    def place(self) -> str:
        newest = self.seen.newest
        release = newest.place if newest else f"release {self.seen.name} in namespace {self.seen.namespace}"
        return f"{release}, {self.cluster.where}"
