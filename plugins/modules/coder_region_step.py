# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: coder_region_step
version_added: 0.1.0
short_description: Does one step of a region's move, where it is due, fit and consented to
description:
  - Looks at the region, and does the step where it is in the plan (see M(coder.classic.coder_region_info)); otherwise nothing
    is changed. Afterwards it looks again, and fails where what the step is for is not there.
  - Before it acts it demands, by what it sees itself, that nothing stands in the way, that the steps before are done, and the
    consent that cutting sessions or losing the way back needs. No variable of a playbook, tag, strategy or C(--start-at-task)
    leads around that.
  - A step that has something to do holds the region's lock, and keeps it for the following steps of the same run.
  - In check mode nothing is changed; it says what would be.
author:
  - coder.classic contributors (@coder-classic)
options:
  goal:
    description: What the step is part of.
    type: str
    choices: [migrate, retire, rollback, update]
    required: true
  step:
    description:
      - The step, as in the plan of O(goal). V(unlock) releases the region's lock where this run holds it; V(undo_envproxy_off)
        scales envproxy back after a rehearsal that failed.
    type: str
    choices:
      - deploy_satellite
      - await_satellite
      - register_satellite
      - backup_satellite
      - cordon
      - switch
      - rebuild
      - external_connect
      - envproxy_on
      - seal
      - envproxy_off
      - soak
      - canary
      - undo_envproxy_off
      - uninstall
      - prove
      - switch_back
      - record_switch_back
      - rebuild_back
      - unregister_satellite
      - remove_satellite
      - update_chart
      - uncordon
      - unlock
    required: true
  cordoned_by_this_run:
    description: Whether this run cordoned the provider, for V(uncordon) where the record cannot be read any more.
    type: bool
    default: false
  run:
    description: What tells this run of Ansible from others, for the lock. See M(coder.classic.coder_lock).
    type: dict
  progress_file:
    description: File to which a line is appended for each thing that happens. The action plugin of this module sets it.
    type: path
extends_documentation_fragment:
  - coder.classic.coder_auth
  - coder.classic.cluster_auth
  - coder.classic.region
  - coder.classic.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: partial
    details: What helm would deploy is compared where the namespace of the satellite is there already.
  idempotent:
    support: full
  action_group:
    description: >-
      Use C(group/coder.classic.coder) and C(group/coder.classic.cluster) in C(module_defaults) to give the access to Coder
      and to the provider's cluster once.
    support: full
    membership:
      - coder.classic.coder
      - coder.classic.cluster
seealso:
  - module: coder.classic.coder_region_info
  - module: coder.classic.coder_lock
"""

EXAMPLES = r"""
- name: Turn Networking v2 on
  coder.classic.coder_region_step:
    goal: migrate
    step: switch
    url: https://coder.example.com
    token: "{{ coder_token }}"
    region: sydney
    provider: sydney-1
    context: sydney-1
    cluster_uid: 1f0c8a53-9f3c-4f0e-8d53-0d6d9e2f4f11
    namespace: coder
    release: coder-workspace-provider
    confirm_rebuild: [sydney]
    backup_dir: /srv/backups
    satellite:
      name: sydney
      url: https://sydney.coder.example.com
      context: sydney-1
      namespace: coder-satellite
      release: coder-satellite

# In a playbook with the inventory of docs/inventory.md all of that comes from the host's variables.
- name: Seal what must stay into the stored manifest
  coder.classic.coder_region_step:
    goal: retire
    step: seal
"""

RETURN = r"""
region:
  description: The region after the step, as M(coder.classic.coder_region_info) returns it.
  type: dict
  returned: success, but not of V(unlock)
said:
  description: What an operator wants to know of what was done, for example where a backup was written.
  type: list
  elements: str
  returned: success
carries_out:
  description: Which steps of the plan it carried out, or would in check mode.
  type: list
  elements: str
  returned: when the step was due
workspaces:
  description: What M(coder.classic.coder_workspace_rebuild) returns, of a step that rebuilds.
  type: dict
  returned: when workspaces were rebuilt
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils import _module
from ansible_collections.coder.classic.plugins.module_utils._arguments import REGION
from ansible_collections.coder.classic.plugins.module_utils._coder.api import coder_from_params
from ansible_collections.coder.classic.plugins.module_utils._coder.urls import check_url
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_command import private_folder
from ansible_collections.coder.classic.plugins.module_utils._region.kept_look import KeptLook
from ansible_collections.coder.classic.plugins.module_utils._region.steps import frame
from ansible_collections.coder.classic.plugins.module_utils._region.steps.table import NAMES
from ansible_collections.coder.classic.plugins.module_utils._region.tell.findings import GOALS
from ansible_collections.coder.classic.plugins.module_utils._region.wanted import wanted

ARGUMENTS = {
    **REGION,
    "goal": {"type": "str", "choices": list(GOALS), "required": True},
    "step": {"type": "str", "choices": list(NAMES), "required": True},
    "cordoned_by_this_run": {"type": "bool", "default": False},
    "run": {"type": "dict"},
    "progress_file": {"type": "path"},
}


def run(
    params: dict[str, Any], check_mode: bool, tmpdir: str, tell: Callable[[str], None], run_folder: str | None = None
) -> dict[str, Any]:
    """The module's result; tell gets lines for whoever watches; run_folder is where the run keeps its newest look.

    Raises ClassicError.
    """
    check_url(params["satellite"]["url"])
    asked = wanted(params)
    with private_folder(tmpdir) as folder:
        return frame.run(
            coder_from_params(params), asked, check_mode, folder, tell=tell, kept=KeptLook(run_folder, asked)
        )


def work(params: dict[str, Any], task: _module.Task) -> dict[str, Any]:
    return run(params, task.check_mode, task.folder, task.tell, task.run_folder)


def main() -> None:
    _module.main(ARGUMENTS, work)


if __name__ == "__main__":
    main()
