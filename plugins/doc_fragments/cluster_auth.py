# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  kubeconfig:
    description:
      - File with the access data of the cluster.
      - Falls back to E(K8S_AUTH_KUBECONFIG), then to what the Kubernetes client finds by itself.
    type: path
  context:
    description:
      - Context of the kubeconfig. Falls back to E(K8S_AUTH_CONTEXT), then to the current context.
    type: str
  host:
    description:
      - URL of the API server, instead of a kubeconfig. Falls back to E(K8S_AUTH_HOST).
    type: str
  api_key:
    description:
      - Bearer token for O(host). Falls back to E(K8S_AUTH_API_KEY).
    type: str
  cluster_ca_path:
    description:
      - File with the authority of the API server's certificate, for O(host). Falls back to E(K8S_AUTH_SSL_CA_CERT).
    type: path
  validate_cluster_certs:
    description:
      - Whether the API server's certificate is checked, for O(host). Falls back to E(K8S_AUTH_VERIFY_SSL).
    type: bool
    default: true
requirements:
  - kubernetes >= 29.0.0
"""
