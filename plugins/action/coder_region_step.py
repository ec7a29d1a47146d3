# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the modules that concern a region, with what the host's variables say, and shows what they do while they do it.

No task has to pass the site's variables on, and none can pass them on wrongly.
"""

from __future__ import annotations

import contextlib
import functools
import getpass
import json
import os
import tempfile

from ansible import constants as C
from ansible import context
from ansible.plugins.action.normal import ActionModule as NormalAction
from ansible.utils.display import Display

from ansible_collections.coder.classic.plugins.module_utils import _run
from ansible_collections.coder.classic.plugins.module_utils._coder.api import coder_from_params
from ansible_collections.coder.classic.plugins.module_utils._site import helm_values
from ansible_collections.coder.classic.plugins.modules import coder_region_info, coder_region_step
from ansible_collections.coder.classic.plugins.plugin_utils import in_process, site
from ansible_collections.coder.classic.plugins.plugin_utils.progress import is_watched, never_silent, shown_lines

display = Display()


class ActionModule(NormalAction):
    def run(self, tmp=None, task_vars=None):
        given = self._task.args
        # Whoever gives the options does not mean the host's variables.
        of_site = None if "region" in given else site.of_host(task_vars, self._templar.template)
        if of_site and of_site.wrong and not (self._is_look and site.can_be_looked_at(of_site)):
            return self._refused(of_site)
        with contextlib.ExitStack() as stack:
            options = dict(of_site.options) if of_site else {}
            if of_site and of_site.values.get("coder_satellite_values"):
                path = stack.enter_context(_private_file(of_site.values["coder_satellite_values"]))
                options["satellite"] = {**options["satellite"], "values_file": path}
            if not self._is_look:
                options["run"] = self._this_run(task_vars)
            result = self._result({**options, **given}, tmp, task_vars)
        if self._is_look and of_site and "region" in result:
            site.add_findings(result["region"], of_site)
        return result

    def _result(self, options, tmp, task_vars):
        show = functools.partial(self._show, options.get("provider", ""))
        with never_silent(show, self._task.name) as show:
            return self._watched_result(options, tmp, task_vars, show)

    def _watched_result(self, options, tmp, task_vars, show):
        if in_process.is_possible(self, task_vars):
            return self._in_process(options, show)
        given = self._task.args
        with contextlib.ExitStack() as stack:
            if not self._is_look and is_watched(self):
                options = {**options, "progress_file": stack.enter_context(shown_lines(show))}
            self._task.args = options
            try:
                return super().run(tmp, task_vars)
            finally:
                # The same task may be tried again, with other files.
                self._task.args = given

    def _in_process(self, options, show):
        if self._is_look:
            return in_process.run(
                self._task.action,
                coder_region_info.ARGUMENTS,
                options,
                lambda params: coder_region_info.run(coder_from_params(params), params, run_folder=C.DEFAULT_LOCAL_TMP),
            )
        check_mode = self._task.check_mode
        return in_process.run(
            self._task.action,
            coder_region_step.ARGUMENTS,
            options,
            lambda params: coder_region_step.run(params, check_mode, C.DEFAULT_LOCAL_TMP, show, C.DEFAULT_LOCAL_TMP),
        )

    @property
    def _is_look(self) -> bool:
        return self._task.action.rpartition(".")[2] == "coder_region_info"

    def _refused(self, of_site):
        return {"changed": False, "region": site.blank(of_site)} if self._is_look else site.refusal(of_site)

    def _show(self, provider, line):
        display.display(f"{provider}: {line}", stderr=True)

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
