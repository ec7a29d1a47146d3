# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: coder_region_info
version_added: 0.1.0
short_description: Looks at one workspace provider of a region and says what comes next
description:
  - Looks at the main deployment, the provider's cluster and release, and the region's satellite, all at the same time, and
    derives from what is there in which phase of its move from envproxy to a satellite the region is.
  - It never writes, and it does not stop at the first problem. Everything that stands in the way is in
    RV(region.blockers), all of it at once; only unusable options fail the module.
  - Times are compared by Coder's clock.
author:
  - coder.classic contributors (@coder-classic)
extends_documentation_fragment:
  - coder.classic.coder_auth
  - coder.classic.cluster_auth
  - coder.classic.region
  - coder.classic.kept_look
  - coder.classic.attributes.info
attributes:
  action_group:
    description: >-
      Use C(group/coder.classic.coder) and C(group/coder.classic.cluster) in C(module_defaults) to give the access to Coder
      and to the provider's cluster once.
    support: full
    membership:
      - coder.classic.coder
      - coder.classic.cluster
seealso:
  - module: coder.classic.helm_release_info
  - module: coder.classic.coder_satellite_info
"""

EXAMPLES = r"""
- name: Look at provider sydney-1
  coder.classic.coder_region_info:
    url: https://coder.example.com
    token: "{{ coder_token }}"
    region: sydney
    provider: sydney-1
    context: sydney-1
    cluster_uid: 1f0c8a53-9f3c-4f0e-8d53-0d6d9e2f4f11
    namespace: coder
    release: coder-workspace-provider
    satellite:
      name: sydney
      url: https://sydney.coder.example.com
      context: sydney-1
      namespace: coder-satellite
      release: coder-satellite
      chart_version: 1.21.7
  register: look

- name: Stop where something stands in the way of retiring the old chart
  ansible.builtin.assert:
    that: look.region.blockers | selectattr('for', 'contains', 'retire') | length == 0
    fail_msg: "{{ look.region.blockers | map(attribute='message') | join('; ') }}"
