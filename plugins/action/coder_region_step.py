# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Does a step for the region that the host's variables say, as this run of Ansible."""

from __future__ import annotations

import getpass
import os

from ansible import context

from ansible_collections.coder.classic.plugins.module_utils import _run
from ansible_collections.coder.classic.plugins.modules import coder_region_step
from ansible_collections.coder.classic.plugins.plugin_utils import of_region, site


class ActionModule(of_region.ActionModule):
    MODULE = coder_region_step

    def run(self, tmp=None, task_vars=None):
        of_site = self.site_of(task_vars)
        if of_site and of_site.wrong:
            return site.refusal(of_site)
        return self.for_site(of_site, {"run": self._this_run(task_vars)}, task_vars)

    def _this_run(self, task_vars):
        return _run.this_run(
            os.getppid(),
            user=_user(),
            job=str(task_vars.get("awx_job_id") or task_vars.get("tower_job_id") or ""),
            playbook=os.path.basename((context.CLIARGS.get("args") or [""])[0]),
            check=self._task.check_mode,
        )


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
