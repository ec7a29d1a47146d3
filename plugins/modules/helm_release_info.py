# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: helm_release_info
version_added: 0.1.0
short_description: Reads a Helm release out of its record and compares it with what is live
description:
  - Reads the release records that Helm keeps as Secrets, without Helm, and looks at every object of the stored manifest.
  - Tells which objects C(helm uninstall) would keep. Helm goes by the B(stored) manifest for that, not by the annotations
    of the live objects.
  - With O(candidate_chart) it tells what an upgrade to that chart would drop and keep.
author:
  - coder.classic contributors (@coder-classic)
options:
  chart_name:
    description:
      - Name of the chart by which releases in other namespaces are offered as candidates when O(name) is not found.
    type: str
  candidate_chart:
    description:
      - Path of a chart archive or folder. It is rendered with the values of the release and compared with it; only for
        that Helm is run.
      - Rendered without the cluster, so what a chart decides by looking into it may differ.
    type: path
extends_documentation_fragment:
  - coder.classic.cluster_auth
  - coder.classic.helm_release
  - coder.classic.helm_release.roots
  - coder.classic.helm_release.program
  - coder.classic.attributes.info
  - coder.classic.attributes.cluster_group
seealso:
  - module: coder.classic.helm_release_keep
"""

EXAMPLES = r"""
- name: Look at the workspace provider's release
  coder.classic.helm_release_info:
    name: coder-workspace-provider
    namespace: coder
    context: sydney-1
  register: provider

- name: See whether the chart to come would take envproxy away
  coder.classic.helm_release_info:
    name: coder-workspace-provider
    namespace: coder
    context: sydney-1
    candidate_chart: /srv/charts/workspace-provider-1.21.7.tgz
  register: upgrade
  failed_when: upgrade.release.candidate.drops | selectattr('name', 'eq', 'envproxy') | list | length > 0
"""

RETURN = r"""
exists:
  description: Whether there is a record of a release of that name; its status may be V(uninstalled).
  type: bool
  returned: success
cluster:
  description: Context and address of the cluster that was asked.
  type: str
  returned: success
candidates:
  description: When the release does not exist, other releases that may be meant.
  type: list
  elements: dict
  returned: when the release does not exist
release:
  description: The release's newest revision.
  type: dict
  returned: when the release exists
  contains:
    name: {description: Name., type: str, returned: always}
    namespace: {description: Namespace., type: str, returned: always}
    revision: {description: Number of the revision., type: int, returned: always}
    status: {description: "Helm's status, for example V(deployed).", type: str, returned: always}
    chart: {description: Name of the chart., type: str, returned: always}
    chart_version: {description: Version of the chart., type: str, returned: always}
    app_version: {description: "The chart's appVersion.", type: str, returned: always}
    updated: {description: When the revision was made., type: str, returned: always}
    history:
      description: All recorded revisions, oldest first.
      type: list
      elements: dict
      returned: always
    user_values: {description: "The operator's values, secrets masked.", type: dict, returned: always}
    pinned_images:
      description: Path and value of every value that ends in C(.image); such a value keeps an old version running.
      type: dict
      returned: always
    removed_apis:
      description: Objects of the stored manifest in an API version that the server does not serve any more.
      type: list
      elements: dict
      returned: always
    objects:
      description:
        - Each object of the stored manifest with RV(ignore:kind), RV(ignore:name), RV(ignore:namespace),
          RV(ignore:api_version), whether it is RV(ignore:kept) and RV(ignore:live), RV(ignore:uid), and the
          RV(ignore:owner) that the live object names. Items of a C(List) are objects of their own.
      type: list
      elements: dict
      returned: always
    must_stay:
      description: What others need of this release (O(roots)), why, and whether C(helm uninstall) would keep it.
      type: list
      elements: dict
      returned: always
    candidate:
      description:
        - Name and version of O(candidate_chart); RV(ignore:drops) are objects that it does not have any more,
          RV(ignore:keeps) those it gives the keep policy, RV(ignore:unkept) those that must stay and that the release
          would not keep after the upgrade.
      type: dict
      returned: with O(candidate_chart)
"""

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils import _module
from ansible_collections.coder.classic.plugins.module_utils._arguments import (
    CLUSTER_AUTH,
    HELM_PROGRAM,
    HELM_RELEASE,
    OBJECTS,
)
from ansible_collections.coder.classic.plugins.module_utils._helm import (
    candidate_chart,
    helm_command,
    helm_record,
    keep,
    manifest,
    release_report,
)
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import masks
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster, cluster_from_params

ARGUMENTS = {
    **CLUSTER_AUTH,
    **HELM_RELEASE,
    **HELM_PROGRAM,
    "chart_name": {"type": "str"},
    "roots": {**OBJECTS, "default": []},
    "candidate_chart": {"type": "path"},
}


def run(cluster: Cluster, params: dict[str, Any], folder: str) -> dict[str, Any]:
    """The module's result; folder (0700) takes the files of a rendered candidate."""
    revisions = helm_record.history(cluster, params["namespace"], params["name"])
    if not revisions:
        others = release_report.candidates(cluster, params["namespace"], params["chart_name"])
        return {"exists": False, "cluster": cluster.where, "candidates": others}
    newest = revisions[-1]
    stored = manifest.objects(newest.manifest, newest.namespace)
    staying = release_report.must_stay(cluster, newest, keep.named(params["roots"], newest.namespace))
    values = masks.masked(newest.config)
    report = {
        **release_report.summary(newest),
        "history": [release_report.revision(release) for release in revisions],
        "user_values": values,
        "pinned_images": release_report.pinned_images(values),
        "removed_apis": release_report.removed_apis(cluster, stored),
        "objects": release_report.object_states(cluster, stored),
        "must_stay": release_report.with_kept(staying, stored),
    }
    if params["candidate_chart"]:
        wanted = {entry["identity"] for entry in staying}
        report["candidate"] = candidate_chart.look(cluster, params, newest, wanted, folder, params["timeout"])
    return {"exists": True, "cluster": cluster.where, "release": report}


def work(params: dict[str, Any], task: _module.Task) -> dict[str, Any]:
    with helm_command.private_folder(task.folder) as folder:
        return {"changed": False, **run(cluster_from_params(params), params, folder)}


def main() -> None:
    _module.main(ARGUMENTS, work)


if __name__ == "__main__":
    main()
