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
    to one file of the control node, as a Kubernetes C(List) in JSON.
  - The file holds secrets; its folder has mode 0700, the file 0600. Its contents are never returned.
author:
  - coder.classic contributors (@coder-classic)
extends_documentation_fragment:
  - coder.classic.cluster_auth
  - coder.classic.attributes
  - coder.classic.attributes.cluster_group
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
    details: The contents are secret.
  idempotent:
    support: full
options:
  name:
    description: Name of the release.
    type: str
    required: true
  namespace:
    description: Namespace of the release.
    type: str
    required: true
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
  description: How many objects of the release are in it, without helm's records.
  returned: success
  type: int
  sample: 9
sha256:
  description: Checksum of the file.
  returned: success
  type: str
"""

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.coder.classic.plugins.module_utils._arguments import CLUSTER_AUTH
from ansible_collections.coder.classic.plugins.module_utils._cluster import helm_record
from ansible_collections.coder.classic.plugins.module_utils._cluster.client import Cluster, cluster_from_params
from ansible_collections.coder.classic.plugins.module_utils._cluster.manifest import objects
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError


def run(cluster: Cluster, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    release = helm_record.current(cluster, params["namespace"], params["name"])
    if release is None:
        raise ClassicError(
            f"There is no release {params['name']} to back up.",
            code="release_not_found",
            where=f"namespace {params['namespace']}, {cluster.where}",
            untouched="Everything.",
            next_step=f"helm list -n {params['namespace']} shows what is there.",
        )
    stored = objects(release.manifest, release.namespace)
    found = [cluster.get(obj["api_version"], obj["kind"], obj["name"], obj["namespace"]) for obj in stored]
    live = [without_field_owners(obj) for obj in found if obj is not None]
    records = cluster.list("v1", "Secret", release.namespace, f"{helm_record.OWNED_BY_HELM},name={release.name}")
    items = live + [without_field_owners({"apiVersion": "v1", "kind": "Secret", **record}) for record in records]
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": items}, indent=2, sort_keys=True) + "\n"
    path = Path(params["directory"]) / f"{release.name}.v{release.revision}.json"
    changed = not path.exists() or path.read_text(encoding="utf-8") != text
    if changed and not check_mode:
        write(path, text)
    return {
        "changed": changed,
        "path": str(path),
        "objects": len(live),
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
    }


def without_field_owners(obj: dict[str, Any]) -> dict[str, Any]:
    """managedFields is long, nobody restores it, and it cannot be sent back."""
    return {**obj, "metadata": {key: value for key, value in obj["metadata"].items() if key != "managedFields"}}


def write(path: Path, text: str) -> None:
    """In one piece, and readable for nobody else at any moment."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".partial-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CLUSTER_AUTH,
            "name": {"type": "str", "required": True},
            "namespace": {"type": "str", "required": True},
            "directory": {"type": "path", "required": True},
        },
        supports_check_mode=True,
    )
    try:
        result = run(cluster_from_params(module.params), module.params, module.check_mode)
    except ClassicError as error:
        module.fail_json(msg=str(error), failure=error.failure)
    except OSError as error:
        failure = ClassicError(
            "The backup cannot be written.",
            code="invalid",
            where=module.params["directory"],
            why=str(error),
            untouched="The release and all its objects.",
            next_step="Make the folder writable or choose another one, then run again.",
        )
        module.fail_json(msg=str(failure), failure=failure.failure)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
