# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which run of Ansible a task belongs to, for the holder of a lock. Private to this collection."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping
from typing import Any

from ansible import context
from ansible.errors import AnsibleError

from ansible_collections.coder.classic.plugins.module_utils import _run

#: Ansible loads this in its main process, whose workers inherit it, or in a worker.
_LOADED_BY, _ITS_PARENT = os.getpid(), os.getppid()


def of_task(task_vars: Mapping[str, Any], *, check_mode: bool) -> dict[str, str]:
    """An identity of _run; to be called in a worker, whose parent is the ansible-playbook process.

    Raises AnsibleError in a worker that has outlived it: as whose child it would go on, nobody could tell.
    """
    main = _LOADED_BY if os.getpid() != _LOADED_BY else _ITS_PARENT
    if os.getppid() != main:
        raise AnsibleError("The run that this step belongs to was killed. The step is not begun.")
    return _run.this_run(
        main,
        user=_user(),
        job=str(task_vars.get("awx_job_id") or task_vars.get("tower_job_id") or ""),
        playbook=os.path.basename((context.CLIARGS.get("args") or [""])[0]),
        check=check_mode,
    )


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
