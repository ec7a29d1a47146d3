# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: helm_release_restore
version_added: 0.1.0
short_description: Brings back objects of a Helm release from a backup
description:
  - Makes the objects of a file that M(coder.classic.helm_release_backup) has written anew, where they are missing. What is there is
    left alone; where it differs from what was saved, that is told and not overwritten.
  - What only the server sets does not come back, and is told object by object - UIDs, the tokens of a ServiceAccount, addresses of
    Services and load balancers, the data of a PersistentVolumeClaim.
  - Namespaces, definitions, accounts, Secrets, ConfigMaps and rights are made before what needs them; the records of the release
    last, and only where the release has none now.
  - Each object is tried as a dry run before the first is made.
author:
  - coder.classic contributors (@coder-classic)
options:
  other_cluster:
    description: Bring it back into another cluster than the one that it is of.
    type: bool
    default: false
extends_documentation_fragment:
  - coder.classic.cluster_auth
  - coder.classic.saved_objects
  - coder.classic.attributes
  - coder.classic.attributes.cluster_group
seealso:
  - module: coder.classic.helm_release_backup
  - module: coder.classic.helm_release_repair
"""

EXAMPLES = r"""
- name: Bring back everything that is gone of the release
  coder.classic.helm_release_restore:
    context: production
    path: backups/shop.v4.json

- name: Bring back a ConfigMap that somebody deleted
  coder.classic.helm_release_restore:
    context: production
    path: backups/shop.v4.json
    objects:
      - ConfigMap/settings
"""

RETURN = r"""
made:
  description: Objects that were (in check mode, would be) made, as V(Kind/name), in their order.
  returned: success
  type: list
  elements: str
there:
  description: Objects that are there as they were saved.
  returned: success
  type: list
  elements: str
differing:
  description: Objects that are there and not as they were saved; they are left alone.
  returned: success
  type: list
  elements: dict
  contains:
    kind: {description: Kind., type: str, returned: always}
    namespace: {description: Namespace; null for a cluster-wide object., type: str, returned: always}
    name: {description: Name., type: str, returned: always}
    fields:
      description: What differs, with what is live and (as manifest) what was saved. Secrets are hidden.
      type: list
      elements: dict
      returned: always
left:
  description: Objects that are missing and were not made.
  returned: success
  type: list
  elements: dict
  contains:
    kind: {description: Kind., type: str, returned: always}
    namespace: {description: Namespace; null for a cluster-wide object., type: str, returned: always}
    name: {description: Name., type: str, returned: always}
    why: {description: Why not., type: str, returned: always}
said:
  description: What a person should know of it, such as what does not come back.
  returned: success
  type: list
  elements: str
"""

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils import _module
from ansible_collections.coder.classic.plugins.module_utils._arguments import CLUSTER_AUTH, SAVED_OBJECTS
from ansible_collections.coder.classic.plugins.module_utils._helm.restore.release_restore import run
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import cluster_from_params

ARGUMENTS = {
    **CLUSTER_AUTH,
    **SAVED_OBJECTS,
    "other_cluster": {"type": "bool", "default": False},
}


def work(params: dict[str, Any], task: _module.Task) -> dict[str, Any]:
    result = run(cluster_from_params(params), params, task.check_mode)
    for line in result["said"]:
        task.warn(line)
    return result


def main() -> None:
    _module.main(ARGUMENTS, work)


if __name__ == "__main__":
    main()
