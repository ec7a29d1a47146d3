# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: coder_backup_restore
version_added: 0.1.0
short_description: Brings back objects of a backup into the cluster that the site's variables say
description:
  - The same as M(coder.classic.helm_release_restore). In a playbook of a site it takes the cluster of the host's workspace provider,
    of its region's satellite, or of the main deployment, and never another one, since the variables pin each by its UID.
author:
  - coder.classic contributors (@coder-classic)
extends_documentation_fragment:
  - coder.classic.cluster_auth
  - coder.classic.saved_objects
  - coder.classic.attributes
  - coder.classic.attributes.cluster_group
seealso:
  - module: coder.classic.helm_release_restore
"""

EXAMPLES = r"""
- name: Bring back what is gone of the provider's old chart
  coder.classic.coder_backup_restore:
    path: backups/sydney/sydney-1/coder-workspace-provider.v2.json
"""

RETURN = r"""
made:
  description: As M(coder.classic.helm_release_restore) returns it, like RV(there), RV(differing), RV(left) and RV(said).
  returned: success
  type: list
  elements: str
there:
  description: Objects that are there as they were saved.
  returned: success
  type: list
  elements: str
differing:
  description: Objects that are there and are not as they were saved.
  returned: success
  type: list
  elements: dict
left:
  description: Objects that were not made, and why.
  returned: success
  type: list
  elements: dict
said:
  description: What an operator wants to know of it, above all what does not come back.
  returned: success
  type: list
  elements: str
"""

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils import _module
from ansible_collections.coder.classic.plugins.module_utils._arguments import CLUSTER_AUTH, SAVED_OBJECTS
from ansible_collections.coder.classic.plugins.module_utils._helm.restore import release_restore
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import cluster_from_params

ARGUMENTS = {**CLUSTER_AUTH, **SAVED_OBJECTS}


def work(params: dict[str, Any], task: _module.Task) -> dict[str, Any]:
    return release_restore.run(cluster_from_params(params), params, task.check_mode)


def main() -> None:
    _module.main(ARGUMENTS, work)


if __name__ == "__main__":
    main()