"""

RETURN = r"""
region:
  description:
    - What was seen and what follows from it. What was not to be seen is null or empty, and a blocker says why.
  type: dict
  returned: success
  contains:
    region: {description: The region's name., type: str, returned: always}
    phase:
      description:
        - V(envproxy), V(satellite_up), V(registered), V(switched), V(moved), V(sealed), V(idle) or V(retired), in this
          order; V(unknown) where reality fits none, was not to be seen, or is no provider's chart of its own.
      type: str
      returned: always
    next_step: {description: "One sentence, with the playbook to run.", type: str, returned: always}
    next_goal:
      description: V(migrate) or V(retire), whichever is next and whose blockers therefore matter; null when all is done.
      type: str
      returned: always
    plan:
      description:
        - What each of the playbooks V(migrate), V(retire) and V(rollback) will do from here. The steps have
          RV(ignore:step), RV(ignore:action), RV(ignore:reason), RV(ignore:risk) and RV(ignore:changes).
      type: dict
      returned: always
    blockers:
      description:
        - Everything that stands in the way of one of these goals, with RV(ignore:code), RV(ignore:message),
          RV(ignore:where), RV(ignore:why), RV(ignore:untouched), RV(ignore:next), and RV(ignore:for), the goals.
      type: list
      elements: dict
      returned: always
    consents:
      description: By goal, findings of the same shape about what needs consent before it is done, and has none.
      type: dict
      returned: always
    warnings: {description: Findings of the same shape that stop nothing., type: list, elements: dict, returned: always}
    deployment:
      description: URL, version, user with roles, and Coder's clock as RV(ignore:server_time).
      type: dict
      returned: always
    provider:
      description:
        - The provider as Coder tells it; RV(ignore:net_v2) is whether it works without envproxy, in every version;
          RV(ignore:in_order) is whether its status is C(ready), or any but C(error) while the record says that we cordoned
          it.
      type: dict
      returned: always
    cluster: {description: "The provider's cluster: where it is, UID, version.", type: dict, returned: always}
    clusters:
      description:
        - The clusters of the provider, of the satellite and of the main deployment (where that is given), each with
          RV(ignore:of), RV(ignore:where), RV(ignore:uid), and RV(ignore:source), who said that it is this one.
      type: list
      elements: dict
      returned: always
    release:
      description:
        - The provider's release. RV(ignore:must_stay) are the objects that Coder and its workspaces need of it,
          RV(ignore:sealed) whether the stored manifest of a deployed revision keeps them all, RV(ignore:kept_uids) their
          UIDs by kind and name, RV(ignore:access) the four objects of Coder's access, RV(ignore:candidates) where else
          such a release is.
        - RV(ignore:interrupted_sealing) is whether the newest revision stopped half-way and adds nothing to the deployed
          one but keep policies, so that sealing may go on.
      type: dict
      returned: always
    envproxy:
      description:
        - Whether envproxy exists, its replicas now, ready and in the manifest, its pods that are ending with the seconds
          since when, and whether it is RV(ignore:off).
      type: dict
      returned: always
    satellite:
      description:
        - The satellite's release, readiness, version and key; RV(ignore:key_proved) is whether its URL serves the key that
          its cluster holds. RV(ignore:values_sha256) is that of its values as JSON with sorted keys. It is
          RV(ignore:to_be_deployed) where its release, chart version or values are not the wanted ones.
        - RV(ignore:address) are the ips and hostnames that the load balancer gave its Service, RV(ignore:waiting) why pods
          of it are not ready; both empty also where that may not be read.
      type: dict
      returned: always
    workspaces:
      description:
        - The provider's workspaces by name, or as C(name (id)) where several have that name.
        - RV(ignore:in_use), RV(ignore:left) (alone), RV(ignore:failed) and RV(ignore:updating) (being built) are what they
          say; RV(ignore:to_rebuild) are still to be rebuilt, RV(ignore:to_rebuild_back) are so for the way back.
        - Sessions would be cut in RV(ignore:cut_by_switch) by Coder itself when Networking v2 is switched on or off, in
          RV(ignore:cut_by_rebuild) by our rebuilds, in RV(ignore:cut_by_rebuild_back) by those of the way back.
        - RV(ignore:left_behind) are left alone and run since before the switch. RV(ignore:canaries) can be rebuilt as a
          proof, RV(ignore:canaries_in_use) only with O(confirm_rebuild).
        - RV(ignore:total) and RV(ignore:on) are numbers, RV(ignore:provable) is how many run and are not left alone.
          RV(ignore:canary_built) is whether one was rebuilt since envproxy is off. RV(ignore:off) are the
          IDs of those that are off.
      type: dict
      returned: always
    record:
      description:
        - What the ConfigMap C(coder-classic-migration) in the provider's namespace says, by Coder's clock. Networking v2
          went on at RV(ignore:switched_at), a workspace was reached through the satellite at RV(ignore:connected_at),
          Networking v2 went off again at RV(ignore:rolled_back_at), the provider was cordoned at RV(ignore:cordoned_at),
          envproxy is off since RV(ignore:idle_since), the region was proved without its old chart at
          RV(ignore:retired_at).
        - RV(ignore:envproxy_replicas) is how many it had, RV(ignore:kept_uids) the UIDs of what stayed, by kind and name,
          RV(ignore:off_before) the IDs of workspaces that were stopped when their rebuilds began and are stopped again,
          RV(ignore:seen) whether the record could be read.
      type: dict
      returned: always
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils import _module
from ansible_collections.coder.classic.plugins.module_utils._arguments import KEPT_LOOK, REGION
from ansible_collections.coder.classic.plugins.module_utils._coder.api import Coder, coder_from_params
from ansible_collections.coder.classic.plugins.module_utils._coder.satellite_key import fetch_key
from ansible_collections.coder.classic.plugins.module_utils._coder.urls import check_url
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import cluster_from_params
from ansible_collections.coder.classic.plugins.module_utils._region.judge.assess import assess
from ansible_collections.coder.classic.plugins.module_utils._region.kept_look import KeptLook
from ansible_collections.coder.classic.plugins.module_utils._region.observe import observe
from ansible_collections.coder.classic.plugins.module_utils._region.wanted import wanted

ARGUMENTS = {**REGION, **KEPT_LOOK}


def run(
    coder: Coder,
    params: dict[str, Any],
    *,
    connect: observe.Connect = cluster_from_params,
    fetch: Callable[..., dict[str, str]] = fetch_key,
    run_folder: str | None = None,
) -> dict[str, Any]:
    """The module's result; run_folder is where the run keeps its newest look. Raises ClassicError ``invalid``: unusable
    options.
    """
    check_url(params["satellite"]["url"])
    asked = wanted(params)
    kept = KeptLook(run_folder, asked)

    def look() -> dict[str, Any]:
        return assess(observe.look(coder, asked, connect=observe.once(connect), fetch=fetch, run_folder=run_folder))

    return {"changed": False, "region": kept.answer(look, params["max_age"])}


def work(params: dict[str, Any], task: _module.Task) -> dict[str, Any]:
    return run(coder_from_params(params), params, run_folder=task.run_folder)


def main() -> None:
    _module.main(ARGUMENTS, work)


if __name__ == "__main__":
    main()
