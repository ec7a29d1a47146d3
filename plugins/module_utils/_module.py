# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every module of this collection is: ARGUMENTS, work(params, task), and main() for where Ansible starts it.

The collection's action plugins call the same work in Ansible's own process (plugin_utils.in_process). Private to this
collection.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.coder.classic.plugins.module_utils import _border

Work = Callable[[dict[str, Any], "Task"], dict[str, Any]]


def _nobody(line: str) -> None:
    """Nobody watches."""


@dataclass(frozen=True)
class Task:
    """What the work is told beside its options. folder is where it may make private folders; tell gets lines for whoever
    watches; warn gets what the result has as warnings; run_folder is the run's own, None where the module is a process.
    """

    check_mode: bool
    folder: str | None
    warn: Callable[[str], None]
    tell: Callable[[str], None]
    run_folder: str | None = None


class _Module(AnsibleModule):
    def add_path_info(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        """Adds nothing: a result is what the documentation says, on both ways."""
        return kwargs


def main(arguments: dict[str, Any], work: Work, rules: dict[str, Any] | None = None) -> NoReturn:
    """Ends the process with the module's result. rules: AnsibleModule's, like required_together."""
    module = _Module(argument_spec=arguments, supports_check_mode=True, **(rules or {}))
    task = Task(module.check_mode, module.tmpdir, module.warn, to_file(module.params.get("progress_file")))
    _border.end(module, lambda: work(module.params, task))


def to_file(path: str | None) -> Callable[[str], None]:
    """Appends each line to a file that exists already; without one, or when it cannot be written, nobody watches."""
    if path is None:
        return _nobody
    try:
        # Without O_CREAT: whoever watches made the file, and a forgotten run makes no new one.
        file = os.open(path, os.O_WRONLY | os.O_APPEND)
    except OSError:
        return _nobody

    def write(line: str) -> None:
        os.write(file, f"{line}\n".encode())

    return write
