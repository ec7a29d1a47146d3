# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action of coder_region_step, which also looks. Not a redirect: ansible-lint takes its target for the module's name."""

from __future__ import annotations

from ansible_collections.coder.classic.plugins.action.coder_region_step import ActionModule

__all__ = ["ActionModule"]
