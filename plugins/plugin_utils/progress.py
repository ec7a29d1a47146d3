# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shows what a module does while it does it.

The module appends lines to a private file; a thread shows them. On standard error, since that is not held back when the
output goes into a file or a pipe, and since standard output may be a callback's JSON. Private to this collection.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator

from ansible import constants as C

POLL_SECONDS = 0.5
#: Seconds after which somebody who watches is told that a task still goes on: the first time, and from then on.
FIRST_PULSE, NEXT_PULSE = 3.0, 15.0


def is_watched(action) -> bool:
    """Whether an action's module may and can be watched: elsewhere there is no such file, and an async task outlives its action."""
    task, here = action._task, action._connection.transport == "local"
    return here and not (task.async_val or task.no_log or task.args.get("progress_file"))


@contextlib.contextmanager
def never_silent(
    show: Callable[[str], None], title: str, pulses: tuple[float, float] = (FIRST_PULSE, NEXT_PULSE)
) -> Iterator[Callable[[str], None]]:
    """A show that notes when something was shown; where nothing is for so long, the title is, with how long it goes on."""
    begun, ended, lock = time.monotonic(), threading.Event(), threading.Lock()
    last = {"shown": begun, "pause": pulses[0]}

    def shown(line: str) -> None:
        with lock:
            last.update(shown=time.monotonic(), pause=pulses[1])
        show(line)

    def watch() -> None:
        while not ended.wait(max(0.05, last["shown"] + last["pause"] - time.monotonic())):
            now = time.monotonic()
            if now - last["shown"] >= last["pause"]:
                shown(f"{title} ... ({now - begun:.0f} s)")

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield shown
    finally:
        ended.set()
        watcher.join()


@contextlib.contextmanager
def shown_lines(show: Callable[[str], None]) -> Iterator[str]:
    """The path of a new file (0600); each line that is appended to it is shown, the last ones at the end."""
    file, path = tempfile.mkstemp(prefix="coder-workspace-rebuild-", dir=C.DEFAULT_LOCAL_TMP)
    ended = threading.Event()
    reader = threading.Thread(target=_show, args=(file, ended, show), daemon=True)
    try:
        reader.start()
        yield path
    finally:
        ended.set()
        reader.join()
        os.unlink(path)


def _show(file: int, ended: threading.Event, show: Callable[[str], None]) -> None:
    with open(file, encoding="utf-8", errors="replace") as appended:
        unfinished, last_look = "", False
        while not last_look:
            # What was appended before the end is still to be read after it.
            last_look = ended.wait(POLL_SECONDS)
            *lines, unfinished = (unfinished + appended.read()).split("\n")
            for line in lines:
                show(line)
