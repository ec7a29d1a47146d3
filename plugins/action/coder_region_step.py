# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Does a step for the region that the host's variables say, as this run of Ansible."""

from __future__ import annotations

from ansible_collections.coder.classic.plugins.modules import coder_region_step
from ansible_collections.coder.classic.plugins.plugin_utils import of_region, site, this_run


class ActionModule(of_region.ActionModule):
    MODULE = coder_region_step

    def run(self, tmp=None, task_vars=None):
        of_site = self.site_of(task_vars)
        if of_site and of_site.wrong:
            return site.refusal(of_site.wrong)
        run = this_run.of_task(task_vars, check_mode=self._task.check_mode)
        return self.for_site(of_site, {"run": run}, task_vars)
