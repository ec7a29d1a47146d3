# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the module of the same name, and shows what happens to the pods meanwhile."""

from __future__ import annotations

from ansible_collections.coder.classic.plugins.modules import helm_release_repair
from ansible_collections.coder.classic.plugins.plugin_utils import in_process


class ActionModule(in_process.ActionModule):
    MODULE = helm_release_repair

    def run(self, tmp=None, task_vars=None):
        return self.watched(self._task.args, task_vars, whose=str(self._task.args.get("name", "")))
