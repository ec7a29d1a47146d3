# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the module of the same name, in the cluster that the variables say where no backup is given."""

from __future__ import annotations

from ansible import constants as C

from ansible_collections.coder.classic.plugins.module_utils._arguments import CLUSTER_AUTH
from ansible_collections.coder.classic.plugins.module_utils._site import of_deployment as deployment
from ansible_collections.coder.classic.plugins.module_utils._site.variables_repair import OF_BACKUP
from ansible_collections.coder.classic.plugins.modules import coder_backup_restore
from ansible_collections.coder.classic.plugins.plugin_utils import in_process, of_deployment, site


class ActionModule(in_process.ActionModule):
    MODULE = coder_backup_restore

    def run(self, tmp=None, task_vars=None):
        given = self._task.args
        if "path" in given:
            return self.result(given, task_vars)
        if task_vars["inventory_hostname"] == "localhost":
            values, wrong = of_deployment.taken(self._templar.template, task_vars)
            access = deployment.options(values, deployment.LOOK)
        else:
            of_site = site.of_host(task_vars, self._templar.template, C.DEFAULT_LOCAL_TMP)
            values, wrong = of_site.values, of_site.wrong
            is_satellite = values.get("coder_restore_of") == "satellite"
            access = of_site.options["satellite"] if is_satellite else of_site.options
        wrong = [*wrong, *of_deployment.unknown(task_vars)]
        if wrong:
            return site.refusal(wrong)
        options = {name: access[name] for name in CLUSTER_AUTH if name in access}
        options |= {option: values[name] for option, name in OF_BACKUP.items() if name in values}
        if "path" not in options:
            return site.refusal([deployment.missing("coder_restore_backup")])
        return self.result({**options, **given}, task_vars)
