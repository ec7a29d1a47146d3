# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  kubeconfig:
    description:
      - File with the access data of the cluster; several are separated by a colon.
      - Credential plugins (C(exec)) are run without a terminal and have 30 seconds.
    type: path
  context:
    description:
      - Context of the kubeconfig, by default its current one.
    type: str
  host:
    description:
      - URL of the API server, instead of a kubeconfig.
    type: str
  api_key:
    description:
      - Bearer token for O(host).
    type: str
  cluster_ca_path:
    description:
      - File with the authority of the API server's certificate, for O(host).
    type: path
  validate_cluster_certs:
    description:
      - Whether the API server's certificate is checked, for O(host).
    type: bool
    default: true
  cluster_uid:
    description:
      - UID of the namespace C(kube-system) that the cluster must have. Before anything is written to the cluster it is read
        from it, and another cluster is refused.
    type: str
notes:
  - The access to the cluster is found by one rule, and everything that this module does goes through that one access, Helm
    included. First, what the options say, O(host) with O(api_key), or O(kubeconfig) and O(context); then nothing of the
    environment is mixed in, but for a O(context) without O(kubeconfig), which is looked for in the environment's
    kubeconfig. Second, the environment, E(K8S_AUTH_HOST) with E(K8S_AUTH_API_KEY), E(K8S_AUTH_SSL_CA_CERT),
    E(K8S_AUTH_VERIFY_SSL), E(K8S_AUTH_CERT_FILE), E(K8S_AUTH_KEY_FILE), E(K8S_AUTH_USERNAME), E(K8S_AUTH_PASSWORD),
    E(K8S_AUTH_PROXY), E(K8S_AUTH_IMPERSONATE_USER) and E(K8S_AUTH_IMPERSONATE_GROUPS), or else E(K8S_AUTH_KUBECONFIG), else
    E(KUBECONFIG), else C(~/.kube/config), each with E(K8S_AUTH_CONTEXT). Third, the ServiceAccount of the pod that this
    runs in.
  - Proxies are those of the kubeconfig, else of E(HTTPS_PROXY) and E(NO_PROXY).
requirements:
  - urllib3 >= 2.0
  - PyYAML >= 5.4.1
"""
