# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: coder_deployment_step
version_added: 0.1.0
short_description: Does one step of an update of the main deployment, where it is fit
description:
  - Looks at the main deployment as M(coder.classic.coder_deployment_info) does, and demands, by what it sees itself, that nothing
    stands in the way, and that the database was saved. No variable of a playbook, tag, strategy or
    C(--start-at-task) leads around that.
  - An update that was ended in the middle is gone on with by the same command.
  - It holds a lock of its own, and keeps it for the following steps of the same run.
  - In check mode nothing is changed; it says what would be.
author:
  - coder.classic contributors (@coder-classic)
options:
  step:
    description:
      - V(snapshot) saves the database with PostgreSQL's own programs, of which the dump is proved before it gets its name.
      - V(snapshot_for_update) does the same where the update migrates the database, nobody says that it was saved by other means
        (O(snapshot_done)), and there is no snapshot that the update could be taken back to.
      - V(restore_prepare) restores O(restore_snapshot) beside the database and compares it, while Coder runs; V(restore_stop) scales Coder
        to 0; V(restore_put_in_place) saves what is there, keeps it under another name, and gives the restored one the database's
        name; V(restore_start) rolls the release back to the version of the snapshot and proves that Coder answers as it.
        They demand the consent O(confirm_restore).
      - V(repair) mends a failed update with the mildest step that helps (see M(coder.classic.helm_release_repair)). With O(version) the
        upgrade to it is judged and made again, too. The code goes back alone only where the versions are the same, or
        O(schema_untouched).
      - V(values) makes the operator's values file what the version needs (see M(coder.classic.coder_values)).
      - V(upgrade) upgrades the release by that file (see M(coder.classic.helm_release_upgrade)). Afterwards Coder must answer as
        that version, and what has to change in DNS, if anything, is said.
      - V(unlock) releases the lock where this run holds it.
      - V(cordon_builtin), V(switch_builtin), V(rebuild_builtin) and V(uncordon_builtin) take the built-in provider to Networking v2,
        or with O(goal=rollback) back.
    type: str
    choices:
      - snapshot
      - snapshot_for_update
      - restore_prepare
      - restore_stop
      - restore_put_in_place
      - restore_start
      - repair
      - values
      - upgrade
      - cordon_builtin
      - switch_builtin
      - rebuild_builtin
      - uncordon_builtin
      - unlock
    required: true
  goal:
    description: Where to the built-in provider is taken.
    type: str
    choices: [migrate, rollback]
    default: migrate
  release:
    description: The Helm release.
    type: str
    default: coder
  namespace:
    description: Its namespace.
    type: str
    default: coder
  version:
    description: The version to update to. Not needed with O(service_next), which is a run of its own with the version that runs.
    type: str
  chart_ref:
    description: The chart, as M(coder.classic.helm_release_upgrade) takes it.
    type: str
    default: coder
  chart_repo_url:
    description: The repository that has it.
    type: str
  values_file:
    description: The operator's values file; needed for V(values) and V(upgrade).
    type: path
  set:
    description: Paths into the values, with dots, and what they must be.
    type: dict
    default: {}
  service_next:
    description: Change to the layout serviceNext.
    type: bool
  rewrite_routes:
    description:
      - Let the site's own Ingresses and HTTPRoutes follow to Service C(coderd) in the step to serviceNext. Without it that step is
        refused for a site that has such routes.
    type: bool
    default: false
  backup_dir:
    description: The folder in which routes are kept before, below C(routes), and the database's snapshots, below C(database).
    type: path
  remove_dead:
    description: Take away values that nothing reads with serviceNext.
    type: bool
    default: false
  pinned_images:
    description: What becomes of images that are pinned to an older version.
    type: str
    choices: [auto, remove, retag, tell]
    default: auto
  atomic:
    description: Let Helm roll the release back where the upgrade fails.
    type: bool
    default: true
  update_timeout:
    description: Seconds until the new version is ready, its migration of the database included.
    type: int
    default: 3600
  answer_timeout:
    description: Seconds until Coder answers with the new version.
    type: int
    default: 600
  snapshot_done:
    description: The snapshot of the database that was taken before by other means, its file or words.
    type: str
  database_image:
    description:
      - An image with PostgreSQL's client programs. With it an external database is reached from a pod of the main deployment's
        namespace, without it from the controller. The built-in database is reached in its own pod.
    type: str
  database_programs:
    description: The folder of PostgreSQL's client programs on the controller, in place of E(PATH).
    type: path
  database_user:
    description: Who saves and brings back an external database, in place of the user of the values.
    type: str
  database_password:
    description: The password of O(database_user), in place of that in the Secret that the values name.
    type: str
  database_ca_path:
    description: The authorities to trust for the database, with C(postgres.sslMode) verify-ca and verify-full.
    type: path
  snapshot_verify:
    description: Whether a dump is restored into a database beside it and compared, or only read to its end.
    type: str
    choices: [restore, read]
    default: restore
  snapshot_keep:
    description: How many snapshots are kept, below O(backup_dir).
    type: int
    default: 5
  snapshot_timeout:
    description: Seconds for a dump, and for a restore.
    type: int
    default: 14400
  snapshot_max_age_hours:
    description: How old the snapshot may be that an update rests on.
    type: int
    default: 1
  restore_snapshot:
    description: The snapshot to bring back, the file of one that was taken here.
    type: path
  confirm_restore:
    description: The name of the database, as consent to putting the snapshot in its place.
    type: str
  restore_drop_former:
    description: Drop the database as it was before the restore, once Coder answers again.
    type: bool
    default: false
  repair_up_to:
    description: Take as many steps as are needed in one run, up to this one.
    type: str
    choices: [adopt, map_apis, restore_lost, upgrade, rollback, reinstall]
  repair_adopt:
    description: Objects, as V(Kind/name), that may be given to the release, or V(all) that no living release has.
    type: list
    elements: str
    default: []
  repair_remove_unserved:
    description: Objects, as V(Kind/name), or V(all), that may go out of the stored manifest where nothing serves their API.
    type: list
    elements: str
    default: []
  confirm_reinstall:
    description: The name of the release, where it may be uninstalled and installed again.
    type: str
  schema_untouched:
    description: The migration of the failed update never began.
    type: bool
    default: false
  confirm_rebuild:
    description: V(coder_primary) in this list consents to cutting the sessions of those who work with the built-in provider.
    type: list
    elements: str
    default: []
  wait_for_idle_minutes:
    description: How long to wait until nobody works there.
    type: int
    default: 0
  idle_minutes:
    description: A workspace without a connection for that long is idle.
    type: int
    default: 60
  leave_workspaces:
    description: Workspaces of the built-in provider that are not rebuilt.
    type: list
    elements: str
    default: []
  canary:
    description: The workspace that is rebuilt first, alone.
    type: str
  parallel:
    description: Builds at the same time.
    type: int
    default: 5
  max_failures:
    description: Workspaces that may fail before no further one is started.
    type: int
    default: 0
  build_timeout:
    description: Seconds for one build.
    type: int
    default: 1200
  deadline:
    description: Seconds for all builds.
    type: int
    default: 14400
  lock_takeover:
    description: Take over a lock that is stale.
    type: bool
    default: false
  regions:
    description: Where the regions stand, as M(coder.classic.coder_deployment_info) takes it.
    type: list
    elements: dict
    suboptions:
      region:
        description: Name of the region.
        type: str
        required: true
      phase:
        description: Its phase.
        type: str
        required: true
      satellite:
        description: Name of its satellite.
        type: str
      satellite_version:
        description: The version that runs there.
        type: str
  run:
    description: Which run of Ansible this is; the action plugin fills it in.
    type: dict
  helm_binary:
    description: Helm program, 3.13 or later of the 3 series, or Helm 4; a name is looked up in E(PATH).
    type: path
    default: helm
  progress_file:
    description: A file that exists, to which what is done is appended line by line. The action plugin uses it.
    type: path
