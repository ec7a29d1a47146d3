# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run at a time works on a region: its lock lies in the main deployment's namespace, or, where the site does not name
that cluster, in the provider's. Private to this collection.
"""

from __future__ import annotations

import contextlib

from ansible_collections.coder.classic.plugins.module_utils._lock import lease, names, step_lock
from ansible_collections.coder.classic.plugins.module_utils._region.steps.here import Here


def held(here: Here) -> contextlib.AbstractContextManager[step_lock.Holding]:
    """The region's lock, kept for the run's next step. Raises ClassicError ``locked``: another run has it."""
    wanted = here.wanted
    return step_lock.held(
        _place(here),
        wanted["run"],
        takeover=wanted["consent_takeover"],
        purpose=f"{wanted['goal']} region {here.region}",
        of=f"region {here.region}",
        say=here.say,
        word=here.region,
    )


def release(here: Here) -> bool:
    """Whether this run held it."""
    run = here.wanted["run"]
    return bool(run) and lease.release(*_place(here), run, write=not here.check_mode)


def _place(here: Here) -> step_lock.Place:
    primary, name = here.wanted["primary"], names.of_region(here.region)
    if primary:
        return step_lock.Place(here.connect(primary), primary["namespace"], name)
    return step_lock.Place(here.cluster, here.namespace, name)
