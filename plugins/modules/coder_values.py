# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: coder_values
short_description: Keeps the Helm values file of the main deployment fit for a version
version_added: 0.1.0
description:
  - Where there is no file at O(path), the release's own values (not the chart's defaults) are written there, once. From then on that
    file is the source, and the release is not asked any more.
  - Images that pin another version are taken out or retagged, and for O(version=1.21.0) and later the value names of 1.20 become those
    of 1.21. In a file that is there only the lines concerned are edited. Comments, order, quotes and line ends stay. What cannot be
    edited so (anchors, aliases, merge keys, mappings in braces) is an error that names the line and what to do by hand.
  - Where an old and a new name are both set to different values, the old one's is kept, since that is the one that counts in the chart.
  - The file may hold secrets. It is made with mode 0600. Neither the diff nor the result shows one.
author:
  - coder.classic contributors (@coder-classic)
extends_documentation_fragment:
  - coder.classic.cluster_auth
  - coder.classic.attributes
  - coder.classic.attributes.cluster_group
attributes:
  check_mode:
    support: full
    details: Reads everything and writes nothing. The diff is the same.
  diff_mode:
    support: full
    details: The values with sorted keys, secrets masked. A secret that changed is marked so.
  idempotent:
    support: full
requirements:
  - ruamel.yaml >= 0.18
options:
  name:
    description: Name of the release.
    type: str
    default: coder
  namespace:
    description: Namespace of the release.
    type: str
    required: true
  path:
    description:
      - The operator's values file. Its folder must be there, and not writable for everybody.
      - Before it is edited, what it holds is kept beside it as C(<name>.before-<checksum>), with mode 0600.
    type: path
    required: true
  version:
    description: The version that the file is to be fit for, such as V(1.21.7).
    type: str
    required: true
  set:
    description:
      - Values that win over those of the file, by path. A path is written with dots, and a key that holds a dot in double quotes. Lists
        and mappings are set as a whole.
      - Not for secrets. These belong into Kubernetes Secrets, which the values name.
    type: dict
    default: {}
  service_next:
    description: Sets C(coderd.serviceNext). Not given, it is left alone.
    type: bool
  remove_dead:
    description: Takes out C(dashboard) and C(envproxy) once C(coderd.serviceNext) is on, since nothing reads them then.
    type: bool
    default: false
  migrate:
    description: Whether old value names become new ones, for 1.21 and later.
    type: bool
    default: true
  pinned_images:
    description:
      - What is done with the chart's image values that hold another version, or a digest.
      - V(remove) takes them out, so that the chart's own image counts. V(retag) keeps the registry and sets the tag to O(version), for
        sites with a registry of their own. V(tell) only tells them.
      - V(auto) removes those of the product's public registry and retags all others.
      - Images of anything else are told and never changed.
    type: str
    choices: [auto, remove, retag, tell]
    default: auto
"""

EXAMPLES = r"""
- name: Export the values of 1.20 and make them fit for 1.21.7
  coder.classic.coder_values:
    namespace: coder
    context: primary
    path: values/coder.yaml
    version: 1.21.7

- name: Switch to the new Services, with the ports of our own ingress
  coder.classic.coder_values:
    namespace: coder
    context: primary
    path: values/coder.yaml
    version: 1.21.7
    service_next: true
    remove_dead: true
    set:
      coderd.serviceSpec.type: ClusterIP
      coderd.serviceSpec.externalTrafficPolicy: null
"""

RETURN = r"""
path:
  description: The file; of a link, what it points to.
  returned: success
  type: str
  sample: values/coder.yaml
exported:
  description: Whether the values were taken from the release, since there was no file.
  returned: success
  type: bool
backup:
  description: Where the text from before is kept, in check mode would be; null where nothing was edited.
  returned: success
  type: str
  sample: values/coder.yaml.before-0123456789ab
notes:
  description: What was done and what is to be known, in the order in which it was decided.
  returned: success
  type: list
  elements: dict
  contains:
    what:
      description: One of V(image), V(renamed), V(set), V(dead), V(unread) and V(warning).
      type: str
      sample: renamed
    path:
      description: The value, under its new name.
      type: str
      sample: coderd.image
    message:
      description: A sentence for people.
      type: str
    action:
      description: Of an image, V(removed), V(retagged) or V(told).
      type: str
    old:
      description: Of a rename, the old name.
      type: str
    new:
      description: Of a rename, the new name.
      type: str
    took_effect:
      description: Of a rename, which name counted until now, V(old), V(new) or V(same).
      type: str
    differs:
      description: Of what the task sets, whether the file had something else.
      type: bool
sha256:
  description:
    - Checksum of the values, as Helm would store them. Two files with the same are the same to Helm.
  returned: success
  type: str
diff:
  description: The values before and after, secrets masked.
  returned: success
  type: dict
  contains:
    before:
      description: The values of the file, or of the release.
      type: str
    after:
      description: The values of the file now, in check mode as they would be.
      type: str
    before_header:
      description: Where the first ones are from.
      type: str
    after_header:
      description: The file.
      type: str
"""

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils import _module
from ansible_collections.coder.classic.plugins.module_utils._arguments import CLUSTER_AUTH, HELM_RELEASE
from ansible_collections.coder.classic.plugins.module_utils._coder import values_file
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import release_report
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_record import Release
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import cluster_from_params
from ansible_collections.coder.classic.plugins.module_utils._site import helm_values

ARGUMENTS = {
    **CLUSTER_AUTH,
    **HELM_RELEASE,
    "name": {"type": "str", "default": "coder"},
    "path": {"type": "path", "required": True},
    "version": {"type": "str", "required": True},
    "set": {"type": "dict", "default": {}},
    "service_next": {"type": "bool"},
    "remove_dead": {"type": "bool", "default": False},
    "migrate": {"type": "bool", "default": True},
    "pinned_images": {"type": "str", "choices": ["auto", "remove", "retag", "tell"], "default": "auto"},
}


def work(params: dict[str, Any], task: _module.Task) -> dict[str, Any]:
    try:
        outcome = values_file.run(params, lambda: _release(params), check_mode=task.check_mode)
    except OSError as error:
        raise ClassicError(
            "The values file cannot be read or written.",
            code="invalid",
            where=params["path"],
            why=error.strerror or type(error).__name__,
            untouched="The file, unless it was written already; it is whole in any case.",
            next_step="Make the file and its folder accessible or choose another path, then run again.",
        ) from error
    if outcome.is_open:
        task.warn(f"Others can read {outcome.result['path']}, which may hold secrets: chmod 600 it.")
    return {**outcome.result, "sha256": helm_values.sha256(outcome.values)}


def _release(params: dict[str, Any]) -> Release:
    return release_report.demanded(cluster_from_params(params), params["namespace"], params["name"])


def main() -> None:
    _module.main(ARGUMENTS, work)


if __name__ == "__main__":
    main()
