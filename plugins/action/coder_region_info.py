# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the module of the same name; a redirect would hide its documentation behind the other one's."""

from __future__ import annotations

from ansible_collections.coder.classic.plugins.action import coder_region_step


class ActionModule(coder_region_step.ActionModule):
    """Gives both modules what the host's variables say."""
