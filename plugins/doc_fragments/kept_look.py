# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    # For modules that look, in a run that has perhaps looked before.
    DOCUMENTATION = r"""
options:
  max_age:
    description:
      - How many seconds old a look of the same run may be to be answered again, as long as the run has written nothing since.
        V(0) always looks anew.
      - Only a run in which Ansible itself does the module's work has such a look.
    type: int
    default: 0
"""
