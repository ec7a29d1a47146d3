# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps this run's lock renewed while something takes long. Private to this collection."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster
from ansible_collections.coder.classic.plugins.module_utils._lock import lease, lease_state

# After a renewal that failed, since the lock goes stale meanwhile.
RETRY_SECONDS = 10
# A renewal under way has its own deadline, and nobody is to wait for it at the end.
JOIN_SECONDS = 2


class Lock:
    """lost: why the lock is not ours any more, once a renewal has found that."""

    def __init__(self, renew: Callable[[], None], seconds: int, now: Callable[[], datetime], renewed: datetime) -> None:
        self.lost: ClassicError | None = None
        self.ended = threading.Event()
        self._renew, self._seconds, self._now = renew, seconds, now
        self._renewed = renewed

    def demand_held(self) -> None:
        """To be called before each write. Raises ClassicError ``lock_lost``, or what keeps it from being renewed when
        it has not been for so long that it may be stale.
        """
        if not self.lost and self._now() - self._renewed >= timedelta(seconds=self._seconds):
            self.renew()
        if self.lost:
            raise self.lost

    def renew(self) -> None:
        began = self._now()
        try:
            self._renew()
        except ClassicError as error:
            if error.code == "lock_lost":
                self.lost = error
            raise
        self._renewed = began

    def keep(self) -> None:
        """Renews every third of the duration, until the end or until the lock is lost."""
        usual = self._seconds / 3
        pause = usual
        while not self.lost and not self.ended.wait(pause):
            try:
                self.renew()
                pause = usual
            except Exception:  # noqa: BLE001
                # Whoever demands the lock is told when it matters; a network that fails for a minute does not.
                pause = min(RETRY_SECONDS, usual)


@contextlib.contextmanager
def held(
    cluster: Cluster,
    namespace: str,
    name: str,
    run: dict[str, str],
    *,
    seconds: int = lease_state.SECONDS,
    now: Callable[[], datetime] = lease.utc_now,
    acquired: datetime | None = None,
) -> Iterator[Lock]:
    """A lock that this run has acquired before: renewed at once and from then on, and not released at the end. acquired: when
    that was, or when it was renewed, a moment ago (by now), so that the first renewal can wait.

    Raises ClassicError ``lock_lost`` when this run does not hold it, and those of lease.renew.
    """
    renew = partial(lease.renew, cluster, namespace, name, run, seconds=seconds, now=now)
    lock = Lock(renew, seconds, now, acquired or now())
    if acquired is None:
        lock.renew()
    keeper = threading.Thread(target=lock.keep, name=f"renews {name}", daemon=True)
    keeper.start()
    try:
        yield lock
    finally:
        lock.ended.set()
        keeper.join(JOIN_SECONDS)
