# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a module's work in Ansible's own worker: all hosts are local, so that a Python started for each task buys nothing.

What the action's file imports at its top is imported once a run, in the parent, and every worker inherits it. The module
stays a module: where something else than that is asked for, it is run as always, and answers the same. Private to this
collection.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

from ansible.module_utils.common.arg_spec import ModuleArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values

from ansible_collections.coder.classic.plugins.module_utils import _border

SHOWN = "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"


def is_possible(action: Any, task_vars: Mapping[str, Any]) -> bool:
    """Whether the module would run here all the same: locally, by this Python, as this user, in this environment."""
    task, interpreter = action._task, action._templar.template(task_vars.get("ansible_python_interpreter"))
    as_it_is = not (task.async_val or action._play_context.become or any(task.environment or []))
    return as_it_is and action._connection.transport == "local" and interpreter == sys.executable


def run(
    name: str, spec: dict[str, Any], options: dict[str, Any], work: Callable[[dict[str, Any]], Any]
) -> dict[str, Any]:
    """The result as the module gives it; work gets the validated options."""
    validated = ModuleArgumentSpecValidator(spec).validate(options)
    secrets = {str(value) for value in validated._no_log_values}
    if validated.error_messages:
        result = {"failed": True, "msg": "\n".join(validated.error_messages)}
    else:
        result = _border.outcome(name, lambda: work(validated.validated_parameters))
    told = {**result, "invocation": {"module_args": _shown(spec, validated.validated_parameters)}}
    return remove_values(told, secrets | _border.hidden())


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
