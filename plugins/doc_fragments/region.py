# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  region:
    description: Name of the region, as it is used with C(--limit) and in consent variables.
    type: str
    required: true
  provider:
    description: Name of the workspace provider in Coder.
    type: str
    required: true
  release:
    description: Name of the provider's Helm release.
    type: str
    required: true
  namespace:
    description: Namespace of that release and of the workspaces.
    type: str
    required: true
  satellite:
    description: The region's satellite.
    type: dict
    required: true
    suboptions:
      name:
        description: Name of the satellite in Coder.
        type: str
        required: true
      url:
        description: Access URL of the satellite.
        type: str
        required: true
      ca_path:
        description: File with the certificates of the authorities to trust for that URL, in PEM. Default is the system's.
        type: path
      authorization:
        description: Value of the C(Authorization) header for a proxy in front of that URL.
        type: str
      namespace:
        description: Namespace of the satellite; it must be its own.
        type: str
        required: true
      release:
        description: Name of the satellite's Helm release.
        type: str
        required: true
      chart_ref:
        description: Chart of the satellite, which is that of the main deployment. A name, a file or a URL.
        type: str
      chart_repo_url:
        description: Repository of that chart, where O(satellite.chart_ref) is a name.
        type: str
      chart_version:
        description: Version of that chart. It must be, and by default is, the version of the main deployment.
        type: str
      values_file:
        description:
          - File with the Helm values that the site adds, as YAML or JSON; what makes it a satellite is set over them.
          - A file, because values may hold secrets, and options are shown.
        type: path
      ready_timeout:
        description: Seconds until its pods must be ready and its URL must answer with its key.
        type: int
        default: 600
      expected_fingerprint:
        description: Fingerprint that the satellite's key must have, besides being the one in its cluster.
        type: str
      kubeconfig:
        description: File with the access data of the cluster. The access is found as for the provider's cluster.
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
  other_providers:
    description: Names of the other providers that live on this satellite. It is not removed while one of them uses it.
    type: list
    elements: str
    default: []
  primary:
    description: The cluster of the main deployment, to be told apart from those of the region; it holds the region's lock.
    type: dict
    suboptions:
      namespace:
        description: Namespace of the main deployment.
        type: str
        required: true
      kubeconfig:
        description: File with the access data of the cluster. The access is found as for the provider's cluster.
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
  leave_workspaces:
    description:
      - Names or ids of workspaces that our rebuilds leave as they are. Names of other providers' workspaces are allowed.
      - Coder's own rebuild at the switch (1.21.1 and later 1.21) takes every running workspace of the provider, also
        these.
    type: list
    elements: str
    default: []
  canary:
    description:
      - Name or id of the workspace that is to be rebuilt first and as a proof; it must be one of the provider.
    type: str
  confirm_rebuild:
    description:
      - Regions in which sessions of workspaces in use may be cut.
    type: list
    elements: str
    default: []
  confirm_retire:
    description:
      - Regions whose old chart may be removed, from which there is no way back.
    type: list
    elements: str
    default: []
  allow_resets:
    description:
      - Regions in which sealing may set live objects back to what the stored manifest says.
    type: list
    elements: str
    default: []
  gitops_suspended:
    description:
      - Regions in which Argo CD or Flux, whose marks the release or the satellite carries, puts nothing back.
    type: list
    elements: str
    default: []
  lock_takeover:
    description:
      - Regions whose stale lock may be taken over.
    type: list
    elements: str
    default: []
  wait_for_idle_minutes:
    description:
      - Minutes to wait until nobody uses a workspace any more, where there is no consent to cut sessions.
    type: int
    default: 0
  idle_minutes:
    description:
      - A running workspace counts as used when somebody was connected within so many minutes.
    type: int
    default: 60
  soak_seconds:
    description:
      - Seconds that envproxy must be off before the old chart may go.
    type: int
    default: 600
  drain_timeout:
    description:
      - Seconds until the last pod of envproxy must be gone; open sessions keep it for up to four hours.
    type: int
    default: 14700
  envproxy_timeout:
    description:
      - Seconds until envproxy must be ready where it is scaled back.
    type: int
    default: 600
  uninstall_timeout:
    description:
      - Seconds until everything that an uninstall removes must be gone.
    type: int
    default: 900
  parallel:
    description:
      - Builds at the same time.
    type: int
    default: 5
  max_failures:
    description:
      - Workspaces that may fail before no further one is started.
    type: int
    default: 0
  build_timeout:
    description:
      - Seconds for one build.
    type: int
    default: 1200
  deadline:
    description:
      - Seconds for all builds of a step.
    type: int
    default: 14400
  cordon_reason:
    description:
      - What developers read while the provider is cordoned.
    type: str
    default: maintenance
  external_connect:
    description:
      - Whether the provider is to take external connections; not given, it stays as it is.
    type: bool
  backup_dir:
    description:
      - Folder on the control node where releases are written down before anything of them is removed. It holds secrets.
      - Without it nothing that needs a backup is done.
    type: path
  allow_old_satellite_fixes:
    description:
      - Accept Coder 1.21.1 to 1.21.5, which lack fixes for satellites.
    type: bool
    default: false
  candidate_chart:
    description:
      - Path of a chart of the provider to which somebody means to upgrade. It is refused when it takes envproxy away before
        the region has moved, or what Coder needs.
    type: path
  chart_ref:
    description:
      - The provider's chart that an update installs, as a path, a name in a repository or C(oci://...).
    type: str
    default: workspace-provider
  chart_repo_url:
    description:
      - Address of the repository that has the provider's chart.
    type: str
  chart_version:
    description:
      - The version of the provider's chart to update to. Without it that of the main deployment, as Coder answers.
    type: str
  pinned_images:
    description:
      - What becomes of images in the release's values that are pinned to an older version, when its chart is updated. See
        M(coder.classic.coder_values).
    type: str
    choices: [auto, remove, retag, tell]
    default: auto
  helm_binary:
    description:
      - Helm program, 3.13 or later of the 3 series, or Helm 4.
    type: path
    default: helm
requirements:
  - cryptography
"""
