# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    # Every module says in its own documentation what its support is; the words are here once.
    DOCUMENTATION = r"""
attributes:
  check_mode:
    description: Can run in check mode and return what would change, without changing it.
  diff_mode:
    description: Returns what was before and what is after when run with C(--diff).
  idempotent:
    description: A second run with the same options changes nothing.
"""

    # For modules that only read.
    INFO = r"""
attributes:
  check_mode:
    description: Can run in check mode and return what would change, without changing it.
    support: full
    details: This module only reads.
  diff_mode:
    description: Returns what was before and what is after when run with C(--diff).
    support: N/A
    details: This module only reads.
  idempotent:
    description: A second run with the same options changes nothing.
    support: full
    details: This module only reads.
"""

    # For modules of the action group coder.
    CODER_GROUP = r"""
attributes:
  action_group:
    description: Use C(group/coder.classic.coder) in C(module_defaults) to give the access to Coder once.
    support: full
    membership:
      - coder.classic.coder
"""

    # For modules of the action group cluster.
    CLUSTER_GROUP = r"""
attributes:
  action_group:
    description: Use C(group/coder.classic.cluster) in C(module_defaults) to give the access to the cluster once.
    support: full
    membership:
      - coder.classic.cluster
"""
