# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Does a step for the main deployment that the variables say, as this run of Ansible."""

from __future__ import annotations

from ansible_collections.coder.classic.plugins.module_utils._site import of_deployment as deployment
from ansible_collections.coder.classic.plugins.modules import coder_deployment_step
from ansible_collections.coder.classic.plugins.plugin_utils import of_deployment, this_run


class ActionModule(of_deployment.ActionModule):
    MODULE = coder_deployment_step
    OPTIONS = deployment.STEP

    def more(self, task_vars):
        return {"run": this_run.of_task(task_vars, check_mode=self._task.check_mode)}
