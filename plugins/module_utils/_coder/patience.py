# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""An end to every wait for the network. Private to this collection.

A socket's own timeout begins anew with every byte: a server that trickles, or only pings, would be awaited for ever.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import Any

#: Seconds between two looks at something that takes a while.
POLL_SECONDS = 2.0


def pause(waited: float) -> float:
    """Until the next look: shorter at first, so that what ends at once is not waited for. Pure."""
    return min(POLL_SECONDS, 0.5 + waited / 10)


def within(seconds: float, call: Callable[[], Any]) -> Any:
    """What call() returns or raises; TimeoutError after so many seconds.

    Then the call is left to a thread that neither this process nor anything else waits for.
    """
    ended: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()

    def run() -> None:
        try:
            ended.put((call(), None))
        except BaseException as error:  # noqa: BLE001 - raised below, in the caller's thread
            ended.put((None, error))

    threading.Thread(target=run, daemon=True).start()
    try:
        value, error = ended.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError(f"it did not end within {seconds:g} seconds") from None
    if error is not None:
        raise error
    return value