extends_documentation_fragment:
  - coder.classic.coder_auth
  - coder.classic.cluster_auth
  - coder.classic.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details: Of what may be a secret only that it differs.
  idempotent:
    support: full
  action_group:
    description: >-
      Use C(group/coder.classic.coder) and C(group/coder.classic.cluster) in C(module_defaults) to give the access to Coder
      and to the main deployment's cluster once.
    support: full
    membership:
      - coder.classic.coder
      - coder.classic.cluster
seealso:
  - module: coder.classic.coder_deployment_info
  - module: coder.classic.coder_values
  - module: coder.classic.helm_release_upgrade
"""

EXAMPLES = r"""
- name: Upgrade the release
  coder.classic.coder_deployment_step:
    url: https://coder.example.com
    context: coder
    version: 1.21.7
    chart_repo_url: https://helm.coder.com
    values_file: coder-values.yaml
    snapshot_done: /srv/backups/coder-2026-03-02.dump
    step: upgrade
"""

RETURN = r"""
deployment:
  description: The main deployment before the step, as M(coder.classic.coder_deployment_info) returns it.
  type: dict
  returned: success, but not of V(unlock)
said:
  description: What an operator wants to know of what was done.
  type: list
  elements: str
  returned: success
snapshot:
  description:
    - The snapshot that was taken. C(path) is its file, C(taken) when, C(verified) is V(restored) or V(read), C(of) which
      deployment and version it is of, C(server) the server's major version, C(dump_bytes) its size, C(tables) how many, C(seconds)
      what C(dump) and C(verify) took.
  type: dict
  returned: for V(snapshot), V(snapshot_for_update) and V(restore_put_in_place), when one was taken
