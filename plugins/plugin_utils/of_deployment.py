# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action of a module that concerns the main deployment: its options are what the variables of all hosts say.

Private to this collection.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._site import intake
from ansible_collections.coder.classic.plugins.module_utils._site import of_deployment as deployment
from ansible_collections.coder.classic.plugins.module_utils._site.variables import BY_NAME
from ansible_collections.coder.classic.plugins.plugin_utils import in_process, site

VALUES_FILE = "coder-values.yaml"


class ActionModule(in_process.ActionModule):
    """OPTIONS: of_deployment.LOOK or STEP."""

    OPTIONS: dict[str, str]

    def run(self, tmp=None, task_vars=None):
        if "url" in self._task.args:
            # Whoever gives the options does not mean the variables.
            return self.watched(self._task.args, task_vars, whose="coder")
        values, wrong = taken(self._templar.template, task_vars)
        if self.OPTIONS is deployment.STEP:
            wrong += unknown(task_vars)
        if wrong:
            return site.refusal(wrong)
        options = deployment.options(values, self.OPTIONS)
        if self.OPTIONS is deployment.STEP:
            options.setdefault("values_file", site.beside_inventory(task_vars, VALUES_FILE))
        options["backup_dir"] = site.backup_dir(values, task_vars)
        return self.watched({**options, **self.more(task_vars), **self._task.args}, task_vars, whose="coder")

    def more(self, _task_vars) -> dict[str, Any]:
        """Options that no variable gives."""
        return {}


def unknown(task_vars):
    """What is refused where it may have been meant to narrow what is done, or to consent to it."""
    return intake.unknown((name for name in task_vars if name not in BY_NAME), deployment.WHERE)


def taken(template, task_vars):
    """What the variables say of the main deployment: (values in their types, with defaults; all that is wrong)."""
    given = {name: site.read(template, value) for name, value in task_vars.items() if name in BY_NAME}
    return deployment.take(given)
