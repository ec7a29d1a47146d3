# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: helm_release_repair
version_added: 0.1.0
short_description: Repairs a Helm release with the mildest step that helps
description:
  - Looks at a release that cannot be upgraded, is stuck, failed, or has lost objects, says what is wrong, takes the mildest step
    that helps, and proves that it did. One step a run, unless O(up_to) says otherwise.
  - The ladder is V(adopt) (C(invalid ownership metadata) - objects that no living release has get the marks of this one),
    V(map_apis) (C(no matches for kind) - the stored manifest gets the API versions that the cluster serves today), V(restore_lost)
    (objects of the stored manifest that are gone), V(upgrade) (C(field is immutable) after C(--force) - the same upgrade without it;
    and one that failed or was ended in the middle, where its chart is given),
    V(rollback) (to the last revision that stood), V(reinstall).
  - Nothing is done as long as a Helm may be at work on the release. Objects that another living release, a controller or a GitOps
    tool has are never taken, and finalizers never removed.
  - PersistentVolumeClaims and the namespace are proved to be the same after each step.
  - A step that needs a word says which one, and writes nothing without it.
  - A reinstall saves values and objects before it uninstalls, waits until each object is really gone, and says which addresses have
    changed. One that was killed goes on with the next run.
author:
  - coder.classic contributors (@coder-classic)
options:
  steps:
    description: Steps that may be taken. What has to come before one of them is not skipped.
    type: list
    elements: str
    choices: [adopt, map_apis, restore_lost, upgrade, rollback, reinstall]
    default: [adopt, map_apis, restore_lost, upgrade, rollback, reinstall]
  up_to:
    description: Take as many steps as are needed in one run, up to this one.
    type: str
    choices: [adopt, map_apis, restore_lost, upgrade, rollback, reinstall]
  adopt:
    description:
      - Objects, as V(Kind/name), that may be given to the release, or V(all) that no living owner has. Namespaces, claims, volumes and
        definitions are only given by their names, since an uninstall of the release would take them with it.
    type: list
    elements: str
    default: []
  remove_unserved:
    description:
      - Objects, as V(Kind/name), or V(all), that may be taken out of the stored manifest, since the cluster has no successor of their
        kind.
    type: list
    elements: str
    default: []
  empty_claims:
    description:
      - PersistentVolumeClaims, as V(PersistentVolumeClaim/name), or V(all), that may be put back although they will be empty.
    type: list
    elements: str
    default: []
  rollback_allowed:
    description: Whether the release may go back, for whoever knows of something that does not, such as the schema of a database.
    type: bool
    default: true
  rollback_reason:
    description: Why it may not, for the person who reads the refusal.
    type: str
  confirm_reinstall:
    description: The name of the release, where it may be uninstalled and installed again.
    type: str
  stuck_after:
    description:
      - Seconds after which no Helm can be at work any more on a revision that is pending, or being uninstalled. Without it twice
        O(timeout) and two minutes more. A Helm on this machine is seen, and never disturbed.
    type: int
  backup_dir:
    description: Folder of this machine for what is written over or removed; made if it is missing. Needed for V(map_apis) and V(reinstall).
    type: path
  chart_ref:
    description:
      - The chart of the upgrade that fails or is meant, as in M(coder.classic.helm_release_upgrade). Without it what stands in the way of
        an upgrade is not looked for, and neither V(upgrade) nor V(reinstall) can be done.
    type: str
  chart_repo_url:
    description: Address of the repository that has the chart.
    type: str
  chart_version:
    description: The version that the chart must have.
    type: str
  chart_name:
    description: The name that the chart must have.
    type: str
  values_files:
    description:
      - Files with all values of the release; later ones win. Without any a reinstall takes those that the release has, from the file
        to which it saves them.
    type: list
    elements: path
    default: []
  wait:
    description: Wait until everything is ready.
    type: bool
    default: true
  atomic:
    description: Let Helm roll back where the upgrade fails.
    type: bool
    default: true
  timeout:
    description: Seconds that Helm waits until everything is ready, and that a reinstall waits until everything is gone.
    type: int
    default: 1800
  gitops_suspended:
    description: Upgrade although objects carry the marks of Argo CD or Flux.
    type: bool
    default: false
  history_max:
    description: Revisions that Helm keeps.
    type: int
    default: 10
  helm_binary:
    description: Helm program, 3.13 or later of the 3 series, or Helm 4; a name is looked up in E(PATH).
    type: path
    default: helm
  progress_file:
    description: A file that exists, to which what happens is appended line by line. The action plugin uses it.
    type: path
extends_documentation_fragment:
  - coder.classic.cluster_auth
  - coder.classic.helm_release
  - coder.classic.attributes
  - coder.classic.attributes.cluster_group
attributes:
  check_mode:
    support: full
    details: Tells the step that would be taken, what it would write, and what would be next.
  diff_mode:
    support: full
    details: Shows what is wrong and what is done, a line for each object.
  idempotent:
    support: full
    details: A release that is well is left alone.
seealso:
  - module: coder.classic.helm_release_upgrade
  - module: coder.classic.helm_release_restore
