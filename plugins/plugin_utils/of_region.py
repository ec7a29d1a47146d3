# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action of a module that concerns a region: its options are what the host's variables say.

No task has to pass the site's variables on, and none can pass them on wrongly. Private to this collection.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile

from ansible import constants as C

from ansible_collections.coder.classic.plugins.module_utils._site import helm_values
from ansible_collections.coder.classic.plugins.plugin_utils import in_process, run_memory, site


class ActionModule(in_process.ActionModule):
    def site_of(self, task_vars) -> site.Site | None:
        """None: whoever gives the options does not mean the host's variables."""
        if "region" in self._task.args:
            return None
        return site.of_host(task_vars, self._templar.template, C.DEFAULT_LOCAL_TMP)

    def for_site(self, of_site, more, task_vars):
        """The module's result with the site's options, those of more, and over both what the task gives."""
        with contextlib.ExitStack() as stack:
            options = {**(of_site.options if of_site else {}), **more}
            if of_site and of_site.values.get("coder_satellite_values"):
                path = stack.enter_context(_private_file(of_site.values["coder_satellite_values"]))
                options["satellite"] = {**options["satellite"], "values_file": path}
            options |= self._task.args
            result = self.watched(options, task_vars, whose=options.get("provider", ""))
        if of_site and "region" in result:
            run_memory.note_seen(C.DEFAULT_LOCAL_TMP, task_vars["inventory_hostname"], result["region"])
        return result


@contextlib.contextmanager
def _private_file(values):
    """Helm values may hold secrets, and a module's arguments are shown: a file (0600) that is gone with the task."""
    handle, path = tempfile.mkstemp(prefix="coder-classic-values-", suffix=".json", dir=C.DEFAULT_LOCAL_TMP)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(helm_values.as_stored(values), file)
        yield path
    finally:
        os.unlink(path)
