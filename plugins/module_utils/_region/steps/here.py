# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a step works with: Coder, the region's clusters, helm's folder, and who watches. Private to this collection."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import times
from ansible_collections.coder.classic.plugins.module_utils._coder.api import Coder
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import side_by_side
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster
from ansible_collections.coder.classic.plugins.module_utils._region import record
from ansible_collections.coder.classic.plugins.module_utils._step_tools import StepTools

View = dict[str, Any]


@dataclass
class Here(StepTools):
    """wanted: wanted.wanted of the options. connect: from access options to a Cluster, the same one for the same access.

    tell gets lines for whoever watches; look answers the region anew; clock and sleep are replaced in tests. folder (0700)
    takes helm's files. lock: what the run holds (see lock.py), None in a check run. afterwards are called with the look
    after the act.
    """

    coder: Coder
    wanted: dict[str, Any]
    connect: Callable[[dict[str, Any]], Cluster]
    look: Callable[[], View]
    folder: str
    check_mode: bool = False
    tell: Callable[[str], None] = lambda line: None
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    lock: Any = None
    said: list[str] = field(default_factory=list)
    afterwards: list[Callable[[View], None]] = field(default_factory=list)

    @property
    def region(self) -> str:
        return self.wanted["region"]

    @property
    def cluster(self) -> Cluster:
        """The provider's."""
        return self.connect(self.wanted)

    @property
    def satellite_cluster(self) -> Cluster:
        return self.connect(self.wanted["satellite"])

    @property
    def namespace(self) -> str:
        """Of the provider's release and its workspaces."""
        return self.wanted["namespace"]

    def connect_ahead(self) -> None:
        """Asks what the act asks first: the provider's cluster which one it is, and Coder its time. Both are far away, and
        an act that cannot reach them says so itself.
        """

        def prove() -> None:
            # Also where the access itself is no good.
            self.cluster.prove_identity()

        def ask(read: Callable[[], Any]) -> None:
            with contextlib.suppress(ClassicError):
                read()

        side_by_side.each(ask, (prove, self.coder.server_time))

    def now(self, *, anew: bool = False) -> str:
        """Coder's clock, as the record keeps times, by its newest answer; anew: by one that it gives only now."""
        return times.rfc3339(self.coder.server_time(anew=anew))

    def note(self, **changes: str | None) -> None:
        """Keys of the record to set, or with None to remove."""
        self.demand_lock()
        record.write(self.cluster, self.namespace, changes)

    def say(self, text: str) -> None:
        """For the result: what an operator wants to know afterwards."""
        self.said.append(text)