findings:
  description: As M(coder.classic.helm_release_repair) returns it, like RV(taken) and RV(next).
  type: list
  elements: dict
  returned: for V(repair)
taken:
  description: The steps that were taken.
  type: list
  elements: dict
  returned: for V(repair)
next:
  description: The step that would be next, where those do not help.
  type: str
  returned: for V(repair)
path:
  description: The values file.
  type: str
  returned: for V(values)
exported:
  description: Whether it was made of the release.
  type: bool
  returned: for V(values)
changes:
  description: As M(coder.classic.helm_release_upgrade) returns it, like RV(protected) and RV(put_back).
  type: list
  elements: dict
  returned: for V(upgrade)
protected:
  description: Objects that Helm would have lost.
  type: list
  elements: str
  returned: for V(upgrade)
put_back:
  description: Objects that were missing and were put back.
  type: list
  elements: str
  returned: for V(upgrade)
"""

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils import _module
from ansible_collections.coder.classic.plugins.module_utils._arguments import (
    CLUSTER_AUTH,
    CODER_AUTH,
    DATABASE,
    DEPLOYMENT,
    NAMES,
    REPAIR,
)
from ansible_collections.coder.classic.plugins.module_utils._coder.api import coder_from_params
from ansible_collections.coder.classic.plugins.module_utils._deployment.kept_look import KeptLook
from ansible_collections.coder.classic.plugins.module_utils._deployment.steps import frame
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_command import private_folder

ARGUMENTS = {
    **CODER_AUTH,
    **CLUSTER_AUTH,
    **DEPLOYMENT,
    **DATABASE,
    **REPAIR,
    "step": {"type": "str", "choices": list(frame.NAMES), "required": True},
    "chart_ref": {"type": "str", "default": "coder"},
    "chart_repo_url": {"type": "str"},
    "values_file": {"type": "path"},
    "goal": {"type": "str", "choices": ["migrate", "rollback"], "default": "migrate"},
    "set": {"type": "dict", "default": {}},
    "service_next": {"type": "bool"},
    "rewrite_routes": {"type": "bool", "default": False},
    "backup_dir": {"type": "path"},
    "remove_dead": {"type": "bool", "default": False},
    "pinned_images": {"type": "str", "choices": ["auto", "remove", "retag", "tell"], "default": "auto"},
    "atomic": {"type": "bool", "default": True},
    "update_timeout": {"type": "int", "default": 3600},
    "answer_timeout": {"type": "int", "default": 600},
    "snapshot_done": {"type": "str"},
    "confirm_rebuild": NAMES,
    "wait_for_idle_minutes": {"type": "int", "default": 0},
    "idle_minutes": {"type": "int", "default": 60},
    "leave_workspaces": NAMES,
    "canary": {"type": "str"},
    "parallel": {"type": "int", "default": 5},
    "max_failures": {"type": "int", "default": 0},
    "build_timeout": {"type": "int", "default": 1200},
    "deadline": {"type": "int", "default": 14400},
    "lock_takeover": {"type": "bool", "default": False},
    "run": {"type": "dict"},
    "helm_binary": {"type": "path", "default": "helm"},
    "progress_file": {"type": "path"},
}


def work(params: dict[str, Any], task: _module.Task) -> dict[str, Any]:
    with private_folder(task.folder) as folder:
        tools = {"kept": KeptLook(task.run_folder, params), "tell": task.tell}
        return frame.run(coder_from_params(params), params, task.check_mode, folder, **tools)


def main() -> None:
    _module.main(ARGUMENTS, work)


if __name__ == "__main__":
    main()
