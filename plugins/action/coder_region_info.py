# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looks at the region that the host's variables say."""

from __future__ import annotations

from ansible_collections.coder.classic.plugins.modules import coder_region_info
from ansible_collections.coder.classic.plugins.plugin_utils import of_region, site


class ActionModule(of_region.ActionModule):
    MODULE = coder_region_info

    def run(self, tmp=None, task_vars=None):
        of_site = self.site_of(task_vars)
        if of_site is None:
            return self.for_site(None, {}, task_vars)
        # What can be looked at tells more than the variables alone, so that all is known at once.
        if of_site.wrong and not site.can_be_looked_at(of_site):
            return {"changed": False, "region": site.blank(of_site)}
        result = self.for_site(of_site, {}, task_vars)
        if "region" in result:
            site.add_findings(result["region"], of_site)
        return result
