# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Screen output for a person who watches a region move: what acts, what is said, what fails."""

from __future__ import annotations

DOCUMENTATION = r"""
name: brief
type: stdout
short_description: A line for each step that acts, what is said and what fails
version_added: 0.1.0
author:
  - coder.classic contributors (@coder-classic)
description:
  - The default output of Ansible, without what only leads from one task to the next. Includes, the validation of a
    role's arguments, looks that found nothing to say and checks that passed are not shown.
  - A step of a region's plan is one line when it ends, with the number that the plan gave it and how long it took; a step that was
    not due is not shown, unless it has something to say. At the end stands what was changed and how long all of it took.
  - What is said is shown as it was written, line by line, also in a failure. What a step says of itself (RV(ignore:said) of its
    result, for example where a backup was written) is shown below it.
  - A play with the variable C(brief_only_said) that is true shows on standard output nothing but what is said, so that it can be
    given to a program; failures are on standard error.
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

import time

from ansible import constants as C
from ansible import context
from ansible.errors import AnsibleError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.callback.default import CallbackModule as Default
from ansible.template import Templar

from ansible_collections.coder.classic.plugins.plugin_utils import step_lines

# Actions that change nothing and, when they end well, have nothing to say.
QUIET = {
    "ansible.builtin.assert",
    "ansible.builtin.include_role",
    "ansible.builtin.include_tasks",
    "ansible.builtin.set_fact",
    "ansible.builtin.stat",
    "ansible.builtin.validate_argument_spec",
    "coder.classic.coder_deployment_info",
    "coder.classic.coder_provider_info",
    "coder.classic.coder_region_info",
}
# Actions whose whole result is what they say.
SAYS = {"ansible.builtin.debug"}
LOOK = "coder.classic.coder_region_info"
STEPS = {"coder.classic.coder_region_step", "coder.classic.coder_deployment_step"}
# A play's variable.
ONLY_SAID = "brief_only_said"


class CallbackModule(Default):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "coder.classic.brief"

    _is_only_said = _has_said = False

    def __init__(self):
        super().__init__()
        self._numbers, self._begun, self._last_play = step_lines.Numbers(), time.monotonic(), None
        self._starts = {}

    def v2_playbook_on_play_start(self, play):
        self._is_only_said = self._is_brief and _wants_only_said(play)
        # A play that works on one host after the other is announced once.
        is_same = self._is_brief and play.get_name() == self._last_play
        self._last_play = play.get_name()
        if not (self._is_only_said or is_same):
            super().v2_playbook_on_play_start(play)

    def v2_playbook_on_stats(self, stats):
        if not self._is_brief:
            super().v2_playbook_on_stats(stats)
        elif not self._is_only_said:
            hosts = {host: stats.summarize(host) for host in sorted(stats.processed)}
            self._display.display("")
            for line in step_lines.totals(hosts, time.monotonic() - self._begun):
                self._display.display(line)

    def v2_runner_on_start(self, host, task):
        self._starts[host.get_name(), task._uuid] = time.monotonic()
        super().v2_runner_on_start(host, task)

    def _task_start(self, task, prefix=None):
        if self._is_only_said:
            return
        super()._task_start(task, prefix)
        # A task that may take long is announced when it starts, unless it is not known yet whether it runs at all.
        if (
            self._is_brief
            and task.action not in QUIET | SAYS | STEPS
            and not task.when
            and not self._is_announced(task)
        ):
            self._print_task_banner(task)

    def v2_playbook_on_include(self, included_file):
        if not self._is_brief:
            super().v2_playbook_on_include(included_file)

    def v2_runner_on_ok(self, result):
        if not self._is_brief:
            super().v2_runner_on_ok(result)
        elif result.task.action in SAYS and "msg" in result.result:
            self._handle_warnings_and_exception(result)
            self._say(_text(result.result["msg"]))
        elif self._is_only_said:
            self._handle_warnings_and_exception(result)
        elif result.task.action in STEPS:
            self._handle_warnings_and_exception(result)
            self._show_step(result)
        elif result.result.get("changed") or result.result.get("said") or result.task.action not in QUIET:
            super().v2_runner_on_ok(result)
            for line in result.result.get("said") or ():
                self._display.display(f"  {line}", color=C.COLOR_OK)
        else:
            self._learn(result)
            self._handle_warnings_and_exception(result)

    def v2_runner_item_on_ok(self, result):
        if not self._is_only_said:
            super().v2_runner_item_on_ok(result)

    def v2_runner_on_skipped(self, result):
        if not self._is_only_said:
            super().v2_runner_on_skipped(result)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        # Of a task with no_log there is only the word that it is hidden; its rescue says what may be said.
        message = result.result.get("msg", result.result.get("censored"))
        if not self._is_brief or ignore_errors or result.task.loop or not isinstance(message, (str, list)):
            super().v2_runner_on_failed(result, ignore_errors)
            return
        if result.task.action in STEPS and not self._is_only_said:
            self._display.display(f"\n{self._step_line(result, 'failed')}", color=C.COLOR_ERROR)
        elif not self._is_only_said and not self._is_announced(result.task):
            self._print_task_banner(result.task)
        # Without the place in a role's file: the message says where in the operator's world.
        self._handle_warnings(result.result)
        self._display.display(
            f"failed: [{self.host_label(result)}]\n{_text(message)}",
            color=C.COLOR_ERROR,
            stderr=self._is_only_said or self.get_option("display_failed_stderr"),
        )

    def _learn(self, result):
        if result.task.action == LOOK and "region" in result.result:
            self._numbers.learn(result.host.get_name(), result.result["region"]["plan"])

    def _show_step(self, result):
        carries_out, said = result.result.get("carries_out"), result.result.get("said") or ()
        if not (carries_out or said):
            return
        outcome = "done" if carries_out else "nothing to do"
        if carries_out and result.task.check_mode:
            outcome = "would be done" if context.CLIARGS.get("check") else "tried, nothing was changed"
        if self._has_said:
            self._display.display("")
        self._has_said = False
        color = C.COLOR_CHANGED if result.result.get("changed") else C.COLOR_OK
        self._display.display(self._step_line(result, outcome), color=color)
        for line in said:
            self._display.display(f"      {line}", color=C.COLOR_OK)

    def _step_line(self, result, outcome):
        host, task = result.host.get_name(), result.task
        begun = self._starts.get((host, task._uuid), time.monotonic())
        number = self._numbers.of(host, task.args.get("goal", ""), self._carried_out(result))
        return step_lines.step(number, host, task.name, outcome, time.monotonic() - begun)

    def _carried_out(self, result):
        # A step that failed did not come to tell.
        return result.result.get("carries_out") or [result.task.args.get("step", "")]

    def _say(self, text):
        self._has_said = True
        if self._is_only_said:
            self._display.display(text)
        else:
            self._display.display(f"\n{text}", color=C.COLOR_OK)

    @property
    def _is_brief(self) -> bool:
        return self._display.verbosity == 0

    def _is_announced(self, task) -> bool:
        return self._last_task_banner == task._uuid


def _wants_only_said(play) -> bool:
    if ONLY_SAID not in play.vars:
        return False
    variables = play.get_variable_manager().get_vars(play=play)
    try:
        return boolean(
            Templar(loader=play.get_loader(), variables=variables).template(play.vars[ONLY_SAID]), strict=False
        )
    except AnsibleError:
        return False


def _text(message) -> str:
    return "\n".join(map(str, message)) if isinstance(message, list) else str(message)
