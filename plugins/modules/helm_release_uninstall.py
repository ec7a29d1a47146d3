# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: helm_release_uninstall
short_description: Uninstall a Helm release without what must stay
version_added: 0.1.0
description:
  - Proves on the stored manifest that helm will keep the given objects, uninstalls the release, waits until everything
    else is gone, and proves that what was kept is the very same as before.
  - Refuses a release whose stored manifest would not keep them; seal it with M(coder.classic.helm_release_keep) first.
    Refuses also when one of them does not exist.
  - Finalizers are never removed; what is slow to go is named. Only the run that uninstalls can wait for it, since Helm
    drops the release's record before.
author:
  - coder.classic contributors (@coder-classic)
extends_documentation_fragment:
  - coder.classic.cluster_auth
  - coder.classic.helm_release
  - coder.classic.helm_release.program
  - coder.classic.attributes
  - coder.classic.attributes.cluster_group
attributes:
  check_mode:
    support: full
    details: Makes every check on the release and on Helm that the real run makes.
  diff_mode:
    support: full
    details: Lists the objects before and after, not what is in them.
  idempotent:
    support: full
options:
  chart:
    description: Name of the chart that the release must be one of; a release of another chart is refused.
    type: str
  keep:
    description: The objects of the release that must stay. An empty list lets all of them go.
    type: list
    elements: dict
    required: true
    suboptions:
      kind:
        description: Kind of the object.
        type: str
        required: true
      name:
        description: Name of the object.
        type: str
        required: true
  timeout:
    description: Seconds until everything that goes must be gone.
    type: int
    default: 900
"""

EXAMPLES = r"""
- name: Uninstall the old provider chart, but not Coder's access to the cluster
  coder.classic.helm_release_uninstall:
    name: coder-workspace-provider
    namespace: coder
    context: sydney
    chart: workspace-provider
    keep:
      - {kind: ServiceAccount, name: coder}
      - {kind: Role, name: coder}
      - {kind: RoleBinding, name: coder}
      - {kind: ServiceAccount, name: coder-workspace-provider-environments}
"""

RETURN = r"""
kept:
  description: What stays of the objects that are there, with its UID; the same UID after the uninstall as before.
  returned: when the release was there
  type: list
  elements: dict
  sample: [{kind: ServiceAccount, name: coder, namespace: coder, uid: 4d6b9d0e-8a77-4a0f-9c3f-1a7a3a9a3b52}]
removed:
  description: What went, or in check mode would go.
  returned: when the release was there
  type: list
  elements: dict
  sample: [{kind: Deployment, name: envproxy, namespace: coder}]
"""

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils import _module
from ansible_collections.coder.classic.plugins.module_utils._arguments import (
    CLUSTER_AUTH,
    HELM_PROGRAM,
    HELM_RELEASE,
    OBJECTS,
)
from ansible_collections.coder.classic.plugins.module_utils._helm import helm_command
from ansible_collections.coder.classic.plugins.module_utils._helm.release_uninstall import run
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import cluster_from_params

ARGUMENTS = {
    **CLUSTER_AUTH,
    **HELM_RELEASE,
    **HELM_PROGRAM,
    "chart": {"type": "str"},
    "timeout": {"type": "int", "default": 900},
    "keep": {**OBJECTS, "required": True},
}


def work(params: dict[str, Any], task: _module.Task) -> dict[str, Any]:
    with helm_command.private_folder(task.folder) as folder:
        return run(cluster_from_params(params), params, task.check_mode, folder)


def main() -> None:
    _module.main(ARGUMENTS, work)


if __name__ == "__main__":
    main()
