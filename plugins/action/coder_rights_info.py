# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the module of the same name, for the provider that the host's variables name where no release is given."""

from __future__ import annotations

from ansible import constants as C

from ansible_collections.coder.classic.plugins.modules import coder_rights_info
from ansible_collections.coder.classic.plugins.plugin_utils import in_process, site


class ActionModule(in_process.ActionModule):
    MODULE = coder_rights_info

    def run(self, tmp=None, task_vars=None):
        given = self._task.args
        if "release" in given:
            return self.result(given, task_vars)
        of_site = site.of_host(task_vars, self._templar.template, C.DEFAULT_LOCAL_TMP)
        if of_site.wrong:
            return site.refusal(of_site.wrong)
        return self.result({**site.rights_options(of_site.values), **given}, task_vars)
