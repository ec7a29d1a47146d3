# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of a workspace provider's release Coder and its workspaces rely on. Pure; private to this collection.

``coder`` is the ServiceAccount under which Coder reaches the cluster, ``<release>-environments`` the one under which
existing workspaces run (chart workspace-provider, all versions).
"""

from __future__ import annotations

from ansible_collections.coder.classic.plugins.module_utils._helm.keep import Root

ACCESS = "coder"
# Under this one run workspaces of the main chart and of older providers. It is of no provider's release, and yet their
# pod security policy (values podSecurityPolicyName) is bound to it.
OLD_WORKSPACES = "environments"
# Rendered where the values hold tolerations; no pod refers to it, Coder itself may read it.
TOLERATIONS = "ce-environment-config"


def access_roots(release_name: str, namespace: str) -> list[Root]:
    """The four objects that Coder and its workspaces cannot do without."""
    access = "Coder's access to the cluster"
    return [
        (("ServiceAccount", namespace, ACCESS), access),
        (("Role", namespace, ACCESS), access),
        (("RoleBinding", namespace, ACCESS), access),
        (("ServiceAccount", namespace, f"{release_name}-environments"), "existing workspaces run under it"),
    ]


def roots(release_name: str, namespace: str) -> list[Root]:
    """These, and what some versions of the chart have besides."""
    return [
        *access_roots(release_name, namespace),
        (("ConfigMap", namespace, TOLERATIONS), "the tolerations of workspaces"),
        (("ServiceAccount", namespace, OLD_WORKSPACES), "workspaces run under it"),
    ]
