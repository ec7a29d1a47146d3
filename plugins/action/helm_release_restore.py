# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the module of the same name in Ansible's own process, where that is possible."""

from __future__ import annotations

from ansible_collections.coder.classic.plugins.modules import helm_release_restore
from ansible_collections.coder.classic.plugins.plugin_utils import in_process


class ActionModule(in_process.ActionModule):
    MODULE = helm_release_restore
