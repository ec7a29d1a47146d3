# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: helm_release_backup
short_description: Write every object of a Helm release, and its records, to a file
version_added: 0.1.0
description:
  - Writes what the cluster holds of each object of the stored manifest, and the Secrets in which helm keeps the release,
    to one file of the control node, as a Kubernetes C(List) in JSON that C(kubectl apply -f) takes. What only the server
    sets (status, UIDs, versions) is left out.
  - The file holds secrets. It has mode 0600, a folder that is made for it 0700. Its contents are never returned.
  - The file is written in one piece. One of the same revision that has objects which are not there any more is left alone,
    so that a run after an interrupted uninstall does not put half a backup in the place of a whole one.
author:
  - coder.classic contributors (@coder-classic)
extends_documentation_fragment:
  - coder.classic.cluster_auth
  - coder.classic.helm_release
  - coder.classic.attributes
  - coder.classic.attributes.cluster_group
attributes:
  check_mode:
    support: full
    details: Reads everything, and fails where O(directory) could not be written.
  diff_mode:
    support: none
    details: The contents are secret.
  idempotent:
    support: full
    details: The file is written again when an object of the release changed.
options:
  directory:
    description: Folder for the file C(<release>.v<revision>.json); made if it is missing.
    type: path
    required: true
"""

EXAMPLES = r"""
- name: Back up the old provider chart
  coder.classic.helm_release_backup:
    name: coder-workspace-provider
    namespace: coder
    context: sydney
    directory: backups/sydney
"""

RETURN = r"""
path:
  description: The file.
  returned: success
  type: str
  sample: backups/sydney/coder-workspace-provider.v4.json
objects:
  description: How many objects of the release are there, without helm's records.
  returned: success
  type: int
  sample: 9
absent:
  description: Objects of the stored manifest that are not there, as V(Kind/name).
  returned: success
  type: list
  elements: str
  sample: []
left_alone:
  description: Whether a backup was there that has more than the cluster has now, so that it was not touched.
  returned: success
  type: bool
sha256:
  description: Checksum of the file, in check mode of what would be written.
  returned: success
  type: str
"""

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils import _module
from ansible_collections.coder.classic.plugins.module_utils._arguments import CLUSTER_AUTH, HELM_RELEASE
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm.release_backup import run
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import cluster_from_params

ARGUMENTS = {**CLUSTER_AUTH, **HELM_RELEASE, "directory": {"type": "path", "required": True}}


def work(params: dict[str, Any], task: _module.Task) -> dict[str, Any]:
    try:
        result = run(cluster_from_params(params), params, task.check_mode)
    except OSError as error:
        raise ClassicError(
            "The backup cannot be written.",
            code="invalid",
            where=params["directory"],
            why=str(error),
            untouched="The release and all its objects.",
            next_step="Make the folder writable or choose another one, then run again.",
        ) from error
    if result["left_alone"]:
        task.warn(f"Left alone: {result['path']} has objects that are not there any more.")
    return result


def main() -> None:
    _module.main(ARGUMENTS, work)


if __name__ == "__main__":
    main()