"""

EXAMPLES = r"""
- name: See what is wrong, and what would be done
  coder.classic.helm_release_repair:
    name: shop
    namespace: shop
    context: production
    chart_ref: charts/shop-2.4.1.tgz
    values_files:
      - values/shop.yaml
  check_mode: true
  diff: true

- name: Give objects that kubectl made to the release
  coder.classic.helm_release_repair:
    name: shop
    namespace: shop
    context: production
    chart_ref: charts/shop-2.4.1.tgz
    values_files:
      - values/shop.yaml
    adopt:
      - ServiceAccount/shop

- name: Unlock a release whose Helm was killed, but not back over a migrated database
  coder.classic.helm_release_repair:
    name: shop
    namespace: shop
    context: production
    stuck_after: 600
    rollback_allowed: false
    rollback_reason: The schema of the database is that of 2.4.1, with which 2.3.0 does not work.
"""

RETURN = r"""
findings:
  description: What was wrong.
  returned: success
  type: list
  elements: dict
  contains:
    problem:
      description:
        - V(foreign_objects), V(unserved_apis), V(lost_objects), V(replaced_by_force), V(stuck), V(failed), V(refused_by_server),
          V(chart_does_not_fit) or V(unfinished_reinstall).
      type: str
      returned: always
    why: {description: What is wrong., type: str, returned: always}
    objects: {description: "The objects that it is about, as V(Kind/name).", type: list, elements: str, returned: always}
    remedies: {description: "Steps that mend it, the mildest first.", type: list, elements: str, returned: always}
taken:
  description: Steps that were (in check mode, the one that would be) taken.
  returned: success
  type: list
  elements: dict
  contains:
    step: {description: The step., type: str, returned: always}
    why: {description: Why., type: str, returned: always}
    did: {description: A line for each thing that was written., type: list, elements: str, returned: always}
next:
  description: The step that would be next; null where nothing is left to repair. In check mode, the heavier one that is left.
  returned: success
  type: str
plan:
  description: All steps that are left, mildest first, each with its reason.
  returned: success
  type: list
  elements: dict
release:
  description: Name, namespace, revision, status and chart of the newest revision; null where there is none.
  returned: success
  type: dict
files:
  description: Files that were written. They hold secrets, and have mode 0600.
  returned: success
  type: list
  elements: str
addresses:
  description: After a reinstall, each load balancer whose address is not the one before.
  returned: success
  type: list
  elements: dict
  contains:
    object: {description: "Service or Ingress, as V(Kind/name).", type: str, returned: always}
    before: {description: Its addresses before., type: list, elements: str, returned: always}
    after: {description: Its addresses now., type: list, elements: str, returned: always}
    hosts:
      description: Names whose DNS records must lead there, as far as they are known.
      type: list
      elements: str
      returned: always
said:
  description: What a person should know of it.
  returned: success
  type: list
  elements: str
"""

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils import _module
from ansible_collections.coder.classic.plugins.module_utils._arguments import CLUSTER_AUTH, HELM_RELEASE, NAMES
from ansible_collections.coder.classic.plugins.module_utils._helm import helm_command
from ansible_collections.coder.classic.plugins.module_utils._helm.repair.release_repair import DEFAULTS, run
from ansible_collections.coder.classic.plugins.module_utils._helm.repair.step_names import STEPS
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import cluster_from_params

ARGUMENTS = {
    **CLUSTER_AUTH,
    **HELM_RELEASE,
    "steps": {"type": "list", "elements": "str", "choices": list(STEPS), "default": list(STEPS)},
    "up_to": {"type": "str", "choices": list(STEPS)},
    "adopt": NAMES,
    "remove_unserved": NAMES,
    "empty_claims": NAMES,
    "rollback_allowed": {"type": "bool", "default": DEFAULTS["rollback_allowed"]},
    "rollback_reason": {"type": "str"},
    "confirm_reinstall": {"type": "str"},
    "stuck_after": {"type": "int"},
    "backup_dir": {"type": "path"},
    "chart_ref": {"type": "str"},
    "chart_repo_url": {"type": "str"},
    "chart_version": {"type": "str"},
    "chart_name": {"type": "str"},
    "values_files": {"type": "list", "elements": "path", "default": []},
    "wait": {"type": "bool", "default": DEFAULTS["wait"]},
    "atomic": {"type": "bool", "default": DEFAULTS["atomic"]},
    "timeout": {"type": "int", "default": DEFAULTS["timeout"]},
    "history_max": {"type": "int", "default": DEFAULTS["history_max"]},
    "gitops_suspended": {"type": "bool", "default": DEFAULTS["gitops_suspended"]},
    "helm_binary": {"type": "path", "default": DEFAULTS["helm_binary"]},
    "progress_file": {"type": "path"},
}


def work(params: dict[str, Any], task: _module.Task) -> dict[str, Any]:
    with helm_command.private_folder(task.folder) as folder:
        result = run(cluster_from_params(params), params, task.check_mode, folder, tell=task.tell)
    for line in result["said"]:
        task.warn(line)
    return result


def main() -> None:
    _module.main(ARGUMENTS, work)


if __name__ == "__main__":
    main()
