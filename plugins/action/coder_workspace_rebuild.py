# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the module of the same name as it is, and shows what it does while it does it.

The module appends lines to a private file; a thread shows them. On standard error, since that is not held back when the
output goes into a file or a pipe, and since standard output may be a callback's JSON.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
from collections.abc import Callable, Iterator

from ansible import constants as C
from ansible.plugins.action.normal import ActionModule as NormalAction
from ansible.utils.display import Display

POLL_SECONDS = 0.5

display = Display()


class ActionModule(NormalAction):
    def run(self, tmp=None, task_vars=None):
        given = self._task.args
        if not self._is_watched():
            return super().run(tmp, task_vars)
        with shown_lines(lambda line: display.display(f"{given.get('provider')}: {line}", stderr=True)) as path:
            self._task.args = {**given, "progress_file": path}
            try:
                return super().run(tmp, task_vars)
            finally:
                # The same task may be tried again, with another file.
                self._task.args = given

    def _is_watched(self) -> bool:
        # Elsewhere there is no such file, and an async task outlives this action.
        here = self._connection.transport == "local" and not self._task.async_val
        return here and not (self._task.no_log or self._task.check_mode or self._task.args.get("progress_file"))


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
