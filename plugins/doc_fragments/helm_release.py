# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    # Which release.
    DOCUMENTATION = r"""
options:
  name:
    description: Name of the release.
    type: str
    required: true
  namespace:
    description: Namespace of the release.
    type: str
    required: true
"""

    # For modules that tell what of a release must outlive it.
    ROOTS = r"""
options:
  roots:
    description:
      - Objects on which others rely, besides what pods that are not the release's own refer to.
      - With an object stays all of the release that it refers to, or that serves it. With a ServiceAccount these are its bindings,
        their roles, its tokens and its pull Secrets.
    type: list
    elements: dict
    default: []
    suboptions:
      kind:
        description: Kind of the object.
        type: str
        required: true
      name:
        description: Name of the object.
        type: str
        required: true
"""

    # For modules that run Helm.
    PROGRAM = r"""
options:
  helm_binary:
    description: Helm program, 3.6 or later of the 3 series, or Helm 4; a name is looked up in E(PATH).
    type: path
    default: helm
  timeout:
    description: Seconds after which a run of Helm is given up.
    type: int
    default: 120
"""
