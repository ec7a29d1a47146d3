# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: helm_release_keep
version_added: 0.1.0
short_description: Seals the keep policy into the stored manifest of a Helm release
description:
  - Adds the annotation C(helm.sh/resource-policy=keep) to chosen objects in the B(stored) manifest of a release, so that
    C(helm uninstall) keeps them. Annotating the live objects does not do that.
  - Works on the release record alone. The chart's repository may be gone. A chart with subcharts may need O(chart).
  - Makes one new revision through C(helm upgrade), without hooks and without waiting, with the manifest that is stored
    plus the annotation. It is rehearsed first, and the new record is read back and compared. Values, chart and all other
    parts of the manifest must be the same.
  - Helm puts every field of the manifest back that was changed on the live objects, for example a number of replicas.
    The module finds out beforehand what that would be and refuses, unless O(allow_resets) says otherwise.
  - A sealing that was killed leaves a pending revision, with which Helm refuses everything else. Where such a revision adds
    nothing but keep policies, and nobody ends it within 20 seconds, it is rolled back and the sealing begins anew.
author:
  - coder.classic contributors (@coder-classic)
options:
  objects:
    description:
      - Exactly these objects are kept. Without this option all that others need of the release, with O(roots) and what belongs to
        them, as RV(coder.classic.helm_release_info#module:release.must_stay) tells.
    type: list
    elements: dict
    suboptions:
      kind:
        description: Kind of the object.
        type: str
        required: true
      name:
        description: Name of the object.
        type: str
        required: true
  allow_resets:
    description: Seal even if live objects that were changed by hand are put back to what the manifest says.
    type: bool
    default: false
  chart:
    description:
      - Archive or folder of the release's own chart, in the very version that is installed. Needed for a chart with subcharts whose
        templates call each other, since a release record holds only the chart itself.
    type: path
extends_documentation_fragment:
  - coder.classic.cluster_auth
  - coder.classic.helm_release
  - coder.classic.helm_release.roots
  - coder.classic.helm_release.program
  - coder.classic.attributes
  - coder.classic.attributes.cluster_group
attributes:
  check_mode:
    support: full
    details: >-
      Also rehearses the upgrade (a dry run of Helm), so Helm is needed; not after a sealing that was killed, since Helm
      refuses that as well.
  diff_mode:
    support: full
    details: Shows which objects are kept before and after, not the manifest, since that may hold secrets.
  idempotent:
    support: full
seealso:
  - module: coder.classic.helm_release_info
"""

EXAMPLES = r"""
- name: Keep the account under which another program reaches the cluster, with its roles, bindings and tokens
  coder.classic.helm_release_keep:
    name: coder-workspace-provider
    namespace: coder
    context: sydney-1
    roots:
      - kind: ServiceAccount
        name: coder
      - kind: ServiceAccount
        name: coder-workspace-provider-environments

- name: Keep these two
  coder.classic.helm_release_keep:
    name: coder-workspace-provider
    namespace: coder
    context: sydney-1
    objects:
      - kind: ServiceAccount
        name: coder
      - kind: ConfigMap
        name: ce-environment-config
"""

RETURN = r"""
release:
  description: Name, namespace, revision, status and chart of the newest revision.
  type: dict
  returned: success
kept:
  description: The chosen objects, all of which the stored manifest keeps now (in check mode, would keep).
  type: list
  elements: dict
  returned: success
  contains:
    kind: {description: Kind., type: str, returned: always}
    name: {description: Name., type: str, returned: always}
    uid: {description: UID of the live object; null when there is none., type: str, returned: always}
sealed:
  description: Those of them that were not kept before, as V(Kind/name).
  type: list
  elements: str
  returned: success
resets:
  description: Live objects that differ from the manifest and that the upgrade puts back.
  type: list
  elements: dict
  returned: when something was or would be sealed
changed_hooks:
  description: Hooks that Helm rendered differently than before, for example because they hold random values.
  type: list
  elements: str
  returned: when something was or would be sealed
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
from ansible_collections.coder.classic.plugins.module_utils._helm.release_keep import run
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import cluster_from_params

ARGUMENTS = {
    **CLUSTER_AUTH,
    **HELM_RELEASE,
    **HELM_PROGRAM,
    "objects": OBJECTS,
    "roots": {**OBJECTS, "default": []},
    "allow_resets": {"type": "bool", "default": False},
    "chart": {"type": "path"},
}


def work(params: dict[str, Any], task: _module.Task) -> dict[str, Any]:
    with helm_command.private_folder(task.folder) as folder:
        result = run(cluster_from_params(params), params, task.check_mode, folder)
    for hook in result.get("changed_hooks", []):
        task.warn(f"Helm rendered hook {hook} differently than the release had it.")
    return result


def main() -> None:
    _module.main(ARGUMENTS, work)


if __name__ == "__main__":
    main()
