# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    # For modules that bring back objects of a backup.
    DOCUMENTATION = r"""
options:
  path:
    description: The backup.
    type: path
    required: true
  objects:
    description: Only these, as V(Kind/name). Without any all of the backup.
    type: list
    elements: str
    default: []
  empty_claims:
    description:
      - PersistentVolumeClaims, as V(PersistentVolumeClaim/name), or V(all), that may be made although they will be empty.
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    support: full
    details: Tries each object on the API server as a dry run.
  diff_mode:
    support: full
    details: Lists the objects that are made, not what is in them.
  idempotent:
    support: full
"""
