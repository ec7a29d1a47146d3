# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: coder_deployment_info
version_added: 0.1.0
short_description: Looks at the main deployment and says what stands in the way of its next version
description:
  - Looks at Coder and at the main deployment's cluster and release at the same time, compares what they say, and tells where
    on the way from 1.20 to 1.22 the deployment is.
  - It never writes, and it does not stop at the first problem. Everything that stands in the way is in RV(deployment.blockers), all of it
    at once; only unusable options fail the module.
author:
  - coder.classic contributors (@coder-classic)
options:
  release:
    description: Helm release of the main deployment.
    type: str
    default: coder
  namespace:
    description: Namespace of the main deployment.
    type: str
    default: coder
  version:
    description:
      - Version to judge for, for example V(1.21.7). Without it that is the next stop of the version path.
    type: str
  regions:
    description:
      - Where the regions stand, as M(coder.classic.coder_region_info) told it, in the order in which they are to be moved; one
        entry for each workspace provider of a region.
      - Without it the regions count as not looked at. They are then not in RV(deployment.journey), but for the providers that are not on
        Networking v2.
    type: list
    elements: dict
    suboptions:
      region:
        description: Name of the region.
        type: str
        required: true
      phase:
        description: Its phase.
        type: str
        required: true
      satellite:
        description: Name of the region's satellite, as Coder has it.
        type: str
      satellite_version:
        description: Version that the satellite tells. Coder's own list does not have it.
        type: str
  backup_dir:
    description: The folder in which the database's snapshots are, below C(database).
    type: path
extends_documentation_fragment:
  - coder.classic.coder_auth
  - coder.classic.cluster_auth
  - coder.classic.kept_look
  - coder.classic.attributes.info
attributes:
  action_group:
    description: >-
      Use C(group/coder.classic.coder) and C(group/coder.classic.cluster) in C(module_defaults) to give the access to Coder
      and to the main deployment's cluster once.
    support: full
    membership:
      - coder.classic.coder
      - coder.classic.cluster
seealso:
  - module: coder.classic.coder_info
  - module: coder.classic.coder_region_info
  - module: coder.classic.helm_release_info
"""

EXAMPLES = r"""
- name: Look at the main deployment
  coder.classic.coder_deployment_info:
    url: https://coder.example.com
    token: "{{ coder_token }}"
    context: primary
    cluster_uid: 6b1d2f0e-52c5-4a4e-9d6d-0a2f4f3f9b11
    namespace: coder
    release: coder
  register: look

- name: Stop where something stands in the way of the update to 1.21.7
  ansible.builtin.assert:
    that: look.deployment.blockers | selectattr('for', 'contains', 'update') | length == 0
    fail_msg: "{{ look.deployment.blockers | map(attribute='message') | join('; ') }}"

- name: What the whole site still has before it
  coder.classic.coder_deployment_info:
    url: https://coder.example.com
    token: "{{ coder_token }}"
    context: primary
    regions:
      - {region: sydney, phase: retired}
      - {region: frankfurt, phase: envproxy}
  register: site
