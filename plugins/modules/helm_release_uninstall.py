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
  - Finalizers are never removed; what is slow to go is named.
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
    support: full
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
  keep:
    description: The objects of the release that must stay.
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
  helm_binary:
    description: The helm program, Helm 3.
    type: str
    default: helm
"""

EXAMPLES = r"""
- name: Uninstall the old provider chart, but not Coder's access to the cluster
  coder.classic.helm_release_uninstall:
    name: coder-workspace-provider
    namespace: coder
    context: sydney
    keep:
      - {kind: ServiceAccount, name: coder}
      - {kind: Role, name: coder}
      - {kind: RoleBinding, name: coder}
      - {kind: ServiceAccount, name: coder-workspace-provider-environments}
"""

RETURN = r"""
kept:
  description: What the stored manifest keeps and is there, with its UID; the same UIDs as before the uninstall.
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

import tempfile
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.coder.classic.plugins.module_utils._arguments import CLUSTER_AUTH
from ansible_collections.coder.classic.plugins.module_utils._cluster import helm_command, helm_record, uninstall
from ansible_collections.coder.classic.plugins.module_utils._cluster.client import Cluster, cluster_from_params
from ansible_collections.coder.classic.plugins.module_utils._cluster.manifest import identity, objects
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError


def run(cluster: Cluster, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    release = helm_record.current(cluster, params["namespace"], params["name"])
    if release is None or release.status == "uninstalled":
        return {"changed": False}
    uninstall.prove(cluster, release, [(entry["kind"], entry["name"]) for entry in params["keep"]])
    stored = objects(release.manifest, release.namespace)
    uids = {of: metadata["uid"] for of, metadata in uninstall.live(cluster, stored).items()}
    doomed = [obj for obj in stored if not obj["keep"]]
    kept = {identity(obj): uids[identity(obj)] for obj in stored if obj["keep"] and identity(obj) in uids}
    if not check_mode:
        with tempfile.TemporaryDirectory(prefix="coder-classic-") as folder:
            helm = helm_command.helm_for(params, folder)
            arguments = uninstall.arguments(release.name, release.namespace, params["timeout"])
            helm_command.run(helm, arguments, params["timeout"], release.config)
        uninstall.wait_until_gone(cluster, doomed, uids, params["timeout"])
        verify(cluster, [obj for obj in stored if obj["keep"]], kept)
    return {
        "changed": True,
        "kept": [{"kind": of[0], "namespace": of[1], "name": of[2], "uid": uid} for of, uid in kept.items()],
        "removed": [{key: obj[key] for key in ("kind", "namespace", "name")} for obj in doomed],
        "diff": {"before": listing(stored), "after": listing([obj for obj in stored if obj["keep"]])},
    }


def verify(cluster: Cluster, stored: list[dict[str, Any]], kept: dict[Any, str]) -> None:
    lost = uninstall.changed_identities(kept, uninstall.live(cluster, stored))
    if lost:
        raise ClassicError(
            f"Gone or replaced although the stored manifest kept it: {', '.join(lost)}.",
            code="verify_failed",
            where=cluster.where,
            why="Somebody else deleted it at the same time.",
            untouched="The backup of the release.",
            next_step="Restore it from the backup; Coder then needs the new ServiceAccount's token.",
        )


def listing(stored: list[dict[str, Any]]) -> str:
    return "".join(f"{obj['kind']}/{obj['name']}\n" for obj in stored)


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            **CLUSTER_AUTH,
            "name": {"type": "str", "required": True},
            "namespace": {"type": "str", "required": True},
            "keep": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {"kind": {"type": "str", "required": True}, "name": {"type": "str", "required": True}},
            },
            "timeout": {"type": "int", "default": 900},
            "helm_binary": {"type": "str", "default": "helm"},
        },
        supports_check_mode=True,
    )
    try:
        result = run(cluster_from_params(module.params), module.params, module.check_mode)
    except ClassicError as error:
        module.fail_json(msg=str(error), failure=error.failure)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
