# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: helm_release_upgrade
version_added: 0.1.0
short_description: Upgrades a Helm release and proves what that did
description:
  - Fetches the chart once, checks that its name and version are those that are meant, and lets Helm render it with what the
    cluster has (C(--dry-run=server)).
  - Tries each object of the result on the API server as a dry run. What would be created, changed, removed or lost is known
    before, as is what the API server would refuse (immutable fields, quotas, admission), what belongs to another release,
    what is still being deleted, and what kinds the cluster does not serve. Then nothing is begun.
  - Objects whose API group changes are lost by recent releases of Helm although the upgrade succeeds. They are protected with
    C(helm.sh/resource-policy=keep) on the live object while Helm runs. That is taken off again whatever happens, by the next run
    where this one is killed.
  - Helm gets one full set of values and never C(--reuse-values) nor C(--force). It waits until everything is ready.
  - Afterwards the newest revision must be deployed, with that chart and those values, and every object of its manifest must
    exist. What is missing is put back as that release's object, and that is said.
  - A run that was killed leaves a pending revision, with which Helm refuses everything. Where it is one of this very chart, and its
    Helm is gone, it is marked as failed, as Helm does itself when it is asked to end, and the upgrade goes on from there.
author:
  - coder.classic contributors (@coder-classic)
options:
  chart_ref:
    description:
      - The chart, as a path to an archive or a folder, a name in a repository (C(REPOSITORY/CHART), or the bare name with
        O(chart_repo_url)), or C(oci://...).
    type: str
    required: true
  chart_repo_url:
    description: Address of the repository that has the chart.
    type: str
  chart_version:
    description: The version that the chart must have. Not needed for a path; from a repository nothing is taken without it.
    type: str
  chart_name:
    description: The name that the chart must have. Without it that of the release.
    type: str
  values_files:
    description:
      - Files with all values of the release; later ones win. Values of former revisions are never taken over.
      - There is no option for values themselves, since a task's options are shown and values hold secrets.
    type: list
    elements: path
    default: []
  install:
    description: Install the release where there is none.
    type: bool
    default: false
  wait:
    description:
      - Wait until everything is ready. Without it Helm ends when it has written all objects, and what they become is not known;
        O(atomic) waits in any case.
    type: bool
    default: true
  atomic:
    description:
      - Let Helm roll back where the upgrade fails. What init containers or jobs did outside of the cluster stays done, such as a
        migration of a database; the error says so where one had begun.
    type: bool
    default: true
  timeout:
    description: Seconds that Helm waits until everything is ready; a rollback gets as many again.
    type: int
    default: 1800
  gitops_suspended:
    description:
      - Upgrade although objects carry the marks of Argo CD or Flux. Only for a release that the tool leaves alone meanwhile, since it would
        undo the upgrade.
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
    description: A file that exists, to which what happens to the pods is appended line by line. The action plugin uses it.
    type: path
extends_documentation_fragment:
  - coder.classic.cluster_auth
  - coder.classic.helm_release
  - coder.classic.attributes
  - coder.classic.attributes.cluster_group
attributes:
  check_mode:
    support: full
    details: Renders and tries everything; what hooks and init containers do cannot be known.
  diff_mode:
    support: full
    details: Shows objects and fields; of what may be a secret only that it differs.
  idempotent:
    support: full
    details: The same chart with the same values is not deployed again. Objects that are missing are put back.
seealso:
  - module: coder.classic.helm_release_info
  - module: coder.classic.helm_release_backup
"""

EXAMPLES = r"""
- name: Upgrade a release from a repository
  coder.classic.helm_release_upgrade:
    name: shop
    namespace: shop
    context: production
    chart_ref: shop
    chart_repo_url: https://charts.example.com
    chart_version: 2.4.1
    values_files:
      - values/shop.yaml

- name: See what an upgrade from a file would do
  coder.classic.helm_release_upgrade:
    name: shop
    namespace: shop
    context: production
    chart_ref: charts/shop-2.4.1.tgz
    values_files:
      - values/shop.yaml
  check_mode: true
  diff: true
"""

RETURN = r"""
release:
  description: Name, namespace, revision, status and chart of the newest revision; in check mode of the one before.
  type: dict
  returned: success
changes:
  description: Objects that are (in check mode, would be) not as they were.
  type: list
  elements: dict
  returned: success
  contains:
    kind: {description: Kind., type: str, returned: always}
    namespace: {description: Namespace; null for a cluster-wide object., type: str, returned: always}
    name: {description: Name., type: str, returned: always}
    change:
      description: V(created), V(changed), V(removed), V(left) (no longer of the release, kept by its policy) or V(lost) (Helm
        would delete it after changing it; it is protected).
      type: str
      returned: always
    fields: {description: What differs of a changed one, type: list, elements: dict, returned: always}
protected:
  description: Objects that Helm would have lost, as V(Kind/name).
  type: list
  elements: str
  returned: success
put_back:
  description: Objects that were missing and were put back, as V(Kind/name).
  type: list
  elements: str
  returned: success
said:
  description: What a person should know of it.
  type: list
  elements: str
  returned: success
"""

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils import _module
from ansible_collections.coder.classic.plugins.module_utils._arguments import CLUSTER_AUTH, HELM_RELEASE
from ansible_collections.coder.classic.plugins.module_utils._helm import helm_command
from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade.release_upgrade import DEFAULTS, run
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import cluster_from_params

ARGUMENTS = {
    **CLUSTER_AUTH,
    **HELM_RELEASE,
    "chart_ref": {"type": "str", "required": True},
    "chart_repo_url": {"type": "str"},
    "chart_version": {"type": "str"},
    "chart_name": {"type": "str"},
    "values_files": {"type": "list", "elements": "path", "default": []},
    "install": {"type": "bool", "default": DEFAULTS["install"]},
    "wait": {"type": "bool", "default": DEFAULTS["wait"]},
    "atomic": {"type": "bool", "default": DEFAULTS["atomic"]},
    "timeout": {"type": "int", "default": DEFAULTS["timeout"]},
    "history_max": {"type": "int", "default": DEFAULTS["history_max"]},
    "gitops_suspended": {"type": "bool", "default": DEFAULTS["gitops_suspended"]},
    "helm_binary": {"type": "path", "default": "helm"},
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
