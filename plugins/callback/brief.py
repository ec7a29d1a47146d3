# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Screen output for a person who watches a region move: what acts, what is said, what fails."""

from __future__ import annotations

DOCUMENTATION = r"""
name: brief
type: stdout
short_description: What changes, what is said and what fails, without the steps in between
version_added: 0.1.0
author:
  - coder.classic contributors (@coder-classic)
description:
  - The default output of Ansible, without what only leads from one task to the next. Includes, the validation of a
    role's arguments, looks that found nothing to say and checks that passed are not shown.
  - What is said is shown as it was written, line by line, also in a failure.
  - With C(-v) or more everything is shown, as the default output does.
extends_documentation_fragment:
  - default_callback
  - result_format_callback
requirements:
  - set as stdout in the configuration (C(stdout_callback=coder.classic.brief))
seealso:
  - plugin: ansible.builtin.default
    plugin_type: callback
"""

from ansible import constants as C
from ansible.plugins.callback.default import CallbackModule as Default

# Actions that change nothing and, when they end well, have nothing to say.
QUIET = {
    "ansible.builtin.assert",
    "ansible.builtin.include_role",
    "ansible.builtin.include_tasks",
    "ansible.builtin.set_fact",
    "ansible.builtin.stat",
    "ansible.builtin.validate_argument_spec",
    "coder.classic.coder_provider_info",
    "coder.classic.coder_region_info",
}
# Actions whose whole result is what they say.
SAYS = {"ansible.builtin.debug"}


class CallbackModule(Default):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "coder.classic.brief"

    def _task_start(self, task, prefix=None):
        super()._task_start(task, prefix)
        # A task that may take long is announced when it starts, unless it is not known yet whether it runs at all.
        if self._is_brief and task.action not in QUIET | SAYS and not task.when and not self._is_announced(task):
            self._print_task_banner(task)

    def v2_playbook_on_include(self, included_file):
        if not self._is_brief:
            super().v2_playbook_on_include(included_file)

    def v2_runner_on_ok(self, result):
        if not self._is_brief:
            super().v2_runner_on_ok(result)
        elif result.task.action in SAYS and "msg" in result.result:
            self._handle_warnings_and_exception(result)
            self._display.display(f"\n{_text(result.result['msg'])}", color=C.COLOR_OK)
        elif result.result.get("changed") or result.task.action not in QUIET:
            super().v2_runner_on_ok(result)
        else:
            self._handle_warnings_and_exception(result)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        # Of a task with no_log there is only the word that it is hidden; its rescue says what may be said.
        message = result.result.get("msg", result.result.get("censored"))
        if not self._is_brief or ignore_errors or result.task.loop or not isinstance(message, (str, list)):
            super().v2_runner_on_failed(result, ignore_errors)
            return
        if not self._is_announced(result.task):
            self._print_task_banner(result.task)
        # Without the place in a role's file: the message says where in the operator's world.
        self._handle_warnings(result.result)
        self._display.display(
            f"failed: [{self.host_label(result)}]\n{_text(message)}",
            color=C.COLOR_ERROR,
            stderr=self.get_option("display_failed_stderr"),
        )

    @property
    def _is_brief(self) -> bool:
        return self._display.verbosity == 0

    def _is_announced(self, task) -> bool:
        return self._last_task_banner == task._uuid


def _text(message) -> str:
    return "\n".join(map(str, message)) if isinstance(message, list) else str(message)
