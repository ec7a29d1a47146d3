# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a module's work in Ansible's own worker: all hosts are local, so that a Python started for each task buys nothing.

What the action's file imports at its top is imported once a run, in the parent, and every worker inherits it. The module
stays a module: where something else than that is asked for, it is run as always, and answers the same. Private to this
collection.

Each module has an action file of its own: for a redirect in plugin_routing ansible-lint takes its target for the module.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Mapping
from typing import Any

from ansible import constants as C
from ansible.module_utils.common.arg_spec import ModuleArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.errors import UnsupportedError
from ansible.plugins.action.normal import ActionModule as NormalAction
from ansible.utils.display import Display

from ansible_collections.coder.classic.plugins.module_utils import _border, _module
from ansible_collections.coder.classic.plugins.plugin_utils import progress

display = Display()
SHOWN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"


class ActionModule(NormalAction):
    """MODULE: the module, with ARGUMENTS, work and perhaps RULES (see _module)."""

    MODULE: Any

    def run(self, tmp=None, task_vars=None):
        return self.result(self._task.args, task_vars)

    def result(self, options: Mapping[str, Any], task_vars: Mapping[str, Any], **tools: Any) -> dict[str, Any]:
        """What the module answers to the options; tools: those of _module.Task that only this process has."""
        if is_possible(self, task_vars):
            return run(self._task.action, self.MODULE, options, check_mode=self._task.check_mode, **tools)
        given = self._task.args
        self._task.args = dict(options)
        try:
            return super().run(None, task_vars)
        finally:
            # The same task may be tried again, with other files.
            self._task.args = given

    def watched(self, options: Mapping[str, Any], task_vars: Mapping[str, Any], *, whose: str) -> dict[str, Any]:
        """The result; meanwhile somebody who watches is told what is done, and never nothing for long."""
        if not progress.is_watched(self):
            return self.result(options, task_vars)

        def show(line: str) -> None:
            display.display(f"{whose}: {line}", stderr=True)

        with progress.never_silent(show, self._task.name) as shown, contextlib.ExitStack() as stack:
            if is_possible(self, task_vars):
                return self.result(options, task_vars, tell=shown)
            if "progress_file" in self.MODULE.ARGUMENTS:
                options = {**options, "progress_file": stack.enter_context(progress.shown_lines(shown))}
            return self.result(options, task_vars)


def is_possible(action: Any, task_vars: Mapping[str, Any]) -> bool:
    """Whether the module would run here all the same: locally, by this Python, as this user, in this environment."""
    task, interpreter = action._task, action._templar.template(task_vars.get("ansible_python_interpreter"))
    as_it_is = not (task.async_val or action._play_context.become or any(task.environment or []))
    return as_it_is and action._connection.transport == "local" and interpreter == sys.executable


def run(
    name: str, module: Any, options: Mapping[str, Any], *, check_mode: bool, tell: Callable[[str], None] | None = None
) -> dict[str, Any]:
    """The result as the module gives it."""
    validated = ModuleArgumentSpecValidator(module.ARGUMENTS, **getattr(module, "RULES", {})).validate(dict(options))
    parameters = validated.validated_parameters
    secrets = {str(value) for value in validated._no_log_values}
    warnings: list[str] = []
    folder = C.DEFAULT_LOCAL_TMP
    tell = tell or _module.to_file(parameters.get("progress_file"))
    task = _module.Task(check_mode, folder, warnings.append, tell, run_folder=folder)
    if validated.error_messages:
        result = {"failed": True, "msg": _wrong_options(name, validated.errors)}
    else:
        result = _border.outcome(name, lambda: module.work(parameters, task))
    said = {"warnings": warnings} if warnings else {}
    shown = {**result, **said, "invocation": {"module_args": _shown(module.ARGUMENTS, parameters)}}
    return remove_values(shown, secrets | _border.hidden())


def _wrong_options(name: str, errors: Any) -> str:
    """AnsibleModule's own words: the first thing that is wrong."""
    is_unsupported = isinstance(errors[0], UnsupportedError)
    return f"Unsupported parameters for ({name}) module: {errors.msg}" if is_unsupported else errors.msg


def _shown(spec: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The options as a module shows them: what is secret is not among them, on any level."""
    shown = {}
    for name, value in parameters.items():
        described = spec.get(name) or {}
        if described.get("no_log") and value is not None:
            shown[name] = SHOWN
        elif isinstance(value, dict) and "options" in described:
            shown[name] = _shown(described["options"], value)
        else:
            shown[name] = value
    return shown