"""

RETURN = r"""
deployment:
  description:
    - What was seen and what follows from it. What was not to be seen is null or empty, and a blocker says why.
  type: dict
  returned: success
  contains:
    url: {description: Access URL that was asked., type: str, returned: always}
    user: {description: Name and roles of the token's user., type: dict, returned: always}
    server_time: {description: "Coder's clock in UTC (RFC 3339).", type: str, returned: always}
    phase:
      description:
        - V(1.20), then V(1.21 old layout), V(1.21 custom ingress) or V(1.21 service_next), then V(1.22), with its layout as
          long as that is not C(service_next).
        - V(before 1.20) and V(beyond 1.22) are out of scope, V(unknown) is a version that Coder does not tell.
      type: str
      returned: always
    version: {description: Version that Coder itself tells., type: str, returned: always, sample: 1.21.7}
    versions:
      description:
        - The version three times, to be compared. RV(ignore:api) is what Coder tells, RV(ignore:release) the chart's,
          RV(ignore:images) that of the main pods' image. Null where there is none, as in a tag that is no version.
      type: dict
      returned: always
      sample: {api: 1.21.7, release: 1.21.7, images: 1.21.7}
    net_v2_mode:
      description: Networking v2 is V(absent) (before 1.21), V(option) of each provider, or V(always) on.
      type: str
      returned: always
    layout:
      description:
        - V(old) with nginx in front, V(service_next) with the main pods on 80 and 443, or V(custom_ingress) with the main
          pods behind an ingress of the site's own, by what is live. RV(deployment.stored_layout) is that of the stored
          manifest.
      type: str
      returned: always
    stored_layout: {description: The same by the stored manifest., type: str, returned: always}
    custom_ingress: {description: "Whether the values say C(ingress.useDefault: false).", type: bool, returned: always}
    main:
      description: Name, image and replicas of the main Deployment, C(coderd) or C(cemanager).
      type: dict
      returned: always
    entry:
      description: The Service through which users come in, with its type, ports and the load balancer's addresses.
      type: dict
      returned: always
      sample: {service: ingress-nginx, type: LoadBalancer, ports: [80, 443], address: [192.0.2.10]}
    chart: {description: "Name, version and appVersion of the release's chart.", type: dict, returned: always}
    release:
      description:
        - The newest revision. RV(ignore:pending_seconds) is how long it is in one of Helm's C(pending) states,
          RV(ignore:is_satellite) whether it is a satellite's, RV(ignore:managed_by) has live objects and the GitOps tools
          whose marks they carry, RV(ignore:pinned_images) the images that the operator's values give, RV(ignore:removed_apis)
          stored objects in API versions that the server does not serve any more.
      type: dict
      returned: always
    tls:
      description:
        - Names of the Secrets with the certificates of the host and of dev URLs, and which of them are missing.
      type: dict
      returned: always
    database:
      description:
        - V(built_in) or V(external) as RV(ignore:kind), and of an external one host, port, user, name, SSL mode and the name of
          the Secret with its password.
      type: dict
      returned: always
    snapshot:
      description:
        - The newest snapshot of the database in O(backup_dir), if any; RV(ignore:path), RV(ignore:taken), RV(ignore:age_hours),
          RV(ignore:version) of Coder, RV(ignore:verified), which is V(restored) or V(read).
      type: dict
      returned: always
    expected:
      description: What an update takes and whom it cuts off, by what this deployment has seen before; a sentence each.
      type: list
      elements: str
      returned: always
    builtin_provider: {description: Name of the deployment's own provider., type: str, returned: always}
    providers:
      description:
        - Every workspace provider with its status; RV(ignore:net_v2) is whether it works without envproxy, in every version,
          RV(ignore:workspaces) how many it has, and how many are on.
      type: list
      elements: dict
      returned: always
    satellites:
      description:
        - Every registered satellite; RV(ignore:version) and RV(ignore:lags), whether that is older than the main
          deployment's, only where O(regions) tells it.
      type: list
      elements: dict
      returned: always
    kubernetes:
      description:
        - The cluster with its UID and version; RV(ignore:running) and RV(ignore:target) have the range of Kubernetes versions
          for the running version and for RV(deployment.target), and whether this one is V(in) it, V(too_old) or V(too_new).
      type: dict
      returned: always
    target:
      description: The version that was judged for; null when there is no further one.
      type: str
      returned: always
    path:
      description: The versions to install one after the other, up to O(version) or to the end of the path.
      type: list
      elements: str
      returned: always
      sample: [1.21.7, 1.22.3]
    blockers:
      description:
        - Everything that stands in the way, with RV(ignore:code), RV(ignore:message), RV(ignore:where), RV(ignore:why),
          RV(ignore:untouched), RV(ignore:next), and RV(ignore:for), V(update) for RV(deployment.target) and V(service_next) for
          the change to that layout.
      type: list
      elements: dict
      returned: always
    warnings:
      description: Findings of the same shape that stop nothing.
      type: list
      elements: dict
      returned: always
    journey:
      description:
        - All that is left until the end, for the regions too. RV(ignore:next_command) is the playbook to run next, null when
          nothing is left, with its RV(ignore:reason). RV(ignore:remaining) has RV(ignore:command), RV(ignore:reason) and
          RV(ignore:for) of each one, the next one first.
      type: dict
      returned: always
    next_step:
      description: One sentence, with the playbook to run and what is to be resolved before.
      type: str
      returned: always
"""

from datetime import UTC, datetime
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils import _module
from ansible_collections.coder.classic.plugins.module_utils._arguments import (
    CLUSTER_AUTH,
    CODER_AUTH,
    DEPLOYMENT,
    KEPT_LOOK,
)
from ansible_collections.coder.classic.plugins.module_utils._coder.api import Coder, coder_from_params
from ansible_collections.coder.classic.plugins.module_utils._deployment.database import durations, snapshots
from ansible_collections.coder.classic.plugins.module_utils._deployment.judge.assess import assess
from ansible_collections.coder.classic.plugins.module_utils._deployment.kept_look import KeptLook
from ansible_collections.coder.classic.plugins.module_utils._deployment.observe import observe
from ansible_collections.coder.classic.plugins.module_utils._deployment.tell import expected
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import cluster_from_params

ARGUMENTS = {**CODER_AUTH, **CLUSTER_AUTH, **DEPLOYMENT, **KEPT_LOOK, "backup_dir": {"type": "path"}}


def run(
    coder: Coder,
    params: dict[str, Any],
    *,
    connect: observe.Connect = cluster_from_params,
    run_folder: str | None = None,
) -> dict[str, Any]:
    """The module's result; run_folder is where the run keeps what it asks a cluster once."""

    def look() -> dict[str, Any]:
        return observe.look(coder, params, connect=connect, run_folder=run_folder)

    view = assess({**KeptLook(run_folder, params).answer(look, params["max_age"]), "wanted": params})
    # Not of the kept look: a step may just have taken one.
    known = snapshots.of_deployment(params, view)
    told = {
        "snapshot": snapshots.summary(known[0], datetime.now(UTC)) if known else None,
        "expected": expected.lines(view, known[0] if known else None, durations.read(params["backup_dir"])),
    }
    return {"changed": False, "deployment": {**view, **told}}


def work(params: dict[str, Any], task: _module.Task) -> dict[str, Any]:
    return run(coder_from_params(params), params, run_folder=task.run_folder)


def main() -> None:
    _module.main(ARGUMENTS, work)


if __name__ == "__main__":
    main()
