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
options:
  lock:
    description:
      - The lock that is held meanwhile, so that nobody updates, migrates or retires what is being restored. A playbook of a site takes
        that of the region, or of the main deployment.
    type: dict
    suboptions:
      kubeconfig:
        description: File with the access data of the cluster in which the Lease lies. The access is found as for that of the objects.
        type: path
      context:
        description: Context of that kubeconfig.
        type: str
      host:
        description: URL of the API server, instead of a kubeconfig.
        type: str
      api_key:
        description: Bearer token for that URL.
        type: str
      cluster_ca_path:
        description: File with the authority of the API server's certificate, for that URL.
        type: path
      validate_cluster_certs:
        description: Whether the API server's certificate is checked, for that URL.
        type: bool
        default: true
      cluster_uid:
        description: UID of the namespace C(kube-system) that this cluster must have.
        type: str
      namespace:
        description: Its namespace.
        type: str
        required: true
      name:
        description: Its name.
        type: str
        required: true
      of:
        description: What it locks, for people.
        type: str
        required: true
      word:
        description: What C(coder_lock_takeover) names to take it over.
        type: str
        required: true
      takeover:
        description: Take it over from a run that is dead, or has not renewed it for its duration.
        type: bool
        default: false
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

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils import _module
from ansible_collections.coder.classic.plugins.module_utils._arguments import CLUSTER_AUTH, SAVED_OBJECTS
from ansible_collections.coder.classic.plugins.module_utils._helm.restore import release_restore
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import cluster_from_params
from ansible_collections.coder.classic.plugins.module_utils._lock import step_lock

LOCK = {name: {"type": "str", "required": True} for name in ("namespace", "name", "of", "word")}
ARGUMENTS = {
    **CLUSTER_AUTH,
    **SAVED_OBJECTS,
    "lock": {
        "type": "dict",
        "options": {**CLUSTER_AUTH, **LOCK, "takeover": {"type": "bool", "default": False}},
    },
}


def work(params: dict[str, Any], task: _module.Task) -> dict[str, Any]:
    said: list[str] = []
    with _held(params["lock"], task.check_mode, said) as demand:
        result = release_restore.run(cluster_from_params(params), params, task.check_mode, demand)
    return {**result, "said": [*said, *result["said"]]}


@contextlib.contextmanager
def _held(lock: dict[str, Any] | None, check_mode: bool, said: list[str]) -> Iterator[Callable[[], None]]:
    """What is to be called before each write."""
    if lock is None or check_mode:
        yield lambda: None
        return
    place = step_lock.Place(cluster_from_params(lock), lock["namespace"], lock["name"])
    told = {"of": lock["of"], "word": lock["word"], "say": said.append}
    # Nobody comes after this to release it: it is this process', which does so itself.
    with step_lock.held(
        place, None, takeover=lock["takeover"], purpose="bring back objects of a backup", **told
    ) as held:
        yield held.demand_held


def main() -> None:
    _module.main(ARGUMENTS, work)


if __name__ == "__main__":
    main()
