# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: coder_rights_info
version_added: 0.1.0
short_description: Tells the smallest rights with which a workspace provider's region is moved and retired
description:
  - Derives from the stored manifest of a workspace provider's release which rights an operator needs in its cluster, and
    prints them as Roles and bindings for whoever gives them. These are the very rights that
    M(coder.classic.coder_region_info) asks the cluster for.
  - Nothing that must stay can be deleted with them.
  - Whoever runs this has to be able to read the release (see goal V(look) of O(goals)); nothing is changed.
author:
  - coder.classic contributors (@coder-classic)
options:
  release:
    description: Helm release of the workspace provider.
    type: str
    required: true
  namespace:
    description: Namespace of the provider and its release.
    type: str
    required: true
  group:
    description: The group of users that the rights are given to.
    type: str
    default: coder-operators
  goals:
    description:
      - What the rights are for. V(look) is part of every other goal and is printed only where it is named; V(migrate) serves
        for the way back as well.
    type: list
    elements: str
    choices: [look, migrate, retire, update]
    default: [look, migrate, retire]
extends_documentation_fragment:
  - coder.classic.cluster_auth
  - coder.classic.attributes.info
  - coder.classic.attributes.cluster_group
seealso:
  - module: coder.classic.coder_region_info
"""

EXAMPLES = r"""
- name: Ask what retiring takes
  coder.classic.coder_rights_info:
    release: coder-workspace-provider
    namespace: coder
    context: sydney-1
    goals: [retire]
  register: rights

# In a playbook with the inventory of docs/inventory.md all of that comes from the host's variables, as playbook rights does it.
- name: Ask what everything takes
  coder.classic.coder_rights_info:

- name: Write it down for the cluster's administrator
  ansible.builtin.copy:
    content: "{{ rights.manifest }}"
    dest: provider-retire.yml
    mode: "0644"
"""

RETURN = r"""
manifest:
  description: A C(List) of Roles, ClusterRoles and bindings as YAML, for C(kubectl apply -f).
  type: str
  returned: success
missing:
  description: By goal, which of these rights the one who asks does not have; an empty list where none is missing.
  type: dict
  returned: success
  sample: {retire: [delete services envproxy in namespace coder]}
user:
  description: Whom the cluster takes the one who asks for; null where nothing is missing, or where it does not tell.
  type: str
  returned: success
"""

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils import _module
from ansible_collections.coder.classic.plugins.module_utils._arguments import CLUSTER_AUTH
from ansible_collections.coder.classic.plugins.module_utils._coder import provider_roots
from ansible_collections.coder.classic.plugins.module_utils._helm import helm_record, manifest, release_report
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import yaml_documents
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import (
    Cluster,
    cluster_from_params,
    unless_forbidden,
)
from ansible_collections.coder.classic.plugins.module_utils._region.rights import missing_rights, rights_manifest

ARGUMENTS = {
    **CLUSTER_AUTH,
    "release": {"type": "str", "required": True},
    "namespace": {"type": "str", "required": True},
    "group": {"type": "str", "default": "coder-operators"},
    "goals": {
        "type": "list",
        "elements": "str",
        "choices": ["look", "migrate", "retire", "update"],
        "default": ["look", "migrate", "retire"],
    },
}


def run(cluster: Cluster, params: dict[str, Any]) -> dict[str, Any]:
    """The module's result. Raises ClassicError ``release_not_found`` and what the cluster answers."""
    namespace, name = params["namespace"], params["release"]
    cluster = cluster.at_one_time()
    release = helm_record.current(cluster, namespace, name)
    if release is None or release.status == "uninstalled":
        raise release_report.not_found(cluster, namespace, name)
    objects = manifest.objects(release.manifest, namespace)
    roots = provider_roots.roots(name, namespace)
    staying = [entry["identity"] for entry in release_report.must_stay(cluster, release, roots)]
    documents = [
        document
        for goal in params["goals"]
        for document in rights_manifest.documents(
            goal, namespace, name, params["group"], cluster.resource, objects, staying
        )
    ]
    missing = {
        goal: list(
            dict.fromkeys(
                text
                for step in rights_manifest.GOALS[goal]
                for text in missing_rights.missing(cluster, step, namespace, name, objects, staying)
            )
        )
        for goal in params["goals"]
    }
    return {
        "manifest": yaml_documents.dump({"apiVersion": "v1", "kind": "List", "items": documents}),
        "missing": missing,
        "user": unless_forbidden(cluster.user) if any(missing.values()) else None,
    }


def work(params: dict[str, Any], task: _module.Task) -> dict[str, Any]:
    return {"changed": False, **run(cluster_from_params(params), params)}


def main() -> None:
    _module.main(ARGUMENTS, work)


if __name__ == "__main__":
    main()
