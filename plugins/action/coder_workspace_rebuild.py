# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the module of the same name as it is, and shows what it does while it does it."""

from __future__ import annotations

from ansible.plugins.action.normal import ActionModule as NormalAction
from ansible.utils.display import Display

from ansible_collections.coder.classic.plugins.plugin_utils.progress import is_watched, shown_lines

display = Display()


class ActionModule(NormalAction):
    def run(self, tmp=None, task_vars=None):
        given = self._task.args
        if not is_watched(self):
            return super().run(tmp, task_vars)
        with shown_lines(lambda line: display.display(f"{given.get('provider')}: {line}", stderr=True)) as path:
            self._task.args = {**given, "progress_file": path}
            try:
                return super().run(tmp, task_vars)
            finally:
                # The same task may be tried again, with another file.
                self._task.args = given
